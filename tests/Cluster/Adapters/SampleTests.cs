using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Requests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Requesting;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Testing;
using Federation.Testing.Requesting;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class SampleTests(AdapterFixture fixture)
{
    public static TheoryData<string> Samples() =>
        [.. Directory.GetFiles(Path.Combine(Golden.Root(), "crds", "samples"), "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f))];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Sample_IsAcceptedByTheServer_WordForWord(string name)
    {
        var sample = AdapterFixture.Sample(name);
        if (sample.Text("metadata", "namespace") is { } space) await EnsureNamespaceAsync(space);

        var stored = await fixture.Admin.ApplyAsync(sample, new ApplyOptions { DryRun = true, Force = true, FieldManager = "admin" });

        Assert.True(JsonNode.DeepEquals(sample["spec"], stored["spec"]), stored["spec"]!.ToJsonString());
    }

    public static TheoryData<string> Requests() => [.. Samples().Select(s => s.Data).Where(s => s.StartsWith("request-", StringComparison.Ordinal))];

    // What the server takes may still be nothing that can be bought: the workload is read, priced and matched as the tenant's operator does it.
    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_BuysWhatItSays(string name)
    {
        var sample = await fixture.Admin.ApplyAsync(AdapterFixture.Sample(name), new ApplyOptions { DryRun = true, Force = true, FieldManager = "tenant" });
        var demand = RequestMapper.ToDemand(sample.Deserialize<V1Alpha1ComputeRequest>(KubernetesJson.Options)!);
        var parsed = WorkloadParser.Parse(demand.Workload!.Value);
        Assert.True(parsed.Workload is not null, string.Join(" ", parsed.Faults));
        Assert.Empty(WorkloadBounds.Faults(parsed.Workload, demand.Workload!.Value.GetRawText().Length));
        // Its regions, auditors and stakes are of a federation that is not here.
        var world = new TenantWorld { Demand = demand with { Placement = PlacementRules.None with { Spread = demand.Placement.Spread } } };

        await world.RunAsync(world.Operator(), passes: 2);

        var matches = world.Sent.OfType<MatchIntent>().ToArray();
        Assert.True(demand.Replicas == matches.Length, string.Join(" ", world.Last.Conditions.Select(c => $"{c.Type}: {c.Reason}: {c.Message}")));
        Assert.Equal(demand.Replicas, world.Leases.DistinctBy(l => l.Terms.Provider).Count());
        Assert.All(matches, m => Assert.Equal(WorkloadDemand.Of(parsed.Workload!).Totals(c => FakeHasher.Instance.Keccak256(System.Text.Encoding.UTF8.GetBytes(c))), m.Request.Resources));
    }

    [Theory]
    [InlineData("replicas", "0")]
    [InlineData("replicas", "-1")]
    [InlineData("replicas", "1e30")]
    [InlineData("replicas", "\"two\"")]
    [InlineData("ports", """[{"port":70000}]""")]
    [InlineData("name", "\"Not A Name\"")]
    public async Task AbsurdWorkload_IsRefusedByTheServer_WithItsPath(string field, string value)
    {
        var sample = AdapterFixture.Sample("web-service");
        await EnsureNamespaceAsync(sample.Text("metadata", "namespace")!);
        sample["spec"]!["workload"]!["services"]![0]![field] = JsonNode.Parse(value);

        var refusal = await Assert.ThrowsAsync<KubernetesException>(() => fixture.Admin.ApplyAsync(sample, new ApplyOptions { DryRun = true, Force = true }));

        Assert.True(refusal.IsInvalid || (int)refusal.Code is 400 or 500, $"{refusal.Code} {refusal.Message}");
        Assert.Contains(field, refusal.Message, StringComparison.Ordinal);
    }

    private async Task EnsureNamespaceAsync(string name)
    {
        try
        {
            await fixture.Admin.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { Name = name } });
        }
        catch (KubernetesException e) when (e.IsAlreadyExists)
        {
            // Made by another case.
        }
    }
}
