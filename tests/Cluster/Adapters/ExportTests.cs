using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>Volumes that are sent: what a tenant may ask for, and what the adapter makes and reads of it.</summary>
[Collection("one adapter")]
public sealed class ExportTests(AdapterFixture fixture)
{
    private const string Digest = "a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5a3f5";
    private const string Volume = "data-data-db-0";

    private static readonly ExportWish Wish = new([Volume], "urls", 999);

    private IWorkloadCluster Cluster => fixture.Adapter.Workloads;

    [Fact]
    public async Task Export_IsBesideTheWorkload_AndReadFromWhatItsPodLeaves()
    {
        var lease = await NewAsync();
        await Cluster.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, Cases.Stateful), default);
        Assert.Equal(1, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(Ensure(lease), default)));
        var made = (await ObserveAsync(lease)).Export!;
        Assert.Equal((Volume, "urls", 999u, 0L, ""), (made.Volume, made.Secret, made.User, made.EndedAt, made.Problem));

        // The namespace takes its pod: its security standard, its quota, its limits.
        var pod = await StartAsync(lease);
        await SetAsync(lease, pod, """{"phase":"Pending","containerStatuses":[{"name":"export","image":"","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"CreateContainerConfigError","message":"secret \"urls\" not found"} } }]}""");
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Export!.Problem.Contains("\"urls\" not found", StringComparison.Ordinal));

        await SetAsync(lease, pod, $$"""{"phase":"Succeeded","containerStatuses":[{"name":"export","image":"","imageID":"","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":0,"reason":"Completed","message":"{{Digest}} 1234","finishedAt":"2027-01-15T08:00:07Z"} } }]}""");
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Export!.Sent is not null);
        var facts = await ObserveAsync(lease);
        Assert.Equal((new SentBytes("0x" + Digest, 1234), 1_800_000_007L), (facts.Export!.Sent, facts.Export.EndedAt));
        Assert.Empty(facts.Pods);
        Assert.Equal(["db"], facts.Items.Select(i => i.Name));
        Assert.Equal(lease.Terms.SpecHash, facts.AppliedSpecHash);

        // The end of the workload leaves it, and another one takes its place.
        await Cluster.ApplyAsync(new StopWorkload(lease.Id), default);
        Assert.NotNull((await ObserveAsync(lease)).Export);
        Assert.Equal(2, await fixture.WritesOfAsync(() => Cluster.ApplyAsync(Ensure(lease), default)));
        // The end of the one before may be told after the other was made.
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Export is { EndedAt: 0 });
        await Eventually.TrueAsync(async () =>
        {
            await Cluster.ApplyAsync(new RemoveExport(lease.Id), default);
            return await fixture.Admin.Resource(ResourceKinds.Job).GetAsync(Names.ExportJob, lease.Id.Namespace) is null;
        });
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Export is null);
    }

    [Theory]
    [InlineData("""{"exitCode":1,"reason":"Error","message":"the server answered with HTTP status 403"}""", "the server answered with HTTP status 403")]
    [InlineData("""{"exitCode":127,"reason":"Error"}""", "exit code 127")]
    [InlineData("""{"exitCode":0,"reason":"Completed","message":"all is well"}""", "gone before anybody saw")]
    [InlineData(null, "DeadlineExceeded")]
    public async Task Export_ThatFailed_SaysWhy(string? end, string expected)
    {
        var lease = await NewAsync();
        await Cluster.ApplyAsync(Ensure(lease), default);
        if (end is not null)
            await SetAsync(lease, await StartAsync(lease), $$"""{"phase":"Failed","containerStatuses":[{"name":"export","image":"","imageID":"","ready":false,"restartCount":0,"state":{"terminated":{{end}} } }]}""");
        var status = """{"startTime":"2027-01-15T08:00:00Z","failed":1,"conditions":[{"type":"FailureTarget","status":"True","reason":"DeadlineExceeded"},{"type":"Failed","status":"True","reason":"DeadlineExceeded","lastTransitionTime":"2027-01-15T08:00:09Z"}]}""";
        await fixture.Admin.Resource(ResourceKinds.Job).PatchAsync(Names.ExportJob, lease.Id.Namespace, Status(status), new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Export is { EndedAt: > 0 } seen && seen.Problem.Contains(expected, StringComparison.Ordinal));
        var run = (await ObserveAsync(lease)).Export!;
        Assert.Equal((1_800_000_009, true), (run.EndedAt, run.Sent is null));
    }

    [Fact]
    public async Task Tenant_AsksForIt_InItsComputeLease()
    {
        var lease = await NewAsync();
        await AskAsync(lease, $$"""{"volumes":["{{Volume}}"],"to":{"secret":"urls"} }""");
        ExportWish? wish = null;
        await Eventually.TrueAsync(async () => (wish = (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id).Export) is not null);
        Assert.Equal((Volume, "urls", 65532u), (Assert.Single(wish!.Volumes), wish.Secret, wish.User));
    }

    [Theory]
    [InlineData("""{"volumes":[],"to":{"secret":"urls"}}""", "spec.export.volumes")]
    [InlineData("""{"volumes":["a","a"],"to":{"secret":"urls"}}""", "spec.export.volumes[1]: Duplicate")]
    [InlineData("""{"volumes":["../a"],"to":{"secret":"urls"}}""", "spec.export.volumes")]
    [InlineData("""{"volumes":["a"],"to":{"secret":"https://example.org/?signature=a"}}""", "spec.export.to.secret")]
    [InlineData("""{"volumes":["a"],"to":{}}""", "spec.export.to.secret")]
    [InlineData("""{"volumes":["a"]}""", "spec.export.to")]
    [InlineData("""{"volumes":["a"],"to":{"secret":"urls"},"user":0}""", "spec.export.user")]
    public async Task Tenant_IsToldAtOnce_WhatCannotBe(string export, string expected)
    {
        var lease = await NewAsync();
        var refusal = await Assert.ThrowsAsync<KubernetesException>(() => AskAsync(lease, export));
        Assert.True(refusal.IsInvalid, refusal.Message);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    // What a digest in the status is worth rests on this.
    [Theory]
    [InlineData("create", "pods")]
    [InlineData("patch", "pods")]
    [InlineData("create", "pods/exec")]
    [InlineData("create", "pods/attach")]
    [InlineData("patch", "pods/ephemeralcontainers")]
    [InlineData("patch", "pods/status")]
    [InlineData("create", "jobs.batch")]
    [InlineData("patch", "jobs.batch")]
    [InlineData("create", "persistentvolumeclaims")]
    [InlineData("delete", "persistentvolumeclaims")]
    [InlineData("patch", "computeleases.compute.federation/status")]
    public async Task Tenant_CannotTouchWhatSendsIt(string verb, string resource)
    {
        var lease = await NewAsync();
        using var tenant = new KubernetesClient(fixture.Server.Configuration() with { Impersonate = lease.Terms.Tenant });
        var (path, sub) = resource.Split('/') is [var main, var part] ? (main, part) : (resource, "");
        var (name, group) = path.Split('.', 2) is [var plural, var rest] ? (plural, rest) : (path, "");
        var review = new ResourceKind("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false);
        var answer = await tenant.Resource(review).CreateAsync(new JsonObject
        {
            ["spec"] = new JsonObject { ["resourceAttributes"] = Json.Map(("namespace", lease.Id.Namespace), ("verb", verb), ("group", group), ("resource", name), ("subresource", sub)) },
        });
        Assert.False((bool)answer.At("status", "allowed")!);
    }

    private static EnsureExport Ensure(MatchedLease lease) => new(lease.Id, lease.Terms, Volume, Wish, 3600);

    private async Task AskAsync(MatchedLease lease, string export)
    {
        using var tenant = new KubernetesClient(fixture.Server.Configuration() with { Impersonate = lease.Terms.Tenant });
        await tenant.Resource(ResourceKind.Of<V1Alpha1ComputeLease>()).PatchAsync(
            lease.Id.Namespace, lease.Id.Namespace, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["export"] = JsonNode.Parse(export) } }));
    }

    // What the job controller does; the datacenter's runtime is there.
    private async Task<string> StartAsync(MatchedLease lease)
    {
        await fixture.Admin.ApplyAsync(
            (JsonObject)JsonNode.Parse("""{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"gvisor"},"handler":"runsc"}""")!, new ApplyOptions { FieldManager = "admin" });
        var job = (await fixture.Admin.Resource(ResourceKinds.Job).GetAsync(Names.ExportJob, lease.Id.Namespace))!;
        var pod = (JsonObject)job["spec"]!["template"]!.DeepClone();
        pod["metadata"]!["name"] = Names.ExportJob + "-abcde";
        pod["metadata"]!["namespace"] = lease.Id.Namespace;
        Assert.Equal("gvisor", pod.Text("spec", "runtimeClassName"));
        pod["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "batch/v1", ["kind"] = "Job", ["name"] = Names.ExportJob, ["uid"] = job.Text("metadata", "uid"), ["controller"] = true,
        });
        return ObjectView.Key(await fixture.Admin.Resource(ResourceKinds.Pod).CreateAsync(pod)).Name;
    }

    private Task<JsonObject> SetAsync(MatchedLease lease, string pod, string status) =>
        fixture.Admin.Resource(ResourceKinds.Pod).PatchAsync(pod, lease.Id.Namespace, Status(status), new WriteOptions { Subresource = "status" });

    private static V1Patch Status(string status) => V1Patch.Merge(new JsonObject { ["status"] = JsonNode.Parse(status) });

    private async Task<MatchedLease> NewAsync()
    {
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await Cluster.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        await fixture.UntilLetInAsync(lease);
        return lease;
    }

    private Task<ClusterFacts> ObserveAsync(MatchedLease lease) => Cluster.ObserveAsync(lease.Id, lease.Terms, default);
}
