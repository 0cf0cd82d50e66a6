using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Probing;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Isolation;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>The probe on the real API server, with its own rights; the test plays the kubelet.</summary>
[Collection("one adapter")]
public sealed class NetworkProbeTests(AdapterFixture fixture)
{
    private const string Space = "federation-probe";
    private const string Image = "registry.example/busybox:1";

    [Theory]
    [InlineData("100001", true, false, false, false, false, true)]
    [InlineData("111111", true, true, true, true, true, true)]
    [InlineData("101001", true, false, true, false, false, true)]
    [InlineData("100101", true, false, false, true, false, true)]
    [InlineData("100010", true, false, false, false, true, false)]
    [InlineData("000000", false, false, false, false, false, false)]
    public async Task WhatTheClientSays_IsTheSight_AndNoPodStays(string says, bool open, bool egress, bool ingress, bool block, bool stranger, bool space)
    {
        var sight = await ProbeAsync(_ => Terminated(says));
        Assert.Equal(new ProbeSight(open, egress, ingress, block, stranger, space), sight);
        Assert.Empty(await PodsAsync());
    }

    [Fact]
    public async Task SecondProbe_WritesItsPodsAlone_AndTakesLeftoversAway()
    {
        await ProbeAsync(_ => Terminated("100001"));
        var policies = await VersionsAsync();
        await fixture.Admin.Resource(ResourceKinds.Pod).CreateAsync(ProbeManifests.ListenerPod(Options, "left"));
        await ProbeAsync(_ => Terminated("100001"));
        Assert.Equal(policies, await VersionsAsync());
        Assert.Empty(await PodsAsync());
    }

    [Fact]
    public async Task Client_ReachesOutToWhereTheListenerIs()
    {
        JsonObject? client = null;
        await ProbeAsync(pod =>
        {
            client = pod;
            return Terminated("100001");
        });
        var environment = client!["spec"]!["containers"]![0]!["env"]!.AsArray();
        Assert.Equal("192.0.2.9", (string?)environment.Single(e => (string?)e!["name"] == "ADDRESS")!["value"]);
    }

    // The listener of each probe has an address of its own; and somebody may have been at the policies.
    [Fact]
    public async Task PoliciesOfTheLastProbe_AreMadeThoseOfThisOne()
    {
        await ProbeAsync(_ => Terminated("100001"));
        var before = await PoliciesAsync();
        var policies = fixture.Admin.Resource(ResourceKinds.NetworkPolicy);
        await policies.PatchAsync("probe-client", Space, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["egress"] = new JsonArray(new JsonObject()) } }));
        await policies.PatchAsync("probe-listener", Space, V1Patch.Merge((JsonObject)JsonNode.Parse("""{"spec":{"podSelector":{"matchLabels":{"x":"y"}}}}""")!));
        await ProbeAsync(_ => Terminated("100001"));
        Assert.Equal(before, await PoliciesAsync());
        Assert.Contains(before, spec => spec.Contains("192.0.2.9/32", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnswerOfAnotherLength_IsNone() => await Assert.ThrowsAsync<ClusterException>(() => ProbeAsync(_ => Terminated("100")));

    [Fact]
    public async Task ImageWithoutTheTools_IsSaid()
    {
        var failed = await Assert.ThrowsAsync<ClusterException>(() => ProbeAsync(_ => Terminated("", exitCode: 127)));
        Assert.Contains("exit code 127", failed.Message, StringComparison.Ordinal);
        Assert.Contains(Image, failed.Message, StringComparison.Ordinal);
        Assert.Empty(await PodsAsync());
    }

    [Fact]
    public async Task NamespaceThatIsNotInstalled_IsNamed()
    {
        await fixture.GrantAsync();
        using var client = Operator();
        var failed = await Assert.ThrowsAsync<ClusterException>(() => Probe(client, Options with { Namespace = "nowhere" }).ProbeAsync(default));
        Assert.Contains("nowhere", failed.Message, StringComparison.Ordinal);
    }

    private static ProbeOptions Options { get; } = new(Image, Space);

    private KubernetesClient Operator() => new(fixture.Server.Configuration() with { Impersonate = "federation-operator" });

    private static NetworkProbe Probe(KubernetesClient client, ProbeOptions options) => new(client, options, TimeProvider.System, NullLogger.Instance);

    private async Task<ProbeSight> ProbeAsync(Func<JsonObject, JsonObject> clientStatus)
    {
        await fixture.GrantAsync();
        using var client = Operator();
        var probing = Probe(client, Options).ProbeAsync(default);
        while (await Task.WhenAny(probing, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System)) != probing)
            foreach (var pod in await PodsAsync())
            {
                var isListener = (string?)pod["metadata"]!["labels"]![ProbeManifests.Label] == ProbeManifests.Listener;
                var status = isListener ? new JsonObject { ["phase"] = "Running", ["podIP"] = "192.0.2.9" } : clientStatus(pod);
                try
                {
                    await fixture.Admin.Resource(ResourceKinds.Pod).PatchAsync(
                        (string)pod["metadata"]!["name"]!, Space, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" });
                }
                catch (KubernetesException e) when (e.IsNotFound)
                {
                    // The probe has removed it since.
                }
            }

        return await probing;
    }

    private static JsonObject Terminated(string message, int exitCode = 0)
    {
        var end = new JsonObject { ["exitCode"] = exitCode, ["reason"] = exitCode == 0 ? "Completed" : "Error" };
        if (message.Length > 0) end["message"] = message;
        var container = new JsonObject
        {
            ["name"] = "probe", ["image"] = Image, ["imageID"] = "", ["ready"] = false, ["restartCount"] = 0,
            ["state"] = new JsonObject { ["terminated"] = end },
        };
        return new JsonObject { ["phase"] = exitCode == 0 ? "Succeeded" : "Failed", ["containerStatuses"] = new JsonArray(container) };
    }

    private async Task<IReadOnlyList<JsonObject>> PodsAsync() => (await fixture.Admin.Resource(ResourceKinds.Pod).ListAsync(Space)).Items;

    private async Task<string[]> PoliciesAsync() =>
        [.. (await fixture.Admin.Resource(ResourceKinds.NetworkPolicy).ListAsync(Space)).Items.Select(p => p["spec"]!.ToJsonString())];

    private async Task<string[]> VersionsAsync() =>
        [.. (await fixture.Admin.Resource(ResourceKinds.NetworkPolicy).ListAsync(Space)).Items.Select(p => (string)p["metadata"]!["resourceVersion"]!)];
}
