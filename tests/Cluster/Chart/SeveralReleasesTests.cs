using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Chart;

/// <summary>Releases beside one another, and after one another: what only one of them may have is refused to the next, and what one leaves behind the next can take.</summary>
public sealed class SeveralReleasesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Definition = "computerequests.compute.federation";
    private const string View = "federation-requests-view";
    private const string Owner = "meta.helm.sh/release-name";

    private static readonly ResourceKind ClusterRoles = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);

    // Nothing has to be there for it: the key is a signer's.
    private static readonly string[] Tenant =
    [
        "--values", Tool.Values("tenant"),
        "--set", "tenant.authorities=,key.existingSecret=,key.remoteSigner.url=https://signer.example,key.remoteSigner.address=0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    [Fact]
    public async Task Namespace_IsServedByOneWallet()
    {
        await SpacesAsync("one", "two", "shop");
        Assert.Contains("one", (await TenantAsync("install", "one", "shop")).Good, StringComparison.Ordinal);
        Assert.Contains("tenant.watch is *, and other wallets serve some namespaces already (shop: release one in namespace one): both would buy for these.", (await TenantAsync("install", "two", "*")).Errors, StringComparison.Ordinal);

        // Its own is no other's, whichever way it goes.
        Assert.Contains("one", (await TenantAsync("upgrade", "one", "*")).Good, StringComparison.Ordinal);
        Assert.Contains("tenant.watch is shop, and another wallet serves all namespaces already (release one in namespace one): both would buy for this one.", (await TenantAsync("install", "two", "shop")).Errors, StringComparison.Ordinal);
        Assert.Contains("one", (await TenantAsync("upgrade", "one", "shop")).Good, StringComparison.Ordinal);
        Assert.Contains("two", (await TenantAsync("install", "two", "default")).Good, StringComparison.Ordinal);
        await GoneAsync("one", "two");
    }

    [Fact]
    public async Task Journal_IsOneOperators()
    {
        await SpacesAsync("buyer");
        Assert.Contains("buyer", (await TenantAsync("install", "buyer", "default")).Good, StringComparison.Ordinal);
        foreach (var verb in new[] { new[] { "install", "federation" }, ["upgrade", "buyer"] })
            Assert.Contains(
                "mode is provider, and namespace buyer has a tenant's operator: both keep a journal in their namespace. Take another one for this release.",
                (await HelmAsync("buyer", [.. verb, Tool.Chart, "--values", Tool.Values("minimal"), "--dry-run=server"])).Errors, StringComparison.Ordinal);
        Assert.Contains("buyer", (await TenantAsync("upgrade", "buyer", "default")).Good, StringComparison.Ordinal);
        await GoneAsync("buyer");
    }

    // The definition stays with its requests, and says for ever whose it was: the next release needs it, its upgrades, and the roles of people.
    [Fact]
    public async Task WhatAReleaseLeaves_TheNextTakes()
    {
        await SpacesAsync("first", "second", "shop");
        Assert.DoesNotContain("belongs to", (await TenantAsync("install", "first", "shop")).Good, StringComparison.Ordinal);
        Assert.Contains("The definition of ComputeRequests belongs to release first in namespace first", (await TenantAsync("install", "second", "default")).Good, StringComparison.Ordinal);
        Assert.Equal(("first", "first"), await OwnersAsync());

        Assert.Contains("kept", (await HelmAsync("first", "uninstall", "first")).Good, StringComparison.Ordinal);
        Assert.Equal(("first", null), await OwnersAsync());
        var refused = (await TenantAsync("upgrade", "second", "default")).Errors;
        Assert.Contains("the definition of ComputeRequests is left over from release first in namespace first, whose operator is gone", refused, StringComparison.Ordinal);
        var line = refused[refused.IndexOf("kubectl annotate", StringComparison.Ordinal)..].Split('\n')[0];
        Assert.Contains("annotated", (await Tool.RunAsync("bash", ["-ec", line.Replace("kubectl", $"'{Programs.Kubectl}' --kubeconfig '{fixture.Server.KubeConfigPath}'", StringComparison.Ordinal)])).Good, StringComparison.Ordinal);

        Assert.DoesNotContain("belongs to", (await TenantAsync("upgrade", "second", "default")).Good, StringComparison.Ordinal);
        Assert.Equal(("second", "second"), await OwnersAsync());
        Assert.Equal("second", (await fixture.Admin.Resource(ResourceKinds.CustomResourceDefinition).GetAsync(Definition)).Text("metadata", "labels", "app.kubernetes.io/instance"));
        await GoneAsync("second");
    }

    [Fact]
    public async Task DefinitionThatHelmDoesNotHave_IsForSeveral()
    {
        await SpacesAsync("by-hand", "beside", "shop");
        await KubectlAsync("apply", "--validate=false", "-f", Path.Combine(Golden.Root(), "crds", "compute.federation_computerequests.yaml"));
        Assert.Contains("by-hand", (await TenantAsync("install", "by-hand", "shop", "--set", "crds.enabled=false")).Good, StringComparison.Ordinal);
        Assert.Contains("beside", (await TenantAsync("install", "beside", "default", "--set", "crds.enabled=false")).Good, StringComparison.Ordinal);
        Assert.Equal((null, "by-hand"), await OwnersAsync());
        await GoneAsync("by-hand", "beside");
    }

    // A tenant's makes no class: what a datacenter's beside it has is none of its business, and advice that it would refuse is none.
    [Fact]
    public async Task PriorityClass_OfADatacenter_IsNoTenantsFault()
    {
        await SpacesAsync("classes");
        var classes = fixture.Admin.Resource(new ResourceKind("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false));
        await classes.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "federation-operator" }, ["value"] = 5 });
        try
        {
            Assert.Contains("classes", (await TenantAsync("install", "classes", "default", "--dry-run=server")).Good, StringComparison.Ordinal);
            Assert.Contains(
                "priorityClass.name: there is no PriorityClass none, and no pod could be made: make it first, or leave priorityClass out.",
                (await TenantAsync("install", "classes", "default", "--dry-run=server", "--set", "priorityClass.create=false,priorityClass.name=none")).Errors, StringComparison.Ordinal);
        }
        finally
        {
            await classes.DeleteAsync("federation-operator");
        }
    }

    private async Task<(string? Definition, string? Roles)> OwnersAsync() => (
        (await fixture.Admin.Resource(ResourceKinds.CustomResourceDefinition).GetAsync(Definition)).Text("metadata", "annotations", Owner),
        (await fixture.Admin.Resource(ClusterRoles).GetAsync(View)).Text("metadata", "annotations", Owner));

    // Each is in the namespace of its name.
    private Task<Outcome> TenantAsync(string verb, string release, string watch, params string[] arguments) =>
        HelmAsync(release, [verb, release, Tool.Chart, .. Tenant, "--set-string", $"tenant.watch={watch}", .. arguments]);

    private Task<Outcome> HelmAsync(string space, params string[] arguments) => Tool.HelmAsync([.. arguments, "--namespace", space, "--kubeconfig", fixture.Server.KubeConfigPath]);

    private async Task KubectlAsync(params string[] arguments) => _ = (await Tool.RunAsync(Programs.Kubectl, ["--kubeconfig", fixture.Server.KubeConfigPath, .. arguments])).Good;

    private async Task SpacesAsync(params string[] names)
    {
        var spaces = fixture.Admin.Resource<V1Namespace>();
        foreach (var name in names)
            if (await spaces.GetAsync(name) is null) await spaces.CreateAsync(new V1Namespace { Metadata = new() { Name = name } });
    }

    // The server is the other cases', too.
    private async Task GoneAsync(params string[] releases)
    {
        foreach (var release in releases) _ = (await HelmAsync(release, "uninstall", release)).Good;
        await KubectlAsync("delete", "crd", Definition);
    }
}
