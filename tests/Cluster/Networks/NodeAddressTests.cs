using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Networks;

/// <summary>With a server and an adapter of its own: what is closed for a node stays closed for an hour after the node is gone, in every lease that the adapter writes.</summary>
public sealed class NodeAddressTests(AdapterFixture fixture) : IClassFixture<AdapterFixture>
{
    [Fact]
    public async Task NodeWithAPublicAddress_IsClosedToRunningLeases_ByOneWriteOfEach_AndNobodyIsBlamed()
    {
        var (cluster, lease) = (fixture.Adapter.Workloads, Cases.Lease());
        var isolation = new EnsureIsolation(lease.Id, lease.Terms);
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await cluster.ApplyAsync(isolation, default);
        Assert.NotNull((await cluster.ObserveAsync(lease.Id, lease.Terms, default)).IsolationHash);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var woken = Task.Run(async () =>
        {
            await foreach (var id in fixture.Adapter.ChangesAsync(limit.Token))
                if (id == lease.Id && (await cluster.ObserveAsync(lease.Id, lease.Terms, default)).IsolationHash is null) return;
        });

        var (nodes, name) = (fixture.Admin.Resource(ResourceKinds.Node), $"node-{Guid.NewGuid():N}");
        await nodes.CreateAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["metadata"] = new JsonObject { ["name"] = name } });
        var addresses = """{"status":{"addresses":[{"type":"InternalIP","address":"10.9.8.7"},{"type":"ExternalIP","address":"8.9.8.7"}]}}""";
        await nodes.PatchAsync(name, null, V1Patch.Merge(JsonNode.Parse(addresses)!.AsObject()), new WriteOptions { Subresource = "status" });
        await woken;

        Assert.Equal(1, await fixture.WritesOfAsync(() => cluster.ApplyAsync(isolation, default)));
        Assert.NotNull((await cluster.ObserveAsync(lease.Id, lease.Terms, default)).IsolationHash);
        var policy = await fixture.Admin.Resource(ResourceKinds.NetworkPolicy).GetAsync(Names.Isolation, lease.Id.Namespace);
        Assert.Contains("8.9.8.7/32", policy!.Items("spec", "egress").SelectMany(rule => rule.Items("to")).Select(to => to.At("ipBlock", "except")?.ToJsonString() ?? "").Single(e => e.Length > 0), StringComparison.Ordinal);
    }
}
