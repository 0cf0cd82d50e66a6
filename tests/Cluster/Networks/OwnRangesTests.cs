using System.Net;
using Federation.Cluster.Manifests;
using Federation.Cluster.Networks;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cluster.Tests.Networks;

public sealed class OwnRangesTests
{
    private static readonly NetworkRules Named = new(["20.0.0.0/16"], ["203.0.113.0/24"]);

    private readonly FakeClock clock = new();
    private readonly OwnRanges ranges;

    public OwnRangesTests() => ranges = new OwnRanges(Named, clock, NullLogger.Instance);

    [Fact]
    public void NodesWithPrivateAddresses_ChangeNothing_HoweverManyComeAndGo()
    {
        var before = ranges.Rules;
        for (var i = 0; i < 500; i++) Comes($"n{i}", "10.0.0.9", "198.18.0.1", "fd00::9", "20.0.7.7");
        ranges.SetServer([IPAddress.Loopback, IPAddress.Parse("10.96.0.1")]);
        clock.Advance(OwnRanges.Kept);
        Assert.False(ranges.Refresh());
        Assert.Same(before, ranges.Rules);
        Assert.Equal(Named, before);
    }

    [Fact]
    public void PublicAddresses_OfNodesTheirPodsAndTheApiServer_AreClosed_ThoseOfVersion6ToRegistriesToo()
    {
        ranges.Handle(Event(InformerEventType.Added, Node("a", ["8.1.1.1", "10.0.0.1", "2600::1"], ["9.0.0.0/24"])));
        ranges.SetServer([IPAddress.Parse("8.1.1.9")]);
        Assert.True(ranges.Refresh());
        Assert.Equal(["20.0.0.0/16", "8.1.1.1/32", "8.1.1.9/32", "9.0.0.0/24"], ranges.Rules.DeniedRanges);
        Assert.Equal(Named.IngressRanges, ranges.Rules.IngressRanges);
        Assert.Equal(["20.0.0.0/16", "8.1.1.1/32", "8.1.1.9/32", "9.0.0.0/24", "2600::1/128"], ranges.Denied.Select(r => r.ToString()));
        Assert.False(ranges.Refresh());
    }

    [Fact]
    public void ManyNodesThatCome_AreFewChanges()
    {
        Comes("n0", "8.0.0.1");
        Assert.True(ranges.Refresh());
        var changes = 0;
        for (var i = 1; i <= 60; i++)
        {
            Comes($"n{i}", $"8.0.{i}.1");
            clock.Advance(TimeSpan.FromSeconds(1));
            if (ranges.Refresh()) changes++;
        }

        Assert.Equal(2, changes);
        Assert.Equal(62, ranges.Rules.DeniedRanges.Count);
    }

    [Fact]
    public void AddressThatNobodyHasAnyMore_StaysClosedForAWhile_AndItsReturnIsNoChange()
    {
        Comes("a", "8.1.1.1");
        Comes("b", "8.1.1.2");
        ranges.Refresh();
        Goes("a");
        clock.Advance(OwnRanges.Kept - TimeSpan.FromSeconds(1));
        Assert.False(ranges.Refresh());
        Comes("c", "8.1.1.1");
        clock.Advance(OwnRanges.Kept);
        Assert.False(ranges.Refresh());
        Goes("c");
        clock.Advance(OwnRanges.Kept);
        Assert.True(ranges.Refresh());
        Assert.Equal(["20.0.0.0/16", "8.1.1.2/32"], ranges.Rules.DeniedRanges);
    }

    [Fact]
    public void MoreThanAPolicyMayName_AreClosedByWiderRanges_AndMoreOfThemChangeNothing()
    {
        for (var i = 0; i < 200; i++) Comes($"n{i}", $"8.0.{i}.1");
        Assert.True(ranges.Refresh());
        Assert.InRange(ranges.Rules.DeniedRanges.Count, 2, OwnRanges.Most + 1);
        var told = ranges.Rules;
        for (var i = 0; i < 200; i++) Comes($"m{i}", $"8.0.{i}.1{i % 10}");
        clock.Advance(OwnRanges.Pace);
        Assert.False(ranges.Refresh());
        Assert.Same(told, ranges.Rules);
    }

    private void Comes(string name, params string[] addresses) => ranges.Handle(Event(InformerEventType.Added, Node(name, addresses)));

    private void Goes(string name) => ranges.Handle(Event(InformerEventType.Deleted, Node(name, [])));

    private static InformerEvent<V1Node> Event(InformerEventType type, V1Node node) => new(type, null, node);

    private static V1Node Node(string name, IEnumerable<string> addresses, IReadOnlyList<string>? pods = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1NodeSpec { PodCIDRs = pods },
        Status = new V1NodeStatus { Addresses = [.. addresses.Select((a, i) => new V1NodeAddress { Type = i % 2 == 0 ? "InternalIP" : "ExternalIP", Address = a }), new V1NodeAddress { Type = "Hostname", Address = name }] },
    };
}
