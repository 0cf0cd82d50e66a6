using System.Net;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Admission;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cluster.Tests.Admission;

/// <summary>The webhook on a real API server, with the rights of the demonstration's operator and no others.</summary>
[Collection("one adapter")]
public sealed class ClusterAdmissionTests(AdapterFixture fixture) : IAsyncLifetime
{
    private static readonly ResourceKind Configurations = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);

    private readonly CancellationTokenSource over = new();
    private KubernetesClient client = null!;
    private ClusterAdapter adapter = null!;
    private ClusterAdmission admission = null!;
    private Task registering = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        await fixture.GrantAsync();
        var configuration = fixture.Server.Configuration() with { Impersonate = Reviews.Operator };
        client = new KubernetesClient(configuration);
        adapter = new ClusterAdapter(AdapterFixture.Options() with { InstallDefinitions = false }, configuration, new TestHasher());
        await adapter.StartAsync(default);
        var port = Ports.Free(1)[0];
        var options = new AdmissionOptions
        {
            Target = WebhookTarget.Url(new Uri($"https://127.0.0.1:{port}")),
            Server = new AdmissionServerOptions { Address = IPAddress.Loopback, Port = port },
        };
        admission = await ClusterAdmission.StartAsync(options, client, new TestHasher(), TimeProvider.System, NullLoggerFactory.Instance, default);
        registering = admission.KeepRegisteredAsync(client, over.Token);
        await Eventually.TrueAsync(async () => (await RegisteredAsync()).Count() == 5);
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await registering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ClusterAdmission.UnregisterAsync(client, NullLogger.Instance, TimeProvider.System, default);
        Assert.Empty(await RegisteredAsync());
        await admission.DisposeAsync();
        await adapter.DisposeAsync();
        client.Dispose();
        over.Dispose();
    }

    [Fact]
    public async Task ALeaseLivesThrough_AndStrangersAreRefused()
    {
        var lease = await NewAsync();
        var space = lease.Id.Namespace;
        using var tenant = new KubernetesClient(fixture.Server.Configuration() with { Impersonate = lease.Terms.Tenant });
        var leases = tenant.Resource(ResourceKind.Of<V1Alpha1ComputeLease>());
        Task Patch(JsonObject change, bool dryRun = false) => leases.PatchAsync(space, space, V1Patch.Merge(change), new WriteOptions { DryRun = dryRun });

        await AskedAsync(() => Patch(Metadata("finalizers", new JsonArray("example.com/hold")), dryRun: true), "metadata.finalizers");
        await RefusedAsync(() => Patch(Metadata("finalizers", new JsonArray("example.com/hold"))), "metadata.finalizers");
        await RefusedAsync(() => Patch(Metadata("ownerReferences", new JsonArray(Json.Map(("apiVersion", "v1"), ("kind", "ConfigMap"), ("name", "x"), ("uid", "y"))))), "metadata.ownerReferences");
        await RefusedAsync(() => Patch(Metadata("labels", Json.Map((Names.LeaseLabel, "0")))), $"metadata.labels[{Names.LeaseLabel}]");
        await RefusedAsync(() => Patch(new JsonObject { ["spec"] = new JsonObject { ["chain"] = new JsonObject { ["durationSeconds"] = 1 } } }), "spec.chain");
        await RefusedAsync(() => Patch(Workload("""{"services":[{"name":"a","image":"b:1","hostNetwork":true,"resources":{"cpu":"1","memory":"1Gi"}}]}""")), "spec.workload.services[0].hostNetwork");
        await RefusedAsync(() => Patch(Workload("""{"services":[{"name":"a","image":"b:1","resources":{"cpu":"1","memory":"1Gi"}}]}""")), "spec.workload");
        await RefusedAsync(() => tenant.Resource(ResourceKinds.Secret).CreateAsync(TokenSecret(space)), "type");
        foreach (var kind in new[] { ResourceKinds.Secret, ResourceKinds.ConfigMap })
        {
            var held = tenant.Resource(kind);
            await RefusedAsync(() => held.CreateAsync(Held(space, "held", h => h["metadata"]!["finalizers"] = new JsonArray("example.com/hold"))), "metadata.finalizers");
            await RefusedAsync(() => held.CreateAsync(Held(space, "owned", h => h["metadata"]!["ownerReferences"] = new JsonArray(Json.Map(("apiVersion", "v1"), ("kind", "ConfigMap"), ("name", "x"), ("uid", "y"))))), "metadata.ownerReferences");
            await RefusedAsync(() => held.CreateAsync(Held(space, "large", h => h["data"] = Json.Map(("a", new string('A', 100_000))))), "data");
            await held.CreateAsync(Held(space, "usual", h => h["data"] = Json.Map(("a", new string('A', 40_000)))));
            await RefusedAsync(() => held.PatchAsync("usual", space, V1Patch.Merge(Metadata("finalizers", new JsonArray("example.com/hold")))), "metadata.finalizers");
            await RefusedAsync(() => held.PatchAsync("usual", space, V1Patch.Merge(Metadata("annotations", Json.Map(("kubernetes.io/description", new string('A', 60_000)))))), "data");
            await held.DeleteAsync("usual", space);
        }

        await Patch(Workload(Reviews.Workload.ToJsonString()));
        await Patch(Metadata("labels", Json.Map(("app", "mine"))));

        await ForbiddenAsync(() => fixture.Leases.DeleteAsync(space, space));
        await ForbiddenAsync(() => fixture.Leases.CreateAsync(new JsonObject { ["metadata"] = Json.Map(("name", "another"), ("namespace", space)), ["spec"] = new JsonObject() }));
        await adapter.Workloads.ApplyAsync(new RemoveNamespace(lease.Id), default);
        Assert.NotNull((await fixture.Admin.Resource<V1Namespace>().GetAsync(space))!.Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task DatacenterWithFaults_IsRefused_BeforeItIsStored()
    {
        var wrong = AdapterFixture.Sample("datacenter-gpu");
        wrong["metadata"]!["name"] = "wrong";
        wrong["spec"]!["endpoint"] = "https://me:secret@north.example";

        await AskedAsync(() => fixture.Admin.ApplyAsync(wrong, new ApplyOptions { DryRun = true, FieldManager = "admin" }), "spec.endpoint");
    }

    [Fact]
    public async Task EscapesInAText_DoNotCountAsItsLength()
    {
        // The API server writes '<' as six bytes; stored and hashed it is one.
        var workload = $$"""{"services":[{"name":"a","image":"b:1","args":["{{string.Concat(Enumerable.Repeat("<&>", 5_000))}}","{{new string('<', 15_000)}}"],"resources":{"cpu":"1","memory":"1Gi"} }]}""";
        var lease = await NewAsync(Reviews.HashOf(JsonNode.Parse(workload)!));
        using var tenant = new KubernetesClient(fixture.Server.Configuration() with { Impersonate = lease.Terms.Tenant });

        await tenant.Resource(ResourceKind.Of<V1Alpha1ComputeLease>()).PatchAsync(lease.Id.Namespace, lease.Id.Namespace, V1Patch.Merge(Workload(workload)));
    }

    private async Task<MatchedLease> NewAsync(string? hash = null)
    {
        var lease = Cases.Lease(Cases.Terms() with { SpecHash = hash ?? Reviews.HashOf(Reviews.Workload) });
        await adapter.Leases.EnsureAsync(lease, default);
        await adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        await Eventually.TrueAsync(async () => (await adapter.Leases.ListAsync(default)).Any(r => r.Id == lease.Id));
        var record = (await adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id);
        await adapter.Leases.WriteStatusAsync(record, LeaseStatus.New with { ObservedGeneration = 1 }, default);
        return lease;
    }

    private async Task<IEnumerable<string?>> RegisteredAsync() =>
        (await fixture.Admin.Resource(Configurations).GetAsync(ClusterAdmission.Name)).Items("webhooks").Select(w => w.Text("name"));

    private static JsonObject Metadata(string field, JsonNode value) => new() { ["metadata"] = new JsonObject { [field] = value } };

    private static JsonObject Workload(string workload) => new() { ["spec"] = new JsonObject { ["workload"] = JsonNode.Parse(workload) } };

    private static JsonObject Held(string space, string name, Action<JsonObject> with)
    {
        var held = new JsonObject { ["metadata"] = Json.Map(("name", name), ("namespace", space)) };
        with(held);
        return held;
    }

    private static JsonObject TokenSecret(string space) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "identity", ["namespace"] = space, ["annotations"] = Json.Map(("kubernetes.io/service-account.name", "default")) },
        ["type"] = SecretKind.ServiceAccountToken,
    };

    // The API server learns of a registration by a watch of its own: until then the write passes, and must not be stored.
    private static Task AskedAsync(Func<Task> write, string field) => Eventually.TrueAsync(async () =>
    {
        try
        {
            await write();
            return false;
        }
        catch (KubernetesException e) when (e.IsInvalid && e.Status.Details!.Causes!.Any(c => c.Field == field))
        {
            return true;
        }
    });

    private static async Task RefusedAsync(Func<Task> write, string field)
    {
        var refusal = await Assert.ThrowsAsync<KubernetesException>(write);
        Assert.True(refusal.IsInvalid, refusal.Message);
        Assert.Contains(refusal.Status.Details!.Causes!, c => c.Field == field);
        Assert.Contains("compute.federation\" denied the request", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task ForbiddenAsync(Func<Task> write)
    {
        var refusal = await Assert.ThrowsAsync<KubernetesException>(write);
        Assert.True(refusal.IsForbidden, refusal.Message);
        Assert.Contains("owner.leases.compute.federation", refusal.Message, StringComparison.Ordinal);
    }
}
