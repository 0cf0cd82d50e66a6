using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>The rights of the demonstration's operator, asked of the API server as that user: enough, and no more.</summary>
[Collection("one adapter")]
public sealed class RbacTests(AdapterFixture fixture)
{
    private KubernetesClientConfiguration Operator => fixture.Server.Configuration() with { Impersonate = "federation-operator" };

    [Fact]
    public async Task Operator_LivesALeaseThrough_WithItsOwnRights()
    {
        await fixture.GrantAsync();
        await using var adapter = new ClusterAdapter(AdapterFixture.Options() with { InstallDefinitions = false }, Operator, new TestHasher());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await adapter.StartAsync(limit.Token);
        var lease = Cases.Lease();

        await adapter.Leases.EnsureAsync(lease, limit.Token);
        await adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), limit.Token);
        var record = (await adapter.Leases.ListAsync(limit.Token)).Single(r => r.Id == lease.Id);
        await adapter.Leases.WriteStatusAsync(record, LeaseStatus.New with { ObservedGeneration = 1, Conditions = [new("Ready", ConditionStatus.True, "Running", "")] }, limit.Token);
        foreach (var workload in new[] { Cases.Web, Cases.Furnished, Cases.Stateful, Cases.Batch })
            await adapter.Workloads.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, workload), limit.Token);
        await adapter.Workloads.ApplyAsync(new EnsureRoutes(lease.Id, [new HostnameRoute("shop.example.org", "web", 8080)]), limit.Token);
        Assert.NotEmpty((await fixture.Admin.Resource(ResourceKinds.Ingress).ListAsync(lease.Id.Namespace)).Items);
        await adapter.FlushEventsAsync(limit.Token);
        await adapter.Workloads.ApplyAsync(new StopWorkload(lease.Id), limit.Token);
        await adapter.Workloads.ApplyAsync(new RemoveNamespace(lease.Id), limit.Token);

        Assert.NotEmpty((await fixture.Admin.Resource<CoreV1Event>().ListAsync(lease.Id.Namespace)).Items);
        Assert.NotNull((await fixture.Admin.Resource<V1Namespace>().GetAsync(lease.Id.Namespace))!.Metadata.DeletionTimestamp);
    }

    // A chart labels what it installs as Helm's, and lets the operator change none of it.
    [Fact]
    public async Task RoleThatAChartInstalled_IsLeftAsItIs()
    {
        await fixture.GrantAsync();
        var role = TenantManifest.Role();
        role["metadata"]!["labels"] = new JsonObject { [Names.ManagedByLabel] = "Helm" };
        await fixture.Admin.ApplyAsync(role, new ApplyOptions { Force = true, FieldManager = "helm" });
        await using var adapter = new ClusterAdapter(AdapterFixture.Options() with { InstallDefinitions = false }, Operator, new TestHasher());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await adapter.StartAsync(limit.Token);
        var after = await fixture.Admin.Resource(new ResourceKind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false)).GetAsync(Names.TenantRole);
        Assert.Equal("Helm", (string?)after!["metadata"]!["labels"]![Names.ManagedByLabel]);
    }

    [Theory]
    [InlineData("delete", "resourcequotas")]
    [InlineData("delete", "limitranges")]
    [InlineData("delete", "networkpolicies.networking.k8s.io")]
    [InlineData("delete", "rolebindings.rbac.authorization.k8s.io")]
    [InlineData("update", "ingresses.networking.k8s.io")]
    [InlineData("patch", "gateways.gateway.networking.k8s.io")]
    [InlineData("get", "persistentvolumeclaims")]
    [InlineData("delete", "persistentvolumeclaims")]
    [InlineData("patch", "persistentvolumeclaims")]
    [InlineData("get", "secrets")]
    [InlineData("get", "configmaps")]
    [InlineData("get", "leases.coordination.k8s.io")]
    [InlineData("delete", "computeleases.compute.federation")]
    [InlineData("update", "computeleases.compute.federation")]
    [InlineData("patch", "datacenters.compute.federation")]
    [InlineData("create", "datacenters.compute.federation")]
    [InlineData("create", "pods")]
    [InlineData("delete", "pods")]
    [InlineData("create", "secrets")]
    [InlineData("create", "tokenreviews.authentication.k8s.io")]
    [InlineData("impersonate", "users")]
    [InlineData("impersonate", "groups")]
    [InlineData("impersonate", "serviceaccounts")]
    [InlineData("create", "pods/exec")]
    [InlineData("get", "pods/portforward")]
    [InlineData("create", "validatingwebhookconfigurations.admissionregistration.k8s.io")]
    [InlineData("patch", "validatingwebhookconfigurations.admissionregistration.k8s.io")]
    [InlineData("delete", "validatingwebhookconfigurations.admissionregistration.k8s.io")]
    public async Task Operator_MayNot(string verb, string resource)
    {
        await fixture.GrantAsync();
        Assert.False(await MayAsync(verb, resource, "default"));
    }

    [Theory]
    [InlineData("get", "secrets")]
    [InlineData("list", "secrets")]
    [InlineData("update", "secrets")]
    [InlineData("delete", "secrets")]
    public async Task Operator_MayNot_InItsNamespaceEither(string verb, string resource)
    {
        await fixture.GrantAsync();
        Assert.False(await MayAsync(verb, resource, "federation-system"));
    }

    [Theory]
    [InlineData("get", "configmaps")]
    [InlineData("create", "configmaps")]
    [InlineData("update", "configmaps")]
    [InlineData("update", "leases.coordination.k8s.io")]
    public async Task Operator_KeepsItsOwn_InItsNamespace(string verb, string resource)
    {
        await fixture.GrantAsync();
        Assert.True(await MayAsync(verb, resource, "federation-system"));
    }

    private async Task<bool> MayAsync(string verb, string resource, string space)
    {
        using var client = new KubernetesClient(Operator);
        var (name, group) = resource.Split('.', 2) is [var plural, var rest] ? (plural, rest) : (resource, "");
        var review = new ResourceKind("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false);
        var answer = await client.Resource(review).CreateAsync(new JsonObject
        {
            ["spec"] = new JsonObject { ["resourceAttributes"] = Json.Map(("namespace", space), ("verb", verb), ("group", group), ("resource", name)) },
        });
        return (bool)answer.At("status", "allowed")!;
    }
}
