using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>What somebody else runs in a lease's namespace: told, not counted, and no way to run unpaid.</summary>
[Collection("one adapter")]
public sealed class ForeignPodTests(AdapterFixture fixture)
{
    [Fact]
    public async Task PodsOfSomebodyElse_AreToldOnce_AndCountForNobody()
    {
        var lease = await NewAsync();
        var own = await CreateAsync(lease, "web-1", "web");
        var bare = await CreateAsync(lease, "debug", null);
        var owned = await CreateAsync(lease, "agent-x7f", null, Json.Map(("apiVersion", "apps/v1"), ("kind", "DaemonSet"), ("name", "agent"), ("uid", "6c4bd9f6-0000-0000-0000-000000000001")));
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Foreign.Count == 2);

        var facts = await ObserveAsync(lease);
        Assert.Equal([own], facts.Pods.Select(p => p.Uid));
        Assert.Equal(new[] { bare, owned }.Order(StringComparer.Ordinal), facts.Foreign);
        await StartAsync(lease, "debug");
        await Eventually.TrueAsync(async () => (await EventsAsync(lease)).Length == 2);
        await ObserveAsync(lease);
        await fixture.Admin.Resource(ResourceKinds.Pod).DeleteAsync("debug", lease.Id.Namespace, new DeleteOptions { GracePeriodSeconds = 0 });
        // One that comes later is told later: then the other is known to be gone.
        await CreateAsync(lease, "web-2", "web");
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Pods.Count == 2);

        // Its last samples come when it is gone.
        facts = await ObserveAsync(lease);
        Assert.Contains(bare, facts.Foreign);
        Assert.Empty(facts.Gone);
        var told = await EventsAsync(lease);
        Assert.Equal(2, told.Length);
        Assert.Single(told, t => t.StartsWith("Pod/debug is in this lease's namespace", StringComparison.Ordinal) && t.EndsWith($"delete Pod/debug in {lease.Id.Namespace}.", StringComparison.Ordinal));
        Assert.Single(told, t => t.StartsWith("Pod/agent-x7f of DaemonSet/agent is in", StringComparison.Ordinal) && t.Contains("delete DaemonSet/agent, or what owns that,", StringComparison.Ordinal));
    }

    // Nothing of the workload is left: then the lease has stopped, whatever somebody else runs there.
    [Fact]
    public async Task PodOfSomebodyElse_DoesNotKeepALeaseFromBeingStopped()
    {
        var lease = await NewAsync();
        await CreateAsync(lease, "debug", null);
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Foreign.Count == 1);
        var facts = await ObserveAsync(lease);
        Assert.Empty(facts.Pods);
        Assert.Empty(facts.Items);
    }

    [Fact]
    public async Task PodWhoseLabelIsTakenAway_StaysTheLeases_AfterARestartToo()
    {
        var lease = await NewAsync();
        var (marked, held) = (await CreateAsync(lease, "web-1", "web"), await CreateAsync(lease, "web-2", "web"));
        foreach (var name in (string[])["web-1", "web-2"]) await StartAsync(lease, name);
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Pods is [{ HasStarted: true }, { HasStarted: true }]);
        var record = (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id);
        await fixture.Adapter.Leases.WriteStatusAsync(record, record.Status with { Holdings = [new PodHolding(held, 0, 0, 0)] }, default);

        foreach (var name in (string[])["web-1", "web-2"])
            await fixture.Admin.Resource(ResourceKinds.Pod).PatchAsync(name, lease.Id.Namespace, V1Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [Names.ItemLabel] = null } } }));
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Pods is [{ Item: "" }, { Item: "" }]);
        Assert.Empty((await ObserveAsync(lease)).Foreign);

        // Another process did not see it: what the one before knew is in the lease's status.
        await using (var second = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(), new TestHasher()))
        {
            await second.StartAsync(default);
            Assert.Equal([held], (await second.Workloads.ObserveAsync(lease.Id, lease.Terms, default)).Pods.Select(p => p.Uid));
        }

        await fixture.Admin.Resource(ResourceKinds.Pod).DeleteAsync("web-1", lease.Id.Namespace, new DeleteOptions { GracePeriodSeconds = 0 });
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Gone.Count == 1);
        Assert.Equal(marked, (await ObserveAsync(lease)).Gone[0].Uid);
    }

    [Fact]
    public async Task PodOfSomebodyElse_IsNotEntered()
    {
        var lease = await NewAsync();
        await CreateAsync(lease, "web-1", "web");
        await CreateAsync(lease, "debug", null);
        var spaces = new TenantSpaces(fixture.Admin, TimeProvider.System);
        Assert.Equal(ShellEntry.Foreign, await spaces.OpenShellAsync(lease.Id.Namespace, "debug", default));
        Assert.Equal(ShellEntry.Open, await spaces.OpenShellAsync(lease.Id.Namespace, "web-1", default));
        Assert.Equal(ShellEntry.Open, await spaces.OpenShellAsync(lease.Id.Namespace, "web-1", default));
        Assert.Equal(ShellEntry.Missing, await spaces.OpenShellAsync(lease.Id.Namespace, "not-there", default));
    }

    // The names of a DaemonSet's or a Job's pods cannot be foreseen, those of a StatefulSet or of a person can.
    [Fact]
    public async Task PodThatIsNotThere_OpensNothing_AndOneThatComesMeanwhileIsLookedAt()
    {
        var lease = await NewAsync();
        var (clock, bindings) = (new FakeClock(), fixture.Admin.Resource(ResourceKinds.RoleBinding));
        Assert.Equal(ShellEntry.Missing, await new TenantSpaces(fixture.Admin, TimeProvider.System).OpenShellAsync(lease.Id.Namespace, "web-0", default));
        Assert.Null(await bindings.GetAsync(Names.ShellRole, lease.Id.Namespace));

        await CreateAsync(lease, "web-0", "web");
        var opening = new TenantSpaces(fixture.Admin, clock).OpenShellAsync(lease.Id.Namespace, "web-0", default);
        await Eventually.TrueAsync(async () => await bindings.GetAsync(Names.ShellRole, lease.Id.Namespace) is not null);
        await fixture.Admin.Resource(ResourceKinds.Pod).DeleteAsync("web-0", lease.Id.Namespace, new DeleteOptions { GracePeriodSeconds = 0 });
        await CreateAsync(lease, "web-0", null);
        await Eventually.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(opening.IsCompleted);
        });
        Assert.Equal(ShellEntry.Foreign, await opening);
    }

    private Task<ClusterFacts> ObserveAsync(MatchedLease lease) => fixture.Adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default);

    private async Task<string[]> EventsAsync(MatchedLease lease)
    {
        await fixture.Adapter.FlushEventsAsync(default);
        var events = (await fixture.Admin.Resource(ResourceKinds.Event).ListAsync(lease.Id.Namespace)).Items.Where(e => e.Text("reason") == "ForeignPod").ToArray();
        Assert.All(events, e => Assert.InRange(e.Number("count"), 0, 1));
        return [.. events.Select(e => e.Text("message") ?? "")];
    }

    private async Task<MatchedLease> NewAsync()
    {
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Leases.ListAsync(default)).Any(r => r.Id == lease.Id));
        return lease;
    }

    /// <returns>Its UID.</returns>
    private async Task<string> CreateAsync(MatchedLease lease, string name, string? item, JsonObject? owner = null)
    {
        var pod = (JsonObject)JsonNode.Parse("""
            {"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"automountServiceAccountToken":false,"securityContext":{"runAsNonRoot":true,"runAsUser":1000,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"web","image":"nginx",
             "securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}},"resources":{"limits":{"cpu":"100m","memory":"64Mi","ephemeral-storage":"64Mi"}}}]}}
            """)!;
        // The lease's own label alone says nothing: anybody who looks at a pod of the lease would copy it.
        var labels = Json.Map((Names.LeaseLabel, Names.LabelOf(lease.Id)));
        if (item is not null) labels[Names.ItemLabel] = item;
        pod["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = lease.Id.Namespace, ["labels"] = labels };
        if (owner is not null)
        {
            owner["controller"] = true;
            pod["metadata"]!["ownerReferences"] = new JsonArray(owner);
        }

        return (await fixture.Admin.Resource(ResourceKinds.Pod).CreateAsync(pod)).Text("metadata", "uid")!;
    }

    private Task<JsonObject> StartAsync(MatchedLease lease, string name)
    {
        var container = new JsonObject { ["name"] = "web", ["image"] = "", ["imageID"] = "", ["ready"] = true, ["restartCount"] = 0, ["state"] = new JsonObject { ["running"] = new JsonObject() } };
        var status = new JsonObject { ["status"] = new JsonObject { ["phase"] = "Running", ["containerStatuses"] = new JsonArray(container) } };
        return fixture.Admin.Resource(ResourceKinds.Pod).PatchAsync(name, lease.Id.Namespace, V1Patch.Merge(status), new WriteOptions { Subresource = "status" });
    }
}
