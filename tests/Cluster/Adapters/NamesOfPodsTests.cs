using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>Services by which pods with volumes have names, on a real API server.</summary>
[Collection("one adapter")]
public sealed class NamesOfPodsTests(AdapterFixture fixture)
{
    private IWorkloadCluster Cluster => fixture.Adapter.Workloads;

    // Made before pods had names: the Service that names them cannot change under what runs, and what runs is not made anew.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StatefulSetOfAnEarlierOperator_KeepsItsService_AndGoesOnRunning(bool hasPorts)
    {
        var lease = await NewAsync();
        var db = Cases.Stateful.Services[0];
        if (!hasPorts) db = db with { Ports = [], Readiness = null };
        var sets = fixture.Admin.Resource(ResourceKinds.StatefulSet);
        var earlier = WorkloadManifests.Build(Cases.Context(lease.Id) with { Governing = new Dictionary<string, string> { ["db"] = "db" } }, new WorkloadSpec([db], [])).Single(m => m.Text("kind") == "StatefulSet");
        var before = await sets.CreateAsync(earlier);
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Items.Count == 1);

        var newer = db with { Container = db.Container with { Args = ["--new"] } };
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, new WorkloadSpec([newer], [])), default);
        var after = await sets.GetAsync("db", lease.Id.Namespace);
        Assert.Equal((before.Text("metadata", "uid"), "db"), (after.Text("metadata", "uid"), after.Text("spec", "serviceName")));
        Assert.Equal(lease.Terms.SpecHash, (await ObserveAsync(lease)).AppliedSpecHash);
        // Without ports there was no Service of that name: now the pods' names hold.
        var service = await fixture.Admin.Resource(ResourceKinds.Service).GetAsync("db", lease.Id.Namespace);
        Assert.Equal(hasPorts, service.Text("spec", "clusterIP") != "None");
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, new WorkloadSpec([newer], [])), default)));
    }

    private async Task<MatchedLease> NewAsync()
    {
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        return lease;
    }

    private Task<ClusterFacts> ObserveAsync(MatchedLease lease) => Cluster.ObserveAsync(lease.Id, lease.Terms, default);
}
