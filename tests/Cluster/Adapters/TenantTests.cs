using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Definitions;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>What a tenant may do, asked of the API server as that tenant.</summary>
[Collection("one adapter")]
public sealed class TenantTests(AdapterFixture fixture)
{
    private static readonly JsonObject Workload = new() { ["spec"] = new JsonObject { ["workload"] = new JsonObject { ["services"] = new JsonArray() } } };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tenant_MayDeliverItsWorkload(bool lowerCase)
    {
        var lease = await NewAsync();
        using var tenant = As(lowerCase ? lease.Terms.Tenant.ToLowerInvariant() : lease.Terms.Tenant);

        await tenant.Resource(Leases).PatchAsync(lease.Id.Namespace, lease.Id.Namespace, V1Patch.Merge((JsonObject)Workload.DeepClone()));

        await Eventually.TrueAsync(async () => (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id).Workload is not null);
    }

    [Fact]
    public async Task Tenant_MayApplyASampleWithKubectl_AndItIsStoredToTheLetter()
    {
        var lease = await NewAsync();
        var sample = AdapterFixture.Sample("web-service");
        sample["metadata"] = Json.Map(("name", lease.Id.Namespace), ("namespace", lease.Id.Namespace));
        sample["spec"]!["workload"]!["services"]![0]!["somethingUnknown"] = new JsonObject { ["deep"] = 1.5 };
        var file = Path.Combine(Path.GetTempPath(), $"{lease.Id.Namespace}.yaml");
        await File.WriteAllTextAsync(file, YamlWriter.Write(sample));

        await Kubectl.RunAsync(fixture.Server, "--as", lease.Terms.Tenant, "apply", "-f", file);

        File.Delete(file);
        var stored = await fixture.Leases.GetAsync(lease.Id.Namespace, lease.Id.Namespace);
        Assert.True(JsonNode.DeepEquals(sample["spec"]!["workload"], stored!["spec"]!["workload"]), stored["spec"]!["workload"]!.ToJsonString());
        Assert.NotNull(stored["spec"]!["chain"]);
    }

    [Fact]
    public async Task Tenant_MayReadAndKeepSecrets_InItsNamespace()
    {
        var lease = await NewAsync();
        using var tenant = As(lease.Terms.Tenant);
        var secret = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "keys", ["namespace"] = lease.Id.Namespace }, ["stringData"] = Json.Map(("A", "1")) };

        await tenant.Resource(ResourceKinds.Secret).CreateAsync(secret);
        Assert.NotNull(await tenant.Resource(ResourceKinds.Secret).GetAsync("keys", lease.Id.Namespace));
        Assert.True(await tenant.Resource(ResourceKinds.Secret).DeleteAsync("keys", lease.Id.Namespace));
        Assert.Empty((await tenant.Resource(ResourceKinds.Pod).ListAsync(lease.Id.Namespace)).Items);
        Assert.NotNull(await tenant.Resource(Leases).ListAsync(lease.Id.Namespace));
    }

    [Fact]
    public async Task Tenant_MayKeepConfigMaps_InItsNamespace()
    {
        var lease = await NewAsync();
        using var tenant = As(lease.Terms.Tenant);
        var map = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "settings", ["namespace"] = lease.Id.Namespace }, ["data"] = Json.Map(("A", "1")) };

        await tenant.Resource(ResourceKinds.ConfigMap).CreateAsync(map);
        Assert.Contains((await tenant.Resource(ResourceKinds.ConfigMap).ListAsync(lease.Id.Namespace)).Items, m => ObjectView.Key(m).Name == "settings");
        Assert.True(await tenant.Resource(ResourceKinds.ConfigMap).DeleteAsync("settings", lease.Id.Namespace));
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.ConfigMap).ListAsync("default"));
    }

    [Fact]
    public async Task Tenant_MayNotTouchWhatKeepsItIn()
    {
        var lease = await NewAsync();
        using var tenant = As(lease.Terms.Tenant);
        var space = lease.Id.Namespace;
        var label = V1Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["labels"] = Json.Map(("x", "y")) } });

        await ForbiddenAsync(() => tenant.Resource(Leases).PatchAsync(space, space, V1Patch.Merge(new JsonObject { ["status"] = new JsonObject { ["phase"] = "Running" } }), new WriteOptions { Subresource = "status" }));
        await ForbiddenAsync(() => tenant.Resource(Leases).DeleteAsync(space, space));
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.ResourceQuota).PatchAsync(Names.Isolation, space, label));
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.NetworkPolicy).DeleteAsync(Names.Isolation, space));
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.RoleBinding).PatchAsync(Names.TenantBinding, space, label));
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.Namespace).PatchAsync(space, null, label));
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.Pod).CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = space } }));
        // The label by which it is billed.
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.Pod).PatchAsync("p", space, label));
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.Secret).ListAsync(space));
    }

    [Fact]
    public async Task Tenant_SeesNothingOfOthers()
    {
        var own = await NewAsync();
        var other = await NewAsync(Cases.Terms() with { Tenant = "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb" });
        using var tenant = As(own.Terms.Tenant);

        await ForbiddenAsync(() => tenant.Resource(Leases).GetAsync(other.Id.Namespace, other.Id.Namespace));
        await ForbiddenAsync(() => tenant.Resource(ResourceKinds.Pod).ListAsync(other.Id.Namespace));
        await ForbiddenAsync(() => tenant.Resource(Leases).ListAsync());
        await ForbiddenAsync(() => tenant.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).ListAsync());
    }

    private static ResourceKind Leases { get; } = ResourceKind.Of<V1Alpha1ComputeLease>();

    private KubernetesClient As(string user) => new(fixture.Server.Configuration() with { Impersonate = user });

    private static async Task ForbiddenAsync(Func<Task> attempt)
    {
        var refusal = await Assert.ThrowsAsync<KubernetesException>(attempt);
        Assert.True(refusal.IsForbidden, refusal.Message);
    }

    private async Task<MatchedLease> NewAsync(LeaseTerms? terms = null)
    {
        var lease = Cases.Lease(terms);
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        await fixture.UntilLetInAsync(lease);
        return lease;
    }
}
