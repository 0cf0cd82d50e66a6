using System.Text.Json;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Reconciling;

public sealed class ImagePinnerTests : IDisposable
{
    private const string Digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private readonly FakeClock clock = new();
    private readonly InMemoryImages registry = new();
    private readonly ImagePinner pinner;
    private readonly List<LeaseId> answered = [];

    public ImagePinnerTests()
    {
        pinner = new ImagePinner(registry, clock, NullLogger<ImagePinner>.Instance);
        pinner.Answered += answered.Add;
    }

    public void Dispose() => pinner.Dispose();

    [Theory]
    [InlineData("a.example/x:1" + Digest)]
    [InlineData("a.example/x" + Digest)]
    [InlineData("preloaded.example/x:1")]
    public void DigestsAndPreloadedImages_AreNotAskedFor(string image)
    {
        Assert.Equal(new ImageNews(null, true, null), Read(1, image));
        Assert.Empty(registry.Asked);
    }

    [Fact]
    public void DigestThatHasToBeSigned_IsAskedForOnce()
    {
        registry.Signing.Add("a.example");
        var news = Read(1, "a.example/x" + Digest, "b.example/y" + Digest);
        Assert.True(news.IsComplete);
        Assert.Equal(["a.example/x:latest"], registry.Asked);
        Assert.Equal("a.example/x" + Digest, ImagePins.Apply(news.Pins, Case(1, "a.example/x" + Digest).Workload.Spec!).Jobs[0].Container.Image);
    }

    [Fact]
    public void SeveralTags_AreEachAskedForOnce()
    {
        var news = Read(1, "a.example/x:1", "b.example/y", "a.example/x:1", "a.example/z" + Digest);
        Assert.True(news.IsComplete);
        Assert.Equal(["a.example/x:1", "b.example/y"], news.Pins!.Digests.Keys.Order());
        Assert.Equal(["a.example/x:1", "b.example/y:latest"], registry.Asked);
        Assert.Equal([Some.LeaseId(1)], answered);
    }

    [Fact]
    public void WhatIsFound_IsKept_WhileAnotherIsAskedForAgain()
    {
        registry.Refusing.Add("b.example");
        var news = Read(1, "a.example/x:1", "b.example/y:1");
        Assert.Equal("ImageNotFound", news.Problem!.Reason);
        Assert.StartsWith("Image b.example/y:1: ", news.Problem.Message, StringComparison.Ordinal);
        Assert.Equal(["a.example/x:1"], news.Pins!.Digests.Keys);
        registry.Refusing.Clear();
        Assert.False(Read(1, "a.example/x:1", "b.example/y:1").IsComplete);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(Read(1, "a.example/x:1", "b.example/y:1").IsComplete);
        Assert.Equal(["a.example/x:1", "b.example/y:1", "b.example/y:1"], registry.Asked);
    }

    [Fact]
    public void Failures_AreAskedForLaterEachTime_AndNeverForgotten()
    {
        registry.Refusing.Add("a.example");
        for (var second = 0; second < 3600; second++)
        {
            Read(1, "a.example/x:1");
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        // 1, 2, 4 … 300 s, each shortened by up to a half.
        Assert.InRange(registry.Asked.Count, 9 + 9, 9 + 24);
    }

    [Fact]
    public async Task SilentRegistry_HoldsUpNoLook_AndNoOtherLease_AndEnds()
    {
        registry.Silent.Add("a.example");
        Assert.True(Read(1, "a.example/x:1").IsAwaited);
        Assert.True(Read(2, "b.example/y:1").IsComplete);
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.False(Read(1, "a.example/x:1").IsAwaited);
        clock.Advance(TimeSpan.FromSeconds(25));
        for (var turns = 0; Read(1, "a.example/x:1").Problem is null; turns++)
        {
            Assert.InRange(turns, 0, 1000);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Equal("ImageUnresolved", Read(1, "a.example/x:1").Problem!.Reason);
    }

    // After an upgrade from an operator that pinned nothing: tenants' pods are not restarted.
    [Fact]
    public void WhatRunsAlready_IsNotAskedFor()
    {
        var (view, workload) = Case(1, "a.example/x:1");
        Assert.True(pinner.Read(view, workload, LeaseStatus.New, ClusterFacts.Nothing with { AppliedSpecHash = workload.Hash }).IsComplete);
        Assert.Empty(registry.Asked);
    }

    [Fact]
    public void AnotherWorkloadThanTheAgreedOne_IsNotAskedFor_AndPinsStand()
    {
        var (view, workload) = Case(1, "a.example/x:1");
        var pins = new ImagePins("0xother", new Dictionary<string, string> { ["q"] = "sha256:1" });
        var news = pinner.Read(view with { Terms = view.Terms with { SpecHash = "0xother" } }, workload, LeaseStatus.New with { Images = pins }, ClusterFacts.Nothing);
        Assert.Same(pins, news.Pins);
        Assert.Empty(registry.Asked);
    }

    private ImageNews Read(int lease, params string[] images)
    {
        var (view, workload) = Case(lease, images);
        return pinner.Read(view, workload, LeaseStatus.New, ClusterFacts.Nothing);
    }

    private static (LeaseView View, DeliveredWorkload Workload) Case(int lease, params string[] images)
    {
        var jobs = images.Select((image, i) => $$"""{"name":"j{{i}}","image":"{{image}}","resources":{"cpu":"1","memory":"1Mi"} }""");
        var json = JsonDocument.Parse($$"""{"jobs":[{{string.Join(",", jobs)}}] }""").RootElement;
        var seen = ALease.Active().WithTerms(t => t with { SpecHash = Some.HashOf(json) }).Seen();
        var workload = new DeliveredWorkload(WorkloadParser.Parse(json).Workload, Some.HashOf(json), [], new Dictionary<string, GpuPlacement>());
        return (seen.View with { Id = Some.LeaseId(lease) }, workload);
    }
}
