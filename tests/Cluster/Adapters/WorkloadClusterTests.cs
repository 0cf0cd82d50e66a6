using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class WorkloadClusterTests(AdapterFixture fixture)
{
    private IWorkloadCluster Cluster => fixture.Adapter.Workloads;

    [Fact]
    public async Task Isolation_IsWrittenOnce_AndKnownByItsHash()
    {
        var lease = await NewAsync(isolated: false);
        var isolation = new EnsureIsolation(lease.Id, lease.Terms);
        Assert.Null((await ObserveAsync(lease)).IsolationHash);

        Assert.Equal(4, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(isolation, default)));
        var hash = (await ObserveAsync(lease)).IsolationHash;
        Assert.NotNull(hash);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(isolation, default)));

        // Not what this process remembers: what the informers show.
        await using var fresh = await RestartAsync();
        Assert.Equal(hash, (await fresh.Workloads.ObserveAsync(lease.Id, lease.Terms, default)).IsolationHash);
        await fresh.Workloads.ApplyAsync(isolation, default);
        await fresh.Leases.EnsureAsync(lease, default);
        Assert.Equal(0, fresh.Writes);
    }

    [Theory]
    [InlineData("NetworkPolicy", """{"spec":{"egress":[{}]}}""")]
    [InlineData("ResourceQuota", """{"spec":{"hard":{"limits.cpu":"100"}}}""")]
    [InlineData("NetworkPolicy", """{"spec":{"podSelector":{"matchLabels":{"x":"y"}}}}""")]
    [InlineData("NetworkPolicy", """{"spec":{"ingress":[{"from":[{"podSelector":{},"namespaceSelector":{}}]}]}}""")]
    [InlineData("ResourceQuota", """{"spec":{"hard":{"count/jobs.batch":"9"}}}""")]
    [InlineData("LimitRange", """{"spec":{"limits":[]}}""")]
    [InlineData("RoleBinding", """{"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"mallory"}]}""")]
    public async Task IsolationEditedByHand_IsNoticedAndRepaired(string kind, string edit)
    {
        var lease = await NewAsync();
        var name = kind == "RoleBinding" ? Names.TenantBinding : Names.Isolation;
        await fixture.Admin.Resource(Kind(kind)).PatchAsync(name, lease.Id.Namespace, V1Patch.Merge((JsonObject)JsonNode.Parse(edit)!));

        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).IsolationHash is null);
        Assert.Equal(2, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default)));

        Assert.NotNull((await ObserveAsync(lease)).IsolationHash);
        var restored = (await fixture.Admin.Resource(ResourceKinds.Event).ListAsync(lease.Id.Namespace)).Items.Single(e => e.Text("reason") == "IsolationRestored");
        Assert.StartsWith($"{kind}/{name} was changed and has been set back: ", restored.Text("message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ResourceQuota", """{"spec":{"hard":{"pods":"1"},"scopes":["NotTerminating"]}}""")]
    [InlineData("RoleBinding", """{"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"}}""")]
    public async Task IsolationMadeAnewByHand_InWhatTheServerKeeps_IsSaid_AndMadeAgainWhenItIsDeleted(string kind, string otherwise)
    {
        var lease = await NewAsync();
        var (objects, name) = (fixture.Admin.Resource(Kind(kind)), kind == "RoleBinding" ? Names.TenantBinding : Names.Isolation);
        var stored = (await objects.GetAsync(name, lease.Id.Namespace))!;
        stored["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = lease.Id.Namespace, ["labels"] = stored["metadata"]!["labels"]!.DeepClone() };
        foreach (var (field, value) in JsonNode.Parse(otherwise)!.AsObject()) stored[field] = value!.DeepClone();
        await objects.DeleteAsync(name, lease.Id.Namespace);
        await objects.CreateAsync(stored);
        var uid = (await objects.GetAsync(name, lease.Id.Namespace)).Text("metadata", "uid");
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).IsolationHash is null);

        var isolation = new EnsureIsolation(lease.Id, lease.Terms);
        await Eventually.TrueAsync(async () => (await Assert.ThrowsAsync<ClusterException>(() => Cluster.ApplyAsync(isolation, default))).Reason == "Invalid");
        await fixture.Adapter.FlushEventsAsync(default);
        var told = (await fixture.Admin.Resource(ResourceKinds.Event).ListAsync(lease.Id.Namespace)).Items.Single(e => e.Text("reason") == "IsolationNotRestored");
        Assert.StartsWith($"{kind}/{name} ", told.Text("message"), StringComparison.Ordinal);
        Assert.Equal(uid, (await objects.GetAsync(name, lease.Id.Namespace)).Text("metadata", "uid"));

        await objects.DeleteAsync(name, lease.Id.Namespace);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await Cluster.ApplyAsync(isolation, default);
            }
            catch (ClusterException error) when (error.IsTransient)
            {
                // The cache has not heard of the deletion yet: the next look tries again, as the loop does.
            }

            return (await ObserveAsync(lease)).IsolationHash is not null;
        });
    }

    [Fact]
    public async Task NamespaceWithoutItsComputeLease_IsListed_UntilItIsOnItsWayOut()
    {
        var (whole, orphan) = (await NewAsync(), await NewAsync());
        await fixture.Admin.Resource(ResourceKind.Of<V1Alpha1ComputeLease>()).DeleteAsync(orphan.Id.Namespace, orphan.Id.Namespace);
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Spaces.ListWithoutObjectAsync(default)).Contains(orphan.Id));
        Assert.DoesNotContain(whole.Id, await fixture.Adapter.Spaces.ListWithoutObjectAsync(default));
        await Cluster.ApplyAsync(new RemoveNamespace(orphan.Id), default);
        await Eventually.TrueAsync(async () => !(await fixture.Adapter.Spaces.ListWithoutObjectAsync(default)).Contains(orphan.Id));
    }

    [Fact]
    public async Task IsolationDeletedByHand_IsMadeAgain()
    {
        var lease = await NewAsync();
        await fixture.Admin.Resource(ResourceKinds.NetworkPolicy).DeleteAsync(Names.Isolation, lease.Id.Namespace);
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).IsolationHash is null);

        await Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);

        Assert.NotNull(await fixture.Admin.Resource(ResourceKinds.NetworkPolicy).GetAsync(Names.Isolation, lease.Id.Namespace));
    }

    [Fact]
    public async Task QuotaOfAGpuLease_HasItsDevices_AndNoOthers()
    {
        var leased = await NewAsync(Cases.Terms(2));
        var without = await NewAsync();

        Assert.Equal("2", (await QuotaAsync(leased)).Text("spec", "hard", "requests.nvidia.com/gpu"));
        Assert.Equal("0", (await QuotaAsync(without)).Text("spec", "hard", "requests.nvidia.com/gpu"));
    }

    [Theory]
    [InlineData("web", 2)]
    [InlineData("batch", 1)]
    [InlineData("stateful", 3)]
    [InlineData("furnished", 7)]
    public async Task Workload_IsWrittenOnce_AndStoredAsWritten(string which, int writes)
    {
        var lease = await NewAsync(Cases.Terms(2));
        var ensure = Cases.Ensure(lease.Id, lease.Terms, Workload(which));

        Assert.Equal(writes, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(ensure, default)));
        Assert.Equal(lease.Terms.SpecHash, (await ObserveAsync(lease)).AppliedSpecHash);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(ensure, default)));

        await using var fresh = await RestartAsync();
        Assert.Equal(lease.Terms.SpecHash, (await fresh.Workloads.ObserveAsync(lease.Id, lease.Terms, default)).AppliedSpecHash);
        await fresh.Workloads.ApplyAsync(ensure, default);
        Assert.Equal(0, fresh.Writes);
    }

    [Fact]
    public async Task WorkloadEditedByHand_IsNoticedAndRepaired()
    {
        var lease = await NewAsync();
        var ensure = Cases.Ensure(lease.Id, lease.Terms, Cases.Web);
        await Cluster.ApplyAsync(ensure, default);
        await fixture.Admin.Resource(ResourceKinds.Deployment).PatchAsync("web", lease.Id.Namespace, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 9 } }));
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).AppliedSpecHash is null);

        await Cluster.ApplyAsync(ensure, default);

        var facts = await ObserveAsync(lease);
        Assert.Equal(lease.Terms.SpecHash, facts.AppliedSpecHash);
        Assert.Equal(2, Assert.Single(facts.Items).Desired);
        Assert.Contains(facts.Endpoints, e => e.Port == "http" && e.Url.StartsWith("http://10.96.", StringComparison.Ordinal) && e.Url.EndsWith(":8080", StringComparison.Ordinal));
        Assert.Contains(facts.Endpoints, e => e.Url.StartsWith("udp://", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Deployment", """{"spec":{"template":{"spec":{"nodeName":"node-a"}}}}""")]
    [InlineData("Deployment", """{"spec":{"template":{"spec":{"tolerations":[{"operator":"Exists"}]}}}}""")]
    [InlineData("Deployment", """{"spec":{"template":{"spec":{"hostNetwork":true,"dnsPolicy":"Default"}}}}""")]
    [InlineData("Deployment", """{"spec":{"template":{"spec":{"containers":[{"name":"aside","image":"other:1"}]}}}}""")]
    [InlineData("Deployment", """{"spec":{"template":{"metadata":{"annotations":{"k8s.v1.cni.cncf.io/networks":"other"}}}}}""")]
    [InlineData("Deployment", """{"spec":{"paused":true}}""")]
    [InlineData("Service", """{"spec":{"externalIPs":["203.0.113.1"]}}""")]
    public async Task WhatSomebodyAddedToTheWorkload_IsNoticedAndRemoved_ByOneWrite(string kind, string edit)
    {
        var lease = await NewAsync();
        var ensure = Cases.Ensure(lease.Id, lease.Terms, Cases.Web);
        await Cluster.ApplyAsync(ensure, default);
        var objects = fixture.Admin.Resource(kind == "Service" ? ResourceKinds.Service : ResourceKinds.Deployment);
        var before = (await objects.GetAsync("web", lease.Id.Namespace))!["spec"]!;
        await objects.PatchAsync("web", lease.Id.Namespace, V1Patch.StrategicMerge((JsonObject)JsonNode.Parse(edit)!));
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).AppliedSpecHash is null);

        Assert.Equal(1, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(ensure, default)));

        Assert.Equal(before.ToJsonString(), (await objects.GetAsync("web", lease.Id.Namespace))!["spec"]!.ToJsonString());
        Assert.Equal(lease.Terms.SpecHash, (await ObserveAsync(lease)).AppliedSpecHash);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(ensure, default)));
    }

    [Fact]
    public async Task WhatIsNoLongerInTheWorkload_Goes()
    {
        var lease = await NewAsync();
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, Cases.Web), default);
        var other = new WorkloadSpec([new ServiceSpec(Cases.Container("api"), [], [], null)], []);

        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, other), default);

        Assert.Equal(["api"], (await fixture.Admin.Resource(ResourceKinds.Deployment).ListAsync(lease.Id.Namespace)).Items.Select(i => ObjectView.Key(i).Name));
        Assert.Empty((await fixture.Admin.Resource(ResourceKinds.Service).ListAsync(lease.Id.Namespace)).Items);
        Assert.Equal(lease.Terms.SpecHash, (await ObserveAsync(lease)).AppliedSpecHash);
    }

    // What rolls pods is the template alone: a service that an amendment leaves as it was keeps it to the byte.
    [Fact]
    public async Task AmendedWorkload_IsUpdatedInPlace_AndUnchangedServicesAreNotTouched()
    {
        var lease = await NewAsync();
        var api = new ServiceSpec(Cases.Container("api"), [], [], null);
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, new WorkloadSpec([.. Cases.Web.Services, api], [])), default);
        var before = await DeploymentsAsync(lease);
        var amended = lease with { Terms = lease.Terms with { SpecHash = Cases.Hash("amended"), Resources = lease.Terms.Resources with { CpuMilli = 3000 } } };
        await fixture.Adapter.Leases.EnsureAsync(amended, default);
        Assert.Null((await ObserveAsync(amended)).IsolationHash);

        await Cluster.ApplyAsync(new EnsureIsolation(amended.Id, amended.Terms), default);
        var newer = api with { Container = api.Container with { Args = ["--new"] } };
        await Cluster.ApplyAsync(Cases.Ensure(amended.Id, amended.Terms, new WorkloadSpec([.. Cases.Web.Services, newer], [])), default);

        var after = await DeploymentsAsync(lease);
        Assert.Equal(before["web"].At("spec", "template")!.ToJsonString(), after["web"].At("spec", "template")!.ToJsonString());
        Assert.Equal(before["api"].Text("metadata", "uid"), after["api"].Text("metadata", "uid"));
        Assert.Equal("--new", (string?)after["api"].Items("spec", "template", "spec", "containers").Single().At("args")![0]);
        Assert.Equal(amended.Terms.SpecHash, (await ObserveAsync(amended)).AppliedSpecHash);
        Assert.Equal("3", (await QuotaAsync(lease)).Text("spec", "hard", "limits.cpu"));
        Assert.NotNull((await ObserveAsync(amended)).IsolationHash);
    }

    [Fact]
    public async Task Stop_RemovesWhatRuns_AndKeepsTheLease()
    {
        var lease = await NewAsync();
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, Cases.Web), default);

        await Cluster.ApplyAsync(new StopWorkload(lease.Id), default);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(new StopWorkload(lease.Id), default)));

        Assert.Empty((await ObserveAsync(lease)).Items);
        Assert.Contains(await fixture.Adapter.Leases.ListAsync(default), r => r.Id == lease.Id);
    }

    // No controllers run here: the volume's claim is made by hand, as the StatefulSet's would make it.
    [Fact]
    public async Task Suspended_NothingIsWanted_VolumesStay_AndTheWorkloadComesBackWhole()
    {
        var lease = await NewAsync();
        var both = new WorkloadSpec([.. Cases.Stateful.Services, .. Cases.Web.Services], [new JobSpec(Cases.Container("sum"), 0, 0), new JobSpec(Cases.Container("done"), 0, 0)]);
        var ensure = Cases.Ensure(lease.Id, lease.Terms, both);
        await Cluster.ApplyAsync(ensure, default);
        await FinishAsync(lease, "done");
        await fixture.Admin.Resource(ResourceKinds.PersistentVolumeClaim).CreateAsync(Claim(lease));
        await Eventually.TrueAsync(async () => await ObserveAsync(lease) is { Volumes: [{ MiB: 2048 }] } seen && seen.Items.Any(i => i.IsComplete));

        // Two services; the unfinished job, which this server cannot suspend.
        Assert.Equal(3, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(new SuspendWorkload(lease.Id), default)));
        Assert.Equal(0, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(new SuspendWorkload(lease.Id), default)));

        var still = await ObserveAsync(lease);
        Assert.Null(still.AppliedSpecHash);
        Assert.Equal(["db 0", "done 1", "web 0"], still.Items.Select(i => $"{i.Name} {i.Desired}").Order());
        var stored = await fixture.Admin.Resource(ResourceKinds.StatefulSet).GetAsync("db", lease.Id.Namespace);
        Assert.Equal((0, 1), (stored.Number("spec", "replicas"), stored.Items("spec", "volumeClaimTemplates").Count()));
        Assert.Single(still.Volumes);
        Assert.Equal([new ClaimFact("db", "data", 2048)], still.Claims);
        Assert.NotEmpty(still.Endpoints);

        Assert.Equal(3, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(ensure, default)));
        Assert.Equal(lease.Terms.SpecHash, (await ObserveAsync(lease)).AppliedSpecHash);
        Assert.Equal(["db 1", "done 1", "sum 1", "web 2"], (await ObserveAsync(lease)).Items.Select(i => $"{i.Name} {i.Desired}").Order());
    }

    [Fact]
    public async Task Remove_TakesTheNamespace_Once()
    {
        var lease = await NewAsync();

        await Cluster.ApplyAsync(new RemoveNamespace(lease.Id), default);
        await Cluster.ApplyAsync(new RemoveNamespace(lease.Id), default);

        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).NamespaceTerminating);
        var refusal = await Assert.ThrowsAsync<ClusterException>(() => Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default));
        Assert.Equal(("NamespaceTerminating", true), (refusal.Reason, refusal.IsTransient));
    }

    [Fact]
    public async Task Changes_WakeTheLease_Once()
    {
        var lease = await NewAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var fresh = await RestartAsync();
        await using var changes = fresh.ChangesAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        await fixture.Leases.PatchAsync(lease.Id.Namespace, lease.Id.Namespace, V1Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["x"] = "y" } } }));

        for (var more = true; more && changes.Current != lease.Id;) more = await changes.MoveNextAsync();
        Assert.Equal(lease.Id, changes.Current);
    }

    // Where its pods are reached, and what devices there are.
    [Theory]
    [InlineData("""{"metadata":{"labels":{"nvidia.com/gpu.product":"B"}}}""", null)]
    [InlineData("""{"status":{"addresses":[{"type":"InternalIP","address":"10.9.8.7"}]}}""", "status")]
    public async Task ChangesOfANode_WakeTheLease(string change, string? subresource)
    {
        var (lease, nodes, name) = (await NewAsync(), fixture.Admin.Resource(ResourceKinds.Node), $"node-{Guid.NewGuid():N}");
        await nodes.CreateAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["metadata"] = new JsonObject { ["name"] = name } });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var fresh = await RestartAsync();
        var seen = 0;
        var reading = Task.Run(async () =>
        {
            await foreach (var id in fresh.ChangesAsync(limit.Token)) if (id == lease.Id) Interlocked.Increment(ref seen);
        });
        // What the lists brought is over.
        var quiet = -1;
        while (quiet != (quiet = Volatile.Read(ref seen))) await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        await nodes.PatchAsync(name, null, V1Patch.Merge(JsonNode.Parse(change)!.AsObject()), new WriteOptions { Subresource = subresource });
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref seen) > quiet));
        await nodes.DeleteAsync(name);
        await limit.CancelAsync();
        await reading.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private async Task FinishAsync(MatchedLease lease, string job)
    {
        var status = new JsonObject { ["status"] = new JsonObject { ["succeeded"] = 1, ["completionTime"] = "2026-03-01T12:00:00Z" } };
        await fixture.Admin.Resource(ResourceKinds.Job).PatchAsync(job, lease.Id.Namespace, V1Patch.Merge(status), new WriteOptions { Subresource = "status" });
    }

    private static JsonObject Claim(MatchedLease lease) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["metadata"] = new JsonObject { ["name"] = "data-data-db-0", ["namespace"] = lease.Id.Namespace, ["labels"] = Json.Map((Names.LeaseLabel, Names.LabelOf(lease.Id)), (Names.ItemLabel, "db")) },
        ["spec"] = new JsonObject { ["accessModes"] = new JsonArray("ReadWriteOnce"), ["resources"] = new JsonObject { ["requests"] = Json.Map(("storage", "2Gi")) } },
    };

    private async Task<ClusterAdapter> RestartAsync()
    {
        var fresh = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(), new TestHasher());
        await fresh.StartAsync(default);
        return fresh;
    }

    private async Task<MatchedLease> NewAsync(LeaseTerms? terms = null, bool isolated = true)
    {
        var lease = Cases.Lease(terms);
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        if (isolated) await Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        return lease;
    }

    private Task<ClusterFacts> ObserveAsync(MatchedLease lease) => Cluster.ObserveAsync(lease.Id, lease.Terms, default);

    private async Task<Dictionary<string, JsonObject>> DeploymentsAsync(MatchedLease lease) =>
        (await fixture.Admin.Resource(ResourceKinds.Deployment).ListAsync(lease.Id.Namespace)).Items.ToDictionary(d => ObjectView.Key(d).Name);

    private async Task<JsonObject> QuotaAsync(MatchedLease lease) =>
        (await fixture.Admin.Resource(ResourceKinds.ResourceQuota).GetAsync(Names.Isolation, lease.Id.Namespace))!;

    private static WorkloadSpec Workload(string which) => which switch { "web" => Cases.Web, "batch" => Cases.Batch, "furnished" => Cases.Furnished, _ => Cases.Stateful };

    private static ResourceKind Kind(string kind) => kind switch
    {
        "NetworkPolicy" => ResourceKinds.NetworkPolicy,
        "ResourceQuota" => ResourceKinds.ResourceQuota,
        "LimitRange" => ResourceKinds.LimitRange,
        _ => ResourceKinds.RoleBinding,
    };
}
