using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Kubernetes.Tests.Client;

/// <summary>kubectl and this library look at the same server: they must see the same.</summary>
public sealed class DifferentialTests(ApiServerFixture fixture) : IDisposable
{
    private readonly KubernetesClient client = fixture.Server.Client();

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task Get_EveryBuiltInObject_EqualsKubectl()
    {
        var space = await fixture.Server.NamespaceAsync();
        await Kubectl.RunAsync(fixture.Server, "-n", space, "create", "configmap", "m", "--from-literal=k=ü \"quoted\"\n<line>&");
        await Kubectl.RunAsync(fixture.Server, "-n", space, "create", "secret", "generic", "s", "--from-literal=p=1");
        await Kubectl.RunAsync(fixture.Server, "-n", space, "create", "service", "clusterip", "v", "--tcp=80:8080");
        await Kubectl.RunAsync(fixture.Server, "-n", space, "create", "quota", "q", "--hard=cpu=1500m,memory=2Gi");
        foreach (var (kind, name) in new[]
        {
            (ResourceKinds.ConfigMap, "m"), (ResourceKinds.Secret, "s"), (ResourceKinds.Service, "v"), (ResourceKinds.ResourceQuota, "q"),
        })
        {
            var theirs = JsonNode.Parse(await Kubectl.RunAsync(fixture.Server, "-n", space, "get", kind.Plural, name, "-o", "json", "--show-managed-fields"));
            var ours = await client.Resource(kind).GetAsync(name, space);
            Assert.True(JsonNode.DeepEquals(theirs, ours), $"{kind}:\n{theirs}\n{ours}");
        }
    }

    [Fact]
    public async Task List_AllClusterRoles_EqualsKubectl()
    {
        var roles = new ResourceKind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);
        var theirs = JsonNode.Parse(await Kubectl.RunAsync(fixture.Server, "get", "clusterroles", "-o", "json", "--show-managed-fields"))!["items"]!.AsArray();
        var ours = await client.Resource(roles).ListAsync(null, new ListOptions { Limit = 7 });
        Assert.Equal(theirs.Count, ours.Items.Count);
        foreach (var (expected, actual) in theirs.OrderBy(NameOf, StringComparer.Ordinal).Zip(ours.Items.OrderBy(NameOf, StringComparer.Ordinal)))
        {
            Assert.True(JsonNode.DeepEquals(expected, actual), $"{expected}\n{actual}");
        }
    }

    [Fact]
    public async Task Discovery_GroupVersionsAndKinds_EqualKubectl()
    {
        var theirs = (await Kubectl.RunAsync(fixture.Server, "api-versions")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var ours = await client.Discovery.GroupVersionsAsync();
        Assert.Equal(theirs.Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));

        var apps = await Kubectl.RunAsync(fixture.Server, "api-resources", "--api-group=apps", "-o", "name");
        var kinds = await client.Discovery.KindsAsync("apps/v1");
        Assert.Equal(
            apps.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            kinds.Select(kind => $"{kind.Plural}.apps").Order(StringComparer.Ordinal));
        Assert.True(await client.Discovery.ServesAsync(ResourceKinds.NetworkPolicy));
        Assert.False(await client.Discovery.ServesAsync(new ResourceKind("apps", "v1", "nothings", "Nothing")));
        Assert.Equal("1", (await client.Discovery.VersionAsync()).Major);
    }

    [Fact]
    public async Task ResourceKinds_EveryOne_IsServedAsDeclared()
    {
        var known = typeof(ResourceKinds).GetProperties().Select(property => (ResourceKind)property.GetValue(null)!).ToArray();
        Assert.True(known.Length > 15);
        foreach (var kind in known)
        {
            Assert.Equal(kind, await client.Discovery.FindAsync(kind.ApiVersion, kind.Kind));
        }
    }

    private static string NameOf(JsonNode? node) => (string)node!["metadata"]!["name"]!;
}
