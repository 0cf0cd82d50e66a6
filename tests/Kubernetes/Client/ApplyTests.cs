using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Kubernetes.Tests.Client;

public sealed class ApplyTests(ApiServerFixture fixture) : IDisposable
{
    private readonly KubernetesClient client = fixture.Server.Client();

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task Apply_TwoManagersOneField_ConflictUnlessForced()
    {
        var space = await fixture.Server.NamespaceAsync();
        var maps = client.Resource(ResourceKinds.ConfigMap);
        await maps.ApplyAsync(Manifests.ConfigMapTree(space, "a", ("k", "one")), new ApplyOptions { FieldManager = "one" });
        var failure = await Assert.ThrowsAsync<KubernetesException>(() =>
            maps.ApplyAsync(Manifests.ConfigMapTree(space, "a", ("k", "two")), new ApplyOptions { FieldManager = "two" }));
        Assert.True(failure.IsConflict);
        Assert.Contains(failure.Status.Details!.Causes!, cause => cause.Field == ".data.k");

        var forced = await maps.ApplyAsync(Manifests.ConfigMapTree(space, "a", ("k", "two")), new ApplyOptions { FieldManager = "two", Force = true });
        Assert.Equal("two", (string?)forced["data"]!["k"]);
    }

    [Fact]
    public async Task Apply_FieldLeftOut_IsRemovedAndForeignFieldsStay()
    {
        var space = await fixture.Server.NamespaceAsync();
        var maps = client.Resource<V1ConfigMap>();
        await maps.ApplyAsync(Manifests.ConfigMapTree(space, "a", ("mine", "1"), ("old", "2")), new ApplyOptions { FieldManager = "one" });
        await maps.ApplyAsync(Manifests.ConfigMapTree(space, "a", ("theirs", "3")), new ApplyOptions { FieldManager = "two" });
        var now = await maps.ApplyAsync(Manifests.ConfigMapTree(space, "a", ("mine", "1")), new ApplyOptions { FieldManager = "one" });
        Assert.Equal(["mine", "theirs"], now.Data!.Keys.Order());
    }

    [Fact]
    public async Task Apply_SameAgain_ChangesNothing()
    {
        var space = await fixture.Server.NamespaceAsync();
        var maps = client.Resource<V1ConfigMap>();
        var first = await maps.ApplyAsync(Manifests.ConfigMapTree(space, "a", ("k", "v")));
        var second = await maps.ApplyAsync(Manifests.ConfigMapTree(space, "a", ("k", "v")));
        Assert.Equal(first.Metadata.ResourceVersion, second.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Apply_StatusSubresource_LeavesTheSpec()
    {
        var space = await fixture.Server.NamespaceAsync();
        var deployment = JsonNode.Parse("""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},
             "spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
             "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """)!.AsObject();
        deployment["metadata"]!["namespace"] = space;
        await client.ApplyAsync(deployment);
        var status = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "d", ["namespace"] = space },
            ["status"] = new JsonObject { ["replicas"] = 3 },
        };
        var now = await client.Resource(ResourceKinds.Deployment).ApplyStatusAsync(status, new ApplyOptions { FieldManager = "status" });
        Assert.Equal(3, (int)now["status"]!["replicas"]!);
        Assert.Equal(1, (int)now["spec"]!["replicas"]!);
    }

    [Fact]
    public async Task Apply_DryRun_StoresNothing()
    {
        var space = await fixture.Server.NamespaceAsync();
        var maps = client.Resource<V1ConfigMap>();
        await maps.ApplyAsync(Manifests.ConfigMapTree(space, "a"), new ApplyOptions { DryRun = true });
        Assert.Null(await maps.GetAsync("a", space));
    }

    [Fact]
    public async Task Apply_UnknownKind_NotFoundWithTheKind()
    {
        var manifest = new JsonObject { ["apiVersion"] = "nobody.example/v1", ["kind"] = "Nothing", ["metadata"] = new JsonObject { ["name"] = "x" } };
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => client.ApplyAsync(manifest));
        Assert.True(failure.IsNotFound);
        Assert.Contains("Nothing in nobody.example/v1", failure.Message, StringComparison.Ordinal);
    }
}
