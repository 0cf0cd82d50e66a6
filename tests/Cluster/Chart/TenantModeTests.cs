using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Chart;

/// <summary>The chart in mode tenant: what it makes, what it refuses, and its life on a real API server, beside a datacenter's release too.</summary>
public sealed class TenantModeTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Space = "federation-tenant";

    [Theory]
    [InlineData("tenant.watch=", "tenant.watch is missing")]
    [InlineData("tenant.watch=Shop", "/tenant/watch")]
    [InlineData("tenant.token=", "tenant.token is missing")]
    [InlineData("tenant.token=0x12", "/tenant/token")]
    [InlineData("tenant.privateKey=0xac", "a key is never a value")]
    [InlineData("mode=both", "/mode")]
    [InlineData("key.existingSecret=", "key.existingSecret or key.remoteSigner.url must be set")]
    [InlineData("chain.contracts.vault=", "chain.contracts.vault is missing")]
    // A datacenter's, each of another kind: set beside, changed, nested, switched off.
    [InlineData("datacenter.name=north", "datacenter.name counts in mode provider alone, and mode is tenant: leave it out, or set mode: provider.")]
    [InlineData("chain.provider=0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "chain.provider counts in mode provider alone")]
    [InlineData("chain.webSocketUrl=ws://node.example", "chain.webSocketUrl counts in mode provider alone")]
    [InlineData("chain.webSocketUrlFrom.name=nodes,chain.webSocketUrlFrom.key=ws", "chain.webSocketUrlFrom counts in mode provider alone")]
    [InlineData("prometheus.authorizationFrom.name=store,prometheus.authorizationFrom.key=basic", "prometheus.authorizationFrom counts in mode provider alone")]
    [InlineData("prometheus.url=http://prometheus.example", "prometheus.url counts in mode provider alone")]
    [InlineData("prometheus.matchers.job=null", "prometheus.matchers counts in mode provider alone")]
    [InlineData("gateway.service.type=LoadBalancer", "gateway.service.type counts in mode provider alone")]
    [InlineData("evidence.enabled=false", "evidence.enabled counts in mode provider alone")]
    [InlineData("spool.enabled=true", "spool.enabled counts in mode provider alone")]
    [InlineData("webhook=null", "webhook.enabled counts in mode provider alone")]
    [InlineData("metrics.rules.certificateDays=5", "metrics.rules.certificateDays counts in mode provider alone")]
    [InlineData("metrics.rules.disabled={FederationReorgs}", "there is no alert FederationReorgs in mode tenant")]
    [InlineData("metrics.rules.pendingMinutes=0", "/metrics/rules/pendingMinutes")]
    [InlineData("priorityClass.name=mine", "priorityClass.name is mine, and mode tenant makes no PriorityClass")]
    [InlineData("settings.Quotes:Total=5", "settings: Quotes:Total is no option of the operator, or a list of them: files/tenant-options.yaml")]
    [InlineData("settings.Watch=default", "settings: Watch has a value of its own in this chart")]
    [InlineData("settings.Times:Look=5", "settings: Times:Look '5' must be a time")]
    [InlineData("env[0].name=Tenant__Watch,env[0].value=x", "write it in settings")]
    public async Task WrongValue_IsRefused_AndSaysWhy(string set, string expected)
    {
        var outcome = await Tool.TemplateAsync("tenant", "--set", set);
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains(expected, outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tenant.watch=default", "tenant.watch counts in mode tenant alone, and mode is provider: leave it out, or set mode: tenant.")]
    [InlineData("tenant.allowHttp=true", "tenant.allowHttp counts in mode tenant alone")]
    [InlineData("metrics.rules.pendingMinutes=5", "metrics.rules.pendingMinutes counts in mode tenant alone")]
    public async Task TenantsValue_IsRefused_WhereADatacenterIsInstalled(string set, string expected)
    {
        var outcome = await Tool.TemplateAsync("minimal", "--set", set);
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains(expected, outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_AreATenantsAlone()
    {
        var objects = await Tool.ObjectsAsync("tenant");
        Assert.Equal(["computerequests.compute.federation"], objects.Where(o => o.Text("kind") == "CustomResourceDefinition").Select(o => o.Text("metadata", "name")));
        Assert.DoesNotContain(objects, o => o.Text("kind") is "ValidatingWebhookConfiguration" or "PersistentVolumeClaim" or "PriorityClass" or "ClusterRoleBinding");
        var pod = objects.Single(o => o.Text("kind") == "Deployment").At("spec", "template", "spec")!;
        var container = ((JsonArray)pod["containers"]!).Single()!.AsObject();
        var environment = ((JsonArray)container["env"]!).ToDictionary(e => (string)e!["name"]!, e => (string)e!["value"]!);
        Assert.Equal("""["tenant"]""", container["args"]!.ToJsonString());
        Assert.All(environment.Keys, name => Assert.StartsWith("Tenant__", name, StringComparison.Ordinal));
        // No kubelet reaches a pod's loopback.
        Assert.Equal("http://0.0.0.0:8080", environment["Tenant__Listen"]);
        var port = ((JsonArray)container["ports"]!).Single()!;
        Assert.Equal(("metrics", 8080L), ((string)port["name"]!, (long)port["containerPort"]!));
        Assert.All(new[] { "readinessProbe", "livenessProbe", "startupProbe" }, probe => Assert.Equal("metrics", container.Text(probe, "httpGet", "port")));
        // Each file that it is told of is mounted.
        var mounts = ((JsonArray)container["volumeMounts"]!).Select(m => (string)m!["mountPath"]!).ToArray();
        foreach (var file in new[] { "Tenant__Chain__KeystoreFile", "Tenant__Chain__KeystorePasswordFile", "Tenant__Gateways__AuthorityFile" })
            Assert.Contains(Path.GetDirectoryName(environment[file]), mounts);
        Assert.Equal(mounts.Length, ((JsonArray)pod["volumes"]!).Count);
    }

    // What it finds is what the operator would find: the same settings and files, by the same user.
    [Theory]
    [InlineData("tenant")]
    [InlineData("tenant-full")]
    public async Task Doctor_IsTheOperatorsUser_WithItsSettings(string values)
    {
        var objects = await Tool.ObjectsAsync(values);
        var (pod, doctor) = (objects.Single(o => o.Text("kind") == "Deployment").At("spec", "template", "spec")!, objects.Single(o => o.Text("kind") == "Pod"));
        Assert.Equal("test", doctor.Text("metadata", "annotations", "helm.sh/hook"));
        Assert.Equal("""["doctor","tenant"]""", doctor["spec"]!["containers"]![0]!["args"]!.ToJsonString());
        Assert.Equal((string?)pod["serviceAccountName"], doctor.Text("spec", "serviceAccountName"));
        Assert.True(JsonNode.DeepEquals(pod["volumes"], Strict(doctor["spec"]!["volumes"]!)));
        foreach (var part in new[] { "image", "env", "volumeMounts" }) Assert.True(JsonNode.DeepEquals(pod["containers"]![0]![part], Strict(doctor["spec"]!["containers"]![0]![part]!)), part);

        // It starts without what is missing as well, and is the same otherwise.
        static JsonNode Strict(JsonNode part)
        {
            if (part is not JsonArray list) return part;
            list.RemoveAll(one => one is JsonObject named && named.Text("name") == "Doctor__Needs");
            foreach (var one in list.OfType<JsonObject>().SelectMany(o => new[] { o["secret"], o["configMap"], o["valueFrom"]?["secretKeyRef"] }).OfType<JsonObject>()) one.Remove("optional");
            return list;
        }
    }

    [Theory]
    [InlineData("key.existingSecret=,key.remoteSigner.url=https://signer.example,key.remoteSigner.address=0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb,tenant.authorities=", 1)]
    [InlineData("tenant.kubeconfigs=clusters", 4)]
    public async Task Mounts_AreWhatItsFilesNeed(string set, int volumes)
    {
        var pod = (await Tool.ObjectsAsync("tenant", "--set", set)).Single(o => o.Text("kind") == "Deployment").At("spec", "template", "spec")!;
        Assert.Equal(volumes, (pod["volumes"] as JsonArray)?.Count ?? 0);
        Assert.Equal(volumes, (pod["containers"]![0]!["volumeMounts"] as JsonArray)?.Count ?? 0);
    }

    // The rights of a namespace where one is served, of the cluster where all are: and the same rules as those of who installs it without helm.
    [Theory]
    [InlineData("*", "ClusterRole")]
    [InlineData("shop", "Role")]
    public async Task Rights_AreThoseOfTheInstallManifest(string watch, string kind)
    {
        var objects = await Tool.ObjectsAsync("tenant", "--set-string", $"tenant.watch={watch}");
        var said = YamlToJson.Read(InstallManifests.TenantOperator()).OfType<JsonObject>().Where(o => o["rules"] is not null).ToDictionary(o => o.Text("metadata", "name")!);
        Assert.Equal(2, said.Count);
        Assert.True(JsonNode.DeepEquals(said["federation-requests"]["rules"], objects.Single(o => o.Text("kind") == kind && o.Text("metadata", "name") == "federation-requests")["rules"]));
        Assert.True(JsonNode.DeepEquals(said["federation-buyer"]["rules"], objects.Single(o => o.Text("kind") == "Role" && o.Text("metadata", "name") == "federation-buyer")["rules"]));
        var bound = objects.Single(o => o["roleRef"] is not null && o.Text("roleRef", "name") == "federation-requests");
        Assert.Equal((kind + "Binding", watch == "*" ? null : watch), (bound.Text("kind"), bound.Text("metadata", "namespace")));
    }

    // A datacenter's operator acts as an account of leases' namespaces, which RBAC can name but not place: it is that of every namespace, and must be no operator's.
    [Theory]
    [InlineData("minimal")]
    [InlineData("full")]
    public async Task Account_IsNoneThatADatacenterMayActAs(string values)
    {
        var rules = (await Tool.ObjectsAsync(values)).SelectMany(o => o["rules"] as JsonArray ?? []).Where(r => ((JsonArray)r!["verbs"]!).Any(v => (string)v! == "impersonate"));
        var names = rules.Where(r => ((JsonArray)r!["resources"]!).Any(v => (string)v! == "serviceaccounts")).SelectMany(r => (JsonArray)r!["resourceNames"]!).Select(n => (string)n!).ToArray();
        Assert.Equal(["federation-tenant"], names);
        var account = (await Tool.ObjectsAsync("tenant")).Single(o => o.Text("kind") == "Deployment").Text("spec", "template", "spec", "serviceAccountName");
        Assert.NotNull(account);
        Assert.DoesNotContain(account, names);
        Assert.Equal(account, (await Tool.ObjectsAsync("tenant")).Single(o => o.Text("kind") == "ServiceAccount").Text("metadata", "name"));
        Assert.Equal(account, YamlToJson.Read(InstallManifests.TenantOperator()).OfType<JsonObject>().Single(o => o.Text("kind") == "ServiceAccount").Text("metadata", "name"));
    }

    [Fact]
    public async Task WhatSelects_FindsItsPods()
    {
        var objects = await Tool.ObjectsAsync("tenant", "--set", "metrics.podMonitor.enabled=true");
        var monitor = (await Tool.ObjectsAsync("tenant", "--set", "metrics.serviceMonitor.enabled=true")).Single(o => o.Text("kind") == "ServiceMonitor");
        var labels = objects.Single(o => o.Text("kind") == "Deployment").At("spec", "template", "metadata", "labels")!;
        var service = objects.Single(o => o.Text("kind") == "Service");
        foreach (var selector in new[] { service.At("spec", "selector"), objects.Single(o => o.Text("kind") == "PodMonitor").At("spec", "selector", "matchLabels"), objects.Single(o => o.Text("kind") == "NetworkPolicy").At("spec", "podSelector", "matchLabels"), objects.Single(o => o.Text("kind") == "PodDisruptionBudget").At("spec", "selector", "matchLabels") })
            Assert.All((JsonObject)selector!, pair => Assert.Equal((string?)pair.Value, (string?)labels[pair.Key]));
        Assert.All((JsonObject)monitor.At("spec", "selector", "matchLabels")!, pair => Assert.Equal((string?)pair.Value, (string?)service["metadata"]!["labels"]![pair.Key]));
        var open = ((JsonArray)objects.Single(o => o.Text("kind") == "NetworkPolicy")["spec"]!["ingress"]!).Single()!["ports"]!;
        Assert.Equal(8080, (long)open[0]!["port"]!);
    }

    [Fact]
    public async Task Lint_FindsNothing() => Assert.Contains("0 chart(s) failed", (await Tool.HelmAsync("lint", Tool.Chart, "--strict", "--values", Tool.Values("tenant"))).Good, StringComparison.Ordinal);

    [Fact]
    public async Task Release_IsRefused_Installed_AndMayWhatItNeeds()
    {
        // 1. What it needs and is not there is said at once.
        await SpaceAsync(Space);
        var refused = (await ReleaseAsync("install")).Errors;
        foreach (var fault in new[] { "tenant.watch: there is no namespace shop", $"tenant.authorities: there is no ConfigMap gateways in namespace {Space}", $"key.existingSecret: there is no Secret wallet in namespace {Space}" })
            Assert.Contains(fault, refused, StringComparison.Ordinal);
        await SpaceAsync("shop");
        await KubectlAsync("create", "secret", "generic", "wallet", "--from-literal=keystore.json=x", "--from-literal=password=x");
        await KubectlAsync("create", "configmap", "gateways", "--from-literal=ca.pem=x");
        Assert.Contains($"tenant.authorities: ConfigMap gateways in namespace {Space} has no key ca.crt", (await ReleaseAsync("install")).Errors, StringComparison.Ordinal);
        await KubectlAsync("create", "configmap", "authorities", "--from-literal=ca.crt=x");

        // 2. Installed, what it prints is taken as it is.
        var notes = (await ReleaseAsync("install", "--set", "tenant.authorities=authorities")).Good;
        var (start, end) = (notes.IndexOf("kubectl apply -f - <<END", StringComparison.Ordinal), notes.IndexOf("\nEND\n", StringComparison.Ordinal));
        Assert.True(start > 0 && end > start, notes);
        var paste = notes[start..(end + 5)].Replace("kubectl apply", $"'{Programs.Kubectl}' --kubeconfig '{fixture.Server.KubeConfigPath}' apply --validate=false", StringComparison.Ordinal);
        Outcome pasted = new(1, "", "");
        await Eventually.TrueAsync(async () => (pasted = await Tool.RunAsync("bash", ["-ec", paste])).Code == 0 || !Tool.IsUnknownKind(pasted), 30, "the definition is served");
        Assert.Contains("computerequest.compute.federation/app created", pasted.Good, StringComparison.Ordinal);

        // 3. Its pods' user may serve that namespace, keep its own journal, and nothing else.
        var account = $"system:serviceaccount:{Space}:federation-buyer";
        await Eventually.TrueAsync(async () => await MayAsync("patch", "computerequests/status", "shop", account), 30, "its rights are there");
        (string Verb, string What, string Where, bool May)[] rights =
        [
            ("watch", "computerequests", "shop", true), ("create", "events", "shop", true), ("update", "leases.coordination.k8s.io", Space, true), ("get", $"namespaces/{Space}", Space, true),
            ("list", "computerequests", "default", false), ("create", "computerequests", "shop", false), ("get", "secrets", Space, false), ("get", "configmaps", "shop", false), ("list", "namespaces", Space, false),
        ];
        foreach (var (verb, what, where, may) in rights) Assert.True(may == await MayAsync(verb, what, where, account), $"{verb} {what} in {where}");

        // 4. A datacenter's release beside it leaves the definition of requests where it is, and neither takes the other's namespace.
        await SecretsOfADatacenterAsync();
        Assert.Contains("federation", (await HelmAsync(Tool.Space, "install", "federation", Tool.Chart, "--values", Tool.Values("minimal"))).Good, StringComparison.Ordinal);
        Assert.Equal("tenant", (await DefinitionAsync()).Text("metadata", "annotations", "meta.helm.sh/release-name"));
        Assert.Contains($"namespace {Tool.Space} has a datacenter's operator", (await HelmAsync(Tool.Space, "install", "tenant", Tool.Chart, "--values", Tool.Values("tenant"), "--dry-run=server")).Errors, StringComparison.Ordinal);

        // 5. Uninstalled, requests and definition stay, and it goes on with them.
        Assert.Contains("kept", (await HelmAsync(Space, "uninstall", "tenant")).Good, StringComparison.Ordinal);
        await KubectlAsync("get", "computerequest", "app", "--namespace", "shop");
        Assert.Contains("tenant", (await ReleaseAsync("install", "--set", "tenant.authorities=authorities")).Good, StringComparison.Ordinal);
    }

    private async Task<JsonObject?> DefinitionAsync() =>
        await fixture.Admin.Resource(ResourceKinds.CustomResourceDefinition).GetAsync("computerequests.compute.federation");

    private async Task SecretsOfADatacenterAsync()
    {
        await KubectlAsync("create", "secret", "generic", "operator-key", "--from-literal=keystore.json=x", "--from-literal=password=x", "--namespace", Tool.Space);
        await KubectlAsync("create", "secret", "generic", "gateway-tls", "--from-literal=tls.crt=x", "--from-literal=tls.key=x", "--namespace", Tool.Space);
    }

    private async Task<bool> MayAsync(string verb, string what, string where, string account) =>
        (await Tool.RunAsync(Programs.Kubectl, ["--kubeconfig", fixture.Server.KubeConfigPath, "auth", "can-i", verb, what, "--namespace", where, "--as", account])).Output.Trim() == "yes";

    private Task<Outcome> ReleaseAsync(string verb, params string[] arguments) => HelmAsync(Space, [verb, "tenant", Tool.Chart, "--values", Tool.Values("tenant"), .. arguments]);

    private Task<Outcome> HelmAsync(string space, params string[] arguments) => Tool.HelmAsync([.. arguments, "--namespace", space, "--kubeconfig", fixture.Server.KubeConfigPath]);

    private async Task KubectlAsync(params string[] arguments) =>
        _ = (await Tool.RunAsync(Programs.Kubectl, ["--kubeconfig", fixture.Server.KubeConfigPath, .. arguments.Contains("--namespace") ? [] : new[] { "--namespace", Space }, .. arguments])).Good;

    private Task<V1Namespace> SpaceAsync(string name) => fixture.Admin.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { Name = name } });
}
