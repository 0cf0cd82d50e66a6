using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Chart;

/// <summary>A real API server of the oldest Kubernetes, with nothing in it but what helm brings.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    public ApiServer Server { get; private set; } = null!;

    public KubernetesClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await ApiServer.StartAsync();
        Admin = Server.Client();
        await Admin.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { Name = Tool.Space } });
        await ClassAsync("shared", "files.example.org", isDefault: true);
    }

    /// <summary>Makes a StorageClass, and takes the others away: the cluster has that one.</summary>
    /// <param name="name">Null: it has none.</param>
    internal async Task ClassAsync(string? name, string provisioner = "", bool isDefault = false)
    {
        var classes = Admin.Resource(ResourceKinds.StorageClass);
        await foreach (var page in classes.ListPagesAsync())
            foreach (var one in page.Items) await classes.DeleteAsync(one.Text("metadata", "name")!);
        if (name is null) return;
        await classes.CreateAsync(new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = Json.Map(("storageclass.kubernetes.io/is-default-class", isDefault ? "true" : "false")) }, ["provisioner"] = provisioner,
        });
    }

    public ValueTask DisposeAsync()
    {
        Admin.Dispose();
        Server.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The life of a release: refused, installed, upgraded, rolled back, uninstalled, installed again; no lease is lost by it.</summary>
public sealed class InstallTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly ResourceKind Deployments = new("apps", "v1", "deployments", "Deployment", true);
    private static readonly ResourceKind Claims = new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true);
    private static readonly ResourceKind ClusterRoles = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);
    private static readonly ResourceKind Webhooks = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);

    [Fact]
    public async Task Release_ComesAndGoes_LeasesStay()
    {
        // 1. Without its Secrets it is refused, and nothing is made.
        var refused = await ReleaseAsync("install");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains($"key.existingSecret: there is no Secret operator-key in namespace {Tool.Space}", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("gateway.tls.existingSecret: there is no Secret gateway-tls", refused.Errors, StringComparison.Ordinal);
        refused = await ReleaseAsync("install", "--set", "chain.fallbackRpcUrlsFrom[0].name=nodes,chain.fallbackRpcUrlsFrom[0].key=second,prometheus.authorizationFrom.name=store,prometheus.authorizationFrom.key=basic");
        Assert.Contains("chain.fallbackRpcUrlsFrom[0]: there is no Secret nodes in namespace", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("prometheus.authorizationFrom: there is no Secret store in namespace", refused.Errors, StringComparison.Ordinal);
        await SecretAsync("operator-key", "keystore.json");
        await SecretAsync("gateway-tls", "tls.crt", "tls.key");
        Assert.Contains("Secret operator-key in namespace federation-system has no key password", (await ReleaseAsync("install")).Errors, StringComparison.Ordinal);
        Assert.Null(await ReadAsync(Deployments, "federation-operator"));
        await SecretAsync("operator-key", "keystore.json", "password");

        // 2. Installed, it says what comes next.
        var installed = (await ReleaseAsync("install")).Good;
        Assert.NotNull(await ReadAsync(Deployments, "federation-operator"));
        // What an administrator who leaves the spool out is not paid.
        Assert.Contains("Note: spool.enabled is false: without the node's spool, what a pod uses after its last scrape is not billed", installed, StringComparison.Ordinal);
        await PasteAsync(installed);
        Assert.NotNull(await ReadAsync(ResourceKind.Of<V1Alpha1Datacenter>(), "north", space: null));

        await PeopleMayWhatTheirRolesSayAsync();

        // 3. A lease comes, and the operator fills in its webhook.
        var lease = await LeaseAsync();
        var webhooks = new JsonArray(new JsonObject
        {
            ["name"] = "leases.compute.federation", ["sideEffects"] = "None", ["admissionReviewVersions"] = new JsonArray("v1"), ["clientConfig"] = Json.Map(("url", "https://127.0.0.1:1")),
        });
        await fixture.Admin.Resource(Webhooks).PatchAsync("federation-webhook", null, V1Patch.Merge(new JsonObject { ["webhooks"] = webhooks }));

        // 4. An upgrade and a rollback change what they have to, and neither lease nor webhook.
        Assert.Contains("priorityClass.value: PriorityClass federation-operator has 1000000, which cannot be changed", (await ReleaseAsync("upgrade", "--set", "priorityClass.value=7")).Errors, StringComparison.Ordinal);
        await Good("upgrade", "--set", "replicas=3");
        Assert.Equal(3, (int)(await ReadAsync(Deployments, "federation-operator")).At("spec", "replicas")!);
        Assert.NotEmpty((JsonArray)(await ReadAsync(Webhooks, "federation-webhook", space: null)).At("webhooks")!);
        Assert.Contains("Rollback", (await HelmAsync("rollback", "federation", "1")).Good, StringComparison.Ordinal);
        Assert.Equal(2, (int)(await ReadAsync(Deployments, "federation-operator")).At("spec", "replicas")!);
        Assert.Equal(lease, await UidAsync());
        await DefinitionsAreUpgradedAsync();
        Assert.Equal(lease, await UidAsync());

        // 5. Uninstalled, the operator is gone; definitions, lease, tenants' role and evidence stay.
        Assert.Contains("kept", (await HelmAsync("uninstall", "federation")).Good, StringComparison.Ordinal);
        Assert.Null(await ReadAsync(Deployments, "federation-operator"));
        Assert.Equal(lease, await UidAsync());
        Assert.NotNull(await ReadAsync(Claims, "federation-evidence"));
        Assert.NotNull(await ReadAsync(ClusterRoles, "federation-tenant", space: null));

        // 6. Installed again, it goes on with them.
        await Good("install");
        Assert.NotNull(await ReadAsync(Deployments, "federation-operator"));
        Assert.Equal(lease, await UidAsync());
        await MayEnlargeVolumesAsync();
    }

    // Each role by itself: what joins some of them to the cluster's own view, edit and admin is a controller that is not here.
    private async Task PeopleMayWhatTheirRolesSayAsync()
    {
        foreach (var (role, may, mayNot) in new[]
        {
            ("federation-settlement-reader", "list LEASES, watch SITES", "get REQUESTS, update LEASES, patch SITES, get pods, get pods --subresource=log, get secrets, get configmaps"),
            ("federation-view", "get LEASES, list REQUESTS, watch SITES", "update LEASES, create REQUESTS, patch SITES, get secrets"),
            ("federation-edit", "update LEASES, patch LEASES", "create LEASES, delete LEASES, create REQUESTS, patch SITES, get secrets"),
            ("federation-admin", "create SITES, patch SITES, create REQUESTS, delete REQUESTS", "delete SITES, delete LEASES, patch LEASES, get secrets"),
        })
        {
            Assert.True((await KubectlAsync("create", "clusterrolebinding", $"one-of-{role}", $"--clusterrole={role}", $"--user={role}")).Code == 0);
            // The server learns of the binding by a watch of its own.
            foreach (var right in may.Split(", ")) await Eventually.TrueAsync(() => MayAsync(role, right), 30, $"{role} may {right}");
            foreach (var right in mayNot.Split(", ")) Assert.False(await MayAsync(role, right), $"{role} may {right}");
        }
    }

    private async Task<bool> MayAsync(string user, string right)
    {
        var named = right.Replace("LEASES", "computeleases.compute.federation", StringComparison.Ordinal).Replace("REQUESTS", "computerequests.compute.federation", StringComparison.Ordinal).Replace("SITES", "datacenters.compute.federation", StringComparison.Ordinal);
        return (await KubectlAsync(["auth", "can-i", .. named.Split(' '), "--namespace", Tool.Space, "--as", user])).Output.Trim() == "yes";
    }

    private Task<Outcome> KubectlAsync(params string[] arguments) => Tool.RunAsync(Programs.Kubectl, ["--kubeconfig", fixture.Server.KubeConfigPath, .. arguments]);

    // An older chart's definition lacks a field, so a value of it is lost. The upgrade brings it, and what was there stays.
    private async Task DefinitionsAreUpgradedAsync()
    {
        var kind = ResourceKind.Of<V1Alpha1Datacenter>();
        var before = (await ReadAsync(kind, "north", space: null)).Text("metadata", "uid");
        using var older = OlderChart.Without("crd-datacenters.yaml", "auditors");
        await GoodAsync(older.Folder, "upgrade");
        await AuditedAsync(isKept: false);
        await Good("upgrade");
        await AuditedAsync(isKept: true);
        Assert.Equal(before, (await ReadAsync(kind, "north", space: null)).Text("metadata", "uid"));
    }

    private async Task AuditedAsync(bool isKept)
    {
        var change = V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["auditors"] = new JsonArray("0x00000000000000000000000000000000000000a1") } });
        var sites = fixture.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>());
        await Eventually.TrueAsync(async () => (await sites.PatchAsync("north", null, change)).At("spec", "auditors") is JsonArray == isKept, 60, $"spec.auditors is kept: {isKept}");
    }

    // Runs what is printed between the fences of the second step, in a shell, as an administrator would paste it.
    private async Task PasteAsync(string notes)
    {
        var (start, end) = (notes.IndexOf("kubectl apply -f - <<END", StringComparison.Ordinal), notes.IndexOf("\nEND\n", StringComparison.Ordinal));
        Assert.True(start > 0 && end > start, notes);
        var text = notes[start..(end + 5)].Replace("kubectl apply", $"'{Programs.Kubectl}' --kubeconfig '{fixture.Server.KubeConfigPath}' apply --validate=false", StringComparison.Ordinal)
            .Replace("0x…", "0x0000000000000000000000000000000000000009", StringComparison.Ordinal);
        Outcome pasted = new(1, "", "");
        await Eventually.TrueAsync(async () => (pasted = await Tool.RunAsync("bash", ["-ec", text])).Code == 0 || !Tool.IsUnknownKind(pasted), 30, "the definition is served");
        Assert.Contains("datacenter.compute.federation/north created", pasted.Good, StringComparison.Ordinal);
    }

    // Before 1.28 nobody tells a service account who it is, and it has to be named to be given a right.
    private async Task MayEnlargeVolumesAsync()
    {
        var token = (await Tool.RunAsync(Programs.Kubectl, ["--kubeconfig", fixture.Server.KubeConfigPath, "--namespace", Tool.Space, "create", "token", "federation-operator"])).Good.Trim();
        using var client = new KubernetesClient(KubeConfig.Parse(fixture.Server.KubeConfigText(new JsonObject { ["token"] = token }), "token"));
        var self = await SelfIdentity.FindAsync(client);
        Assert.Equal("system:serviceaccount:federation-system:federation-operator", self);
        var claims = client.Resource(Claims);
        var change = V1Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["tried"] = "yes" } } });
        Assert.True((await Assert.ThrowsAsync<KubernetesException>(() => claims.PatchAsync("federation-evidence", Tool.Space, change))).IsForbidden);
        await client.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1", ["kind"] = "RoleBinding", ["metadata"] = new JsonObject { ["name"] = "federation-volumes", ["namespace"] = Tool.Space },
            ["roleRef"] = Json.Map(("apiGroup", "rbac.authorization.k8s.io"), ("kind", "ClusterRole"), ("name", "federation-volumes")),
            ["subjects"] = new JsonArray(Json.Map(("apiGroup", "rbac.authorization.k8s.io"), ("kind", "User"), ("name", self!))),
        }, new ApplyOptions { FieldManager = "test" });
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await claims.PatchAsync("federation-evidence", Tool.Space, change)).Text("metadata", "labels", "tried") == "yes";
            }
            catch (KubernetesException error) when (error.IsForbidden)
            {
                return false; // The server learns of the binding by a watch of its own.
            }
        }, 30, "the right is given");
    }

    private Task Good(string verb, params string[] arguments) => GoodAsync(Tool.Chart, verb, arguments);

    private async Task GoodAsync(string chart, string verb, params string[] arguments) =>
        Assert.Contains("federation", (await HelmAsync([verb, "federation", chart, "--values", Tool.Values("minimal"), .. arguments])).Good, StringComparison.Ordinal);

    private Task<Outcome> ReleaseAsync(string verb, params string[] arguments) => HelmAsync([verb, "federation", Tool.Chart, "--values", Tool.Values("minimal"), .. arguments]);

    private Task<Outcome> HelmAsync(params string[] arguments) => Tool.HelmAsync([.. arguments, "--namespace", Tool.Space, "--kubeconfig", fixture.Server.KubeConfigPath]);

    private async Task<JsonObject?> ReadAsync(ResourceKind kind, string name, string? space = Tool.Space) => await fixture.Admin.Resource(kind).GetAsync(name, space);

    private async Task SecretAsync(string name, params string[] keys)
    {
        var secret = new V1Secret { Metadata = new() { Name = name, Namespace = Tool.Space }, Type = "Opaque", Data = keys.ToDictionary(k => k, _ => "x"u8.ToArray()) };
        var secrets = fixture.Admin.Resource<V1Secret>();
        if (await secrets.GetAsync(name, Tool.Space) is { } seen) await secrets.ReplaceAsync(seen with { Data = secret.Data });
        else await secrets.CreateAsync(secret);
    }

    private async Task<string> LeaseAsync()
    {
        var sample = AdapterFixture.Sample("web-service");
        await EnsureAsync(sample.Text("metadata", "namespace")!);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await fixture.Admin.ApplyAsync(sample, new ApplyOptions { Force = true, FieldManager = "test" });
                return true;
            }
            catch (KubernetesException error) when (error.IsNotFound)
            {
                return false; // The definition is not served yet.
            }
        }, 30, "the definition is served");
        return await UidAsync();
    }

    private async Task<string> UidAsync()
    {
        var sample = AdapterFixture.Sample("web-service");
        return (await ReadAsync(ResourceKind.Of<V1Alpha1ComputeLease>(), sample.Text("metadata", "name")!, sample.Text("metadata", "namespace"))).Text("metadata", "uid")!;
    }

    private async Task EnsureAsync(string space)
    {
        try
        {
            await fixture.Admin.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { Name = space } });
        }
        catch (KubernetesException error) when (error.IsAlreadyExists)
        {
            // Made by another case.
        }
    }
}
