using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>A job's deadline as the cluster shows it, and the change by which a controller that has forgotten it looks again.</summary>
[Collection("one adapter")]
public sealed class JobDeadlineTests(AdapterFixture fixture)
{
    private IWorkloadCluster Cluster => fixture.Adapter.Workloads;

    [Fact]
    public async Task Job_IsChanged_WhereItMeansNothing_AndIsNotSetBack()
    {
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        var ensure = Cases.Ensure(lease.Id, lease.Terms, new WorkloadSpec([], [new JobSpec(Cases.Container("train"), 60, 0)]));
        await Cluster.ApplyAsync(ensure, default);
        Assert.Equal(0, Assert.Single((await ObserveAsync(lease)).Items).DeadlineMs);

        var jobs = fixture.Admin.Resource(ResourceKinds.Job);
        await jobs.PatchAsync("train", lease.Id.Namespace, V1Patch.Merge(new JsonObject { ["status"] = new JsonObject { ["startTime"] = "2026-01-01T00:00:00Z" } }), new WriteOptions { Subresource = "status" });
        var due = new DateTimeOffset(2026, 1, 1, 0, 1, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        await Eventually.TrueAsync(async () => Assert.Single((await ObserveAsync(lease)).Items).DeadlineMs == due);

        var before = (await jobs.GetAsync("train", lease.Id.Namespace))!;
        Assert.Equal(1, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(new RemindJob(lease.Id, "train", due + 20_000), default)));
        var after = (await jobs.GetAsync("train", lease.Id.Namespace))!;
        Assert.NotEqual(before.Text("metadata", "resourceVersion"), after.Text("metadata", "resourceVersion"));
        Assert.Equal((before.Text("metadata", "uid"), $"{due + 20_000}"), (after.Text("metadata", "uid"), after.Annotation(Names.OverdueAnnotation)));
        Assert.True(JsonNode.DeepEquals(before["spec"], after["spec"]));
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(ensure, default)));
    }

    private Task<ClusterFacts> ObserveAsync(MatchedLease lease) => Cluster.ObserveAsync(lease.Id, lease.Terms, default);
}
