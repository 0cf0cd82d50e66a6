using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Configuration;

namespace Federation.Cluster.Tests.Chart;

/// <summary>What the chart makes of values, and which values it refuses with which words.</summary>
public sealed class RenderTests
{
    /// <summary>A wrong value, as helm takes it, and what the refusal has to say.</summary>
    public static TheoryData<string, string> Refusals => new()
    {
        { "key.privateKey=0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "a key is never a value" },
        { "key.password=secret", "a key is never a value" },
        { "key.mnemonic=test test", "a key is never a value" },
        { "privateKey=0xac", "a key is never a value" },
        { "chain.privateKey=0xac", "a key is never a value" },
        { "prometheus.bearerToken=abc", "a credential is never a value" },
        { "prometheus.headers.Authorization=abc", "a credential is never a value" },
        { "prometheus.headers.authorization=abc", "name it in prometheus.bearerTokenFrom or prometheus.authorizationFrom" },
        { "prometheus.headers.AUTHORIZATION=abc", "a credential is never a value" },
        { "prometheus.headers.x-api-key=abc", "name it in prometheus.headersFrom.x-api-key" },
        { "prometheus.headers.Cookie=abc", "a credential is never a value" },
        { "prometheus.authorization=abc", "a credential is never a value" },
        { "prometheus.headersFrom.Authorization.name=a,prometheus.headersFrom.Authorization.key=b", "prometheus.headersFrom.Authorization has a value of its own" },
        { "prometheus.headers.X-One=a,prometheus.headersFrom.x-one.name=a,prometheus.headersFrom.x-one.key=b", "prometheus.headersFrom.x-one is in prometheus.headers, too" },
        { "prometheus.headersFrom.X-One=abc", "/prometheus/headersFrom/X-One" },
        { "prometheus.bearerTokenFrom.name=a,prometheus.bearerTokenFrom.key=b,prometheus.authorizationFrom.name=a,prometheus.authorizationFrom.key=c", "a store takes one of them" },
        { "prometheus.url=https://user:word@prometheus.example", "name it in prometheus.authorizationFrom" },
        { "gateway.tls.key=abc", "a credential is never a value" },
        { "chain.rpcUrl=https://user:word@node.example", "chain.rpcUrl has a user or a password in it" },
        { "chain.rpcUrlFrom.name=a,chain.rpcUrlFrom.key=b", "chain.rpcUrl or chain.rpcUrlFrom must be set, and only one" },
        { "chain.fallbackRpcUrls={https://user:word@node.example}", "name it in chain.fallbackRpcUrlsFrom" },
        { "chain.fallbackRpcUrlsFrom[0].name=a", "/chain/fallbackRpcUrlsFrom/0" },
        { "chain.webSocketUrl=wss://user:word@node.example", "name it in chain.webSocketUrlFrom" },
        { "chain.webSocketUrl=wss://node.example,chain.webSocketUrlFrom.name=a,chain.webSocketUrlFrom.key=b", "chain.webSocketUrl and chain.webSocketUrlFrom are both set" },
        { "key.existingSecret=,key.remoteSigner.url=https://user:word@signer.example", "name it in key.remoteSigner.urlFrom" },
        { "key.existingSecret=,key.remoteSigner.url=https://a.example,key.remoteSigner.urlFrom.name=a,key.remoteSigner.urlFrom.key=b", "key.remoteSigner.url and key.remoteSigner.urlFrom are both set" },
        { "key.existingSecret=,key.remoteSigner.urlFrom.name=a,key.remoteSigner.urlFrom.key=b", "key.remoteSigner needs both url and address" },
        { "key.remoteSigner.urlFrom.name=a,key.remoteSigner.urlFrom.key=b", "key.existingSecret or key.remoteSigner.url must be set, and only one" },
        { "chain.rpcUrl=node.example:8545", "/chain/rpcUrl" },
        { "chain.rpcUrlFrom.name=node", "/chain/rpcUrlFrom" },
        { "chain.provider=0x12", "/chain/provider" },
        { "chain.id=0", "chain.id is missing" },
        { "chain.contracts.market=", "chain.contracts.market is missing" },
        { "chain.contracts.lens=0x0000000000000000000000000000000000000001", "'lens' not allowed" },
        { "chain.finalizedDepth=1", "chain.finalizedDepth is below chain.confirmations" },
        { "image.repository=", "image.repository is missing" },
        { "image.digest=latest", "/image/digest" },
        { "datacenter.name=", "datacenter.name is missing" },
        { "replicas=0", "/replicas" },
        { "replica=2", "'replica' not allowed" },
        { "key.existingSecret=", "key.existingSecret or key.remoteSigner.url must be set" },
        { "key.remoteSigner.url=https://signer.example", "key.existingSecret or key.remoteSigner.url must be set, and only one" },
        { "prometheus.url=", "prometheus.url is missing" },
        { "prometheus.matchers.job=null", "prometheus.matchers is empty" },
        { "prometheus.tls.secret=ca", "prometheus.tls.secret is for an https address" },
        { "gateway.tls.existingSecret=", "gateway.tls needs one of" },
        { "gateway.tls.terminated=true", "gateway.tls needs one of" },
        { "evidence.accessMode=ReadWriteOnce", "evidence.accessMode is ReadWriteOnce, which replicas on several nodes cannot share" },
        { "metrics.serviceMonitor.enabled=true,metrics.podMonitor.enabled=true", "every pod would be scraped twice" },
        { "metrics.rules.disabled={FederationNope}", "there is no alert FederationNope" },
        { "metrics.rules.disabled={FederationTenantFailovers}", "there is no alert FederationTenantFailovers in mode provider" },
        { "settings.Listen=http://0.0.0.0:1", "settings: Listen has a value of its own" },
        { "settings.Chain:Confirmations=5", "settings: Chain:Confirmations has a value of its own" },
        { "settings.Time:Epoch=01:00:00", "settings: Time:Epoch is no option of the operator" },
        { "settings.Chain:MaxFeePerGas=1", "settings: Chain:MaxFeePerGas is no option of the operator" },
        { "settings.times:Epoch=01:00:00", "invalid propertyName 'times:Epoch'" },
        { "settings.Times:Epoch=1h", "settings: Times:Epoch '1h' must be a time" },
        { "settings.Times:Epoch=30", "settings: Times:Epoch '30' must be a time" },
        { "settings.Times:Epoch=-01:00:00", "settings: Times:Epoch '-01:00:00' must be a time" },
        { "settings.Quotes:Total=many", "settings: Quotes:Total 'many' must be a whole number" },
        { "settings.Chain:LogRange=-1", "settings: Chain:LogRange '-1' must be a whole number, not negative" },
        { "settings.Spool:Urls=http://a.example", "settings: Spool:Urls is no option of the operator, or a list" },
        { "settings.Spool:Urls:0=https://user:word@a.example", "must be an address without credentials" },
        { "chain.rpcUrl=http://node.example:65536", "/chain/rpcUrl" },
        { "chain.rpcUrl=http://node example", "/chain/rpcUrl" },
        { "chain.fallbackRpcUrls={http://node.example:http}", "/chain/fallbackRpcUrls" },
        { "chain.webSocketUrl=http://node.example", "/chain/webSocketUrl" },
        { "chain.webSocketUrl=ws://node.example:0", "/chain/webSocketUrl" },
        { "chain.provider=0x0000000000000000000000000000000000000000", "/chain/provider" },
        { "chain.confirmations=-1", "/chain/confirmations" },
        { "prometheus.url=http://prometheus.example/?tenant=a", "/prometheus/url" },
        { "prometheus.matchers.__name__=up", "invalid propertyName '__name__'" },
        { "image.repository=registry.example/operator:1", "/image/repository" },
        { "gateway.service.port=65536", "/gateway/service/port" },
        { "gateway.trustedProxies={10.0.0.1/8}", "gateway.trustedProxies: 10.0.0.1/8 is no network" },
        { "isolation.deniedCidrs={300.0.0.0/8}", "/isolation/deniedCidrs" },
        { "isolation.deniedCidrs={10.0.0.0/33}", "/isolation/deniedCidrs" },
        { "gateway.service.loadBalancerSourceRanges={10.0.0.0/8}", "nothing would be kept out" },
        { "gateway.tls.certManager.issuerRef.kind=Issuer", "/gateway/tls/certManager/issuerRef" },
        { "webhook.certificateLifetime=24:00:00", "/webhook/certificateLifetime" },
        { "webhook.certificateLifetime=00:00:29", "/webhook/certificateLifetime" },
        { "webhook.certificateLifetime=366.00:00:00", "/webhook/certificateLifetime" },
        { "resolvers={ns.example}", "/resolvers" },
        { "isolation.probeImage=busybox,isolation.probeNamespace=federation-system", "isolation.probeNamespace is federation-system" },
        { "isolation.probeImage=busybox,isolation.probeNamespace=kube-system", "isolation.probeNamespace is kube-system" },
        { "evidence.existingClaim=mine,evidence.accessMode=ReadWriteOnce", "evidence.accessMode is ReadWriteOnce, which replicas on several nodes cannot share" },
        { "replicas=1,evidence.accessMode=ReadWriteOncePod", "which Kubernetes knows from 1.27 on" },
        { "env[0].name=A,env[0].valu=b", "'valu' not allowed" },
        { "podLabels.app\\.kubernetes\\.io/name=other", "podLabels: app.kubernetes.io/name is a label of this chart's" },
        { "networkPolicy.metricsFrom[0].podSelectors.a=b", "'podSelectors' not allowed" },
        { "metrics.serviceMonitor.interval=0s", "/metrics/serviceMonitor/interval" },
        { "settings.Prometheus:Authorization=Basic", "settings: Prometheus:Authorization has a value of its own in this chart, or is a secret's" },
        { "env[0].name=Federation__Datacenter,env[0].value=x", "write it in settings" },
        { "priorityClass.name=", "/priorityClass/name" },
        { "log.format=xml", "/log/format" },
        { "log.level=debug", "/log/level" },
        { "log.colour=red", "'colour' not allowed" },
        { "settings.Log:Format=json", "settings: Log:Format has a value of its own" },
        { "tracing.endpoint=collector:4318", "/tracing/endpoint" },
        { "tracing.protocol=thrift", "/tracing/protocol" },
        { "tracing.ratio=0", "/tracing/ratio" },
        { "tracing.endpoint=http://me:word@collector.example", "/tracing/endpoint" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task WrongValue_IsRefused_AndSaysWhy(string set, string expected)
    {
        var outcome = await Tool.TemplateAsync("minimal", "--kube-version", "1.20.2", "--set", set);
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains(expected, outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoValues_AreRefused_WithAllThatIsMissingAtOnce()
    {
        var refusal = (await Tool.HelmAsync("template", "federation", Tool.Chart)).Errors;
        Assert.All(
            new[] { "image.repository", "datacenter.name", "chain.id", "chain.provider", "chain.rpcUrl", "chain.contracts.vault", "key.existingSecret", "prometheus.url", "gateway.tls" },
            name => Assert.Contains($"- {name}", refusal, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("metrics.rules.enabled=true", "does not serve monitoring.coreos.com/v1")]
    [InlineData("gateway.tls.existingSecret=,gateway.tls.certManager.issuerRef.name=ca,gateway.tls.certManager.dnsNames={a.example}", "does not serve cert-manager.io/v1")]
    public async Task WhatTheClusterLacks_IsRefused(string set, string expected)
    {
        var outcome = await Tool.HelmAsync("template", "federation", Tool.Chart, "--values", Tool.Values("minimal"), "--set", set);
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains(expected, outcome.Errors, StringComparison.Ordinal);
    }

    // Helm reads a file's numbers as floating point: a million would be 1e+06, and ten ether more than its integers hold.
    [Fact]
    public async Task LargeNumbers_AreWrittenOut()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "settings: {\"Chain:Sending:MaxFeePerGas\": 400000000000, \"Chain:LogRange\": 1000000, \"Times:Coverage\": 0.95}\nmetrics: {rules: {enabled: true, walletWei: 10000000000000000000}}\n");
            var objects = await Tool.ObjectsAsync("minimal", "--values", file);
            var environment = ((JsonArray)objects.Single(o => o.Text("kind") == "Deployment").At("spec", "template", "spec", "containers")![0]!["env"]!).ToDictionary(e => (string)e!["name"]!, e => (string?)e!["value"]);
            Assert.Equal(("1000000", "0.95"), (environment["Federation__Chain__LogRange"], environment["Federation__Times__Coverage"]));
            Assert.Contains("\"Chain:Sending:MaxFeePerGas\": \"400000000000\"", (string)objects.Single(o => o.Text("metadata", "name") == "federation-operator-settings")["data"]!["settings.json"]!, StringComparison.Ordinal);
            Assert.Contains("< 10000000000000000000 and", objects.Single(o => o.Text("kind") == "PrometheusRule").ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    // Who lets nobody in is not to be able to either.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RightToEnterPods_IsGivenWithAccessAlone(bool access)
    {
        var objects = await Tool.ObjectsAsync("minimal", "--set", $"gateway.access.enabled={(access ? "true" : "false")}");
        var giving = objects.Where(o => (string?)o["kind"] == "ClusterRole" && o["rules"]?.ToJsonString().Contains("federation-shell", StringComparison.Ordinal) is true).Select(o => (string?)o["metadata"]!["name"]);
        Assert.Equal(["federation-access"], giving);
        Assert.Equal(access, objects.Any(o => (string?)o["kind"] == "ClusterRoleBinding" && (string?)o["roleRef"]!["name"] == "federation-access"));
    }

    // One replica's volume that another node cannot have: the pod before goes first, whoever made the claim.
    [Theory]
    [InlineData("")]
    [InlineData("mine")]
    public async Task VolumeOfOneNode_IsNeverWaitedForByTwoPods(string claim)
    {
        var objects = await Tool.ObjectsAsync("minimal", "--set", $"replicas=1,evidence.accessMode=ReadWriteOnce,evidence.existingClaim={claim}");
        Assert.Equal("Recreate", objects.Single(o => o.Text("kind") == "Deployment").Text("spec", "strategy", "type"));
        Assert.DoesNotContain(objects, o => o.Text("kind") == "PodDisruptionBudget");
    }

    // Addresses of hosted nodes and signers hold an access key: none of it stands in the release, and none displaces another.
    [Theory]
    [InlineData("minimal", "Federation", "chain.webSocketUrlFrom.name=nodes,chain.webSocketUrlFrom.key=ws,prometheus.authorizationFrom.name=store,prometheus.authorizationFrom.key=basic,prometheus.headersFrom.X-Api-Key.name=store,prometheus.headersFrom.X-Api-Key.key=api", "Chain__WebSocketUrl=nodes/ws Prometheus__Authorization=store/basic Prometheus__Headers__X-Api-Key=store/api ")]
    [InlineData("tenant", "Tenant", "chain.confirmations=3", "")]
    public async Task CredentialsOfSecrets_AreReadFromThere(string values, string section, string more, string expected)
    {
        const string Both = "chain.rpcUrl=,chain.rpcUrlFrom.name=nodes,chain.rpcUrlFrom.key=first,chain.fallbackRpcUrls={https://open.example},chain.fallbackRpcUrlsFrom[0].name=nodes,chain.fallbackRpcUrlsFrom[0].key=second,chain.fallbackRpcUrlsFrom[1].name=nodes,chain.fallbackRpcUrlsFrom[1].key=third,"
            + "key.existingSecret=,key.remoteSigner.address=0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb,key.remoteSigner.urlFrom.name=signer,key.remoteSigner.urlFrom.key=url";
        var environment = (JsonArray)(await Tool.ObjectsAsync(values, "--set", Both, "--set", more)).Single(o => o.Text("kind") == "Deployment").At("spec", "template", "spec", "containers")![0]!["env"]!;
        Assert.Equal("https://open.example", (string)environment.Single(e => (string)e!["name"]! == $"{section}__Chain__FallbackRpcUrls__0")!["value"]!);
        Assert.Equal(
            $"{expected}Chain__FallbackRpcUrls__1=nodes/second Chain__FallbackRpcUrls__2=nodes/third Chain__RemoteSignerUrl=signer/url Chain__RpcUrl=nodes/first".Split(' ').Order(StringComparer.Ordinal),
            environment.Where(e => e!["valueFrom"] is not null).Select(e => $"{((string)e!["name"]!)[(section.Length + 2)..]}={(string)e["valueFrom"]!["secretKeyRef"]!["name"]!}/{(string)e["valueFrom"]!["secretKeyRef"]!["key"]!}").Order(StringComparer.Ordinal));
        Assert.Equal(environment.Count, environment.Select(e => (string)e!["name"]!).Distinct().Count());
    }

    [Fact]
    public async Task OldKubernetes_IsRefused()
    {
        var outcome = await Tool.TemplateAsync("minimal", "--kube-version", "1.19.16");
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains(">=1.20.0-0", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("minimal")]
    [InlineData("full")]
    [InlineData("tenant")]
    [InlineData("tenant-full")]
    public async Task Objects_AreThoseOfTheGoldenFile(string values)
    {
        var text = (await Tool.TemplateAsync(values, "--kube-version", "1.30.0", "--set", "crds.enabled=false")).Good;
        var path = Path.Combine(Tool.Chart, "tests", "golden", values + ".yaml");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") await File.WriteAllTextAsync(path, text);
        Assert.Equal(await File.ReadAllTextAsync(path), text);
    }

    [Theory]
    [InlineData("minimal")]
    [InlineData("full")]
    public async Task Lint_FindsNothing(string values)
    {
        var outcome = await Tool.HelmAsync("lint", Tool.Chart, "--strict", "--values", Tool.Values(values), "--set", "metrics.serviceMonitor.enabled=false,metrics.rules.enabled=false",
            "--set", "gateway.tls.certManager.issuerRef=null,gateway.tls.existingSecret=gateway-tls");
        Assert.Contains("0 chart(s) failed", outcome.Good, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OldServers_GetNoRulesAndNoBudgetThatTheyDoNotKnow()
    {
        var old = (await Tool.TemplateAsync("minimal", "--kube-version", "1.20.2")).Good;
        Assert.DoesNotContain("x-kubernetes-validations", old, StringComparison.Ordinal);
        Assert.Contains("policy/v1beta1", old, StringComparison.Ordinal);
        var young = (await Tool.TemplateAsync("minimal", "--kube-version", "1.36.0")).Good;
        Assert.Contains("x-kubernetes-validations", young, StringComparison.Ordinal);
        Assert.DoesNotContain("v1beta1", young, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Definitions_AreThoseOfTheClasses_AndStay()
    {
        var rendered = (await Tool.ObjectsAsync("minimal", "--kube-version", "1.36.0")).Where(o => o.Text("kind") == "CustomResourceDefinition").ToDictionary(o => o.Text("metadata", "name")!);
        var generated = Federation.Cluster.Entities.CrdFiles.Definitions();
        Assert.Equal(generated.Count, rendered.Count);
        foreach (var definition in generated)
        {
            var one = rendered[definition.Text("metadata", "name")!];
            Assert.True(JsonNode.DeepEquals(definition["spec"], one["spec"]));
            Assert.Equal("keep", one.Text("metadata", "annotations", "helm.sh/resource-policy"));
        }
    }

    // The local federation's operators live whole stories with those rights: these are the same.
    [Fact]
    public async Task Rights_AreThoseThatTheFederationLivesBy()
    {
        var file = await File.ReadAllTextAsync(Path.Combine(Golden.Root(), "e2e", "Harness", "Demo", "Rbac.yaml"));
        var tried = YamlToJson.Read(file).Concat(YamlToJson.Read(InstallManifests.TenantRole())).OfType<JsonObject>().Where(o => o["rules"] is not null).ToArray();
        var rendered = (await Tool.ObjectsAsync("full")).Where(o => o["rules"] is not null).ToDictionary(Key);
        Assert.NotEmpty(tried);
        Assert.All(tried, role => Assert.True(JsonNode.DeepEquals(role["rules"], rendered[Key(role)]["rules"]), $"{Key(role)} differs"));
    }

    [Fact]
    public async Task Pods_AreRestricted_AndHoldNoKeyInPlainSight()
    {
        var deployment = (await Tool.ObjectsAsync("minimal")).Single(o => o.Text("kind") == "Deployment");
        var pod = deployment.At("spec", "template", "spec")!;
        var container = ((JsonArray)pod["containers"]!).Single()!.AsObject();
        Assert.True((bool)pod["securityContext"]!["runAsNonRoot"]!);
        Assert.Equal("RuntimeDefault", (string)pod["securityContext"]!["seccompProfile"]!["type"]!);
        Assert.True((bool)container["securityContext"]!["readOnlyRootFilesystem"]!);
        Assert.False((bool)container["securityContext"]!["allowPrivilegeEscalation"]!);
        Assert.Equal("""["ALL"]""", container["securityContext"]!["capabilities"]!["drop"]!.ToJsonString());
        Assert.DoesNotContain(((JsonArray)container["env"]!).Select(e => (string)e!["name"]!), name => name.Contains("Password", StringComparison.Ordinal) && !name.EndsWith("File", StringComparison.Ordinal));
    }

    // Tenants would be sent to it, and a budget would count it.
    [Theory]
    [InlineData("minimal", 6)]
    [InlineData("tenant", 4)]
    public async Task Doctor_IsNoneOfTheOperatorsPods_AndAsRestricted(string values, int least)
    {
        var objects = await Tool.ObjectsAsync(values);
        var doctors = objects.Where(o => o.Text("kind") == "Pod").ToArray();
        var selectors = objects.Select(o => (o.At("spec", "selector", "matchLabels") ?? o.At("spec", "podSelector", "matchLabels") ?? (o.Text("kind") == "Service" ? o.At("spec", "selector") : null)) as JsonObject).OfType<JsonObject>().ToArray();
        Assert.True(selectors.Length >= least, $"{selectors.Length}");
        var pod = objects.Single(o => o.Text("kind") == "Deployment").At("spec", "template", "spec")!;
        Assert.Equal(values == "minimal" ? 2 : 1, doctors.Length);
        foreach (var doctor in doctors)
        {
            Assert.All(selectors, s => Assert.Contains(s, pair => (string?)doctor["metadata"]!["labels"]![pair.Key] != (string?)pair.Value));
            Assert.True(JsonNode.DeepEquals(pod["securityContext"], doctor["spec"]!["securityContext"]));
            Assert.True(JsonNode.DeepEquals(pod["containers"]![0]!["securityContext"], doctor["spec"]!["containers"]![0]!["securityContext"]));
        }
    }

    // A pod that waits for a Secret or for a volume prints nothing: what it was to find would be what keeps it.
    [Theory]
    [InlineData("minimal", true)]
    [InlineData("full", true)]
    [InlineData("tenant", false)]
    [InlineData("tenant-full", false)]
    public async Task Doctor_StartsWithoutWhatIsMissing(string values, bool provides)
    {
        var pods = (await Tool.ObjectsAsync(values)).Where(o => o.Text("kind") == "Pod").ToDictionary(o => o.Text("metadata", "name")!);
        var name = provides ? "federation-operator-doctor" : "federation-tenant-doctor";
        JsonNode[] named =
        [
            .. ((JsonArray)pods[name].At("spec", "volumes")!).Select(v => v!["secret"] ?? v["configMap"] ?? v),
            .. ((JsonArray)pods[name].At("spec", "containers")![0]!["env"]!).Select(e => e!["valueFrom"]?["secretKeyRef"] ?? e["valueFrom"]?["configMapKeyRef"]).OfType<JsonNode>(),
        ];
        Assert.True(named.Length >= 2, $"{named.Length}");
        Assert.All(named, n => Assert.True(n["optional"] is { } optional && (bool)optional, n.ToJsonString()));
        // And it says what it was started without.
        var needs = ((string)((JsonArray)pods[name].At("spec", "containers")![0]!["env"]!).Single(e => (string)e!["name"]! == "Doctor__Needs")!["value"]!).Split(';');
        Assert.Equal(named.Length, needs.Length);
        foreach (var one in named) Assert.Contains(needs, n => n.EndsWith($" {(string?)one["secretName"] ?? (string?)one["name"]}", StringComparison.Ordinal) && (one["key"] is null || n.Contains($"=key {(string?)one["key"]} of Secret ", StringComparison.Ordinal)));
        // The claim is looked at by its name, and written to by a pod that comes after: helm starts none once one has failed.
        Assert.Equal(provides, pods.TryGetValue($"{name}-evidence", out var keeper));
        if (keeper is null) return;
        Assert.Equal((null, "1"), (pods[name].Text("metadata", "annotations", "helm.sh/hook-weight"), keeper.Text("metadata", "annotations", "helm.sh/hook-weight")));
        Assert.Equal("federation-evidence", Assert.Single((JsonArray)keeper.At("spec", "volumes")!)!["persistentVolumeClaim"]!["claimName"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("evidence.enabled=false")]
    [InlineData("replicas=1,evidence.accessMode=ReadWriteOnce")]
    public async Task VolumeThatADoctorCannotShare_HasNone(string set) =>
        Assert.Equal("federation-operator-doctor", Assert.Single(await Tool.ObjectsAsync("minimal", "--set", set), o => o.Text("kind") == "Pod").Text("metadata", "name"));

    [Fact]
    public async Task WhatSelects_FindsTheOperatorsPods_AtPortsThatTheyHave()
    {
        var objects = await Tool.ObjectsAsync("minimal", "--set", "metrics.podMonitor.enabled=true");
        var monitored = (await Tool.ObjectsAsync("minimal", "--set", "metrics.serviceMonitor.enabled=true")).Single(o => o.Text("kind") == "ServiceMonitor");
        var template = objects.Single(o => o.Text("kind") == "Deployment").At("spec", "template")!;
        var ports = ((JsonArray)template["spec"]!["containers"]![0]!["ports"]!).ToDictionary(p => (string)p!["name"]!, p => (long)p!["containerPort"]!);
        var labels = template["metadata"]!["labels"]!;
        foreach (var path in new[] { ("Deployment", "selector"), ("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector"), ("PodMonitor", "selector") })
            Assert.True(Selects(objects.Single(o => o.Text("kind") == path.Item1)["spec"]![path.Item2]!["matchLabels"]!, labels), path.Item1);
        var services = objects.Where(o => o.Text("kind") == "Service").ToArray();
        Assert.All(services, s => Assert.True(Selects(s["spec"]!["selector"]!, labels) && ports.ContainsKey((string)s["spec"]!["ports"]![0]!["targetPort"]!)));
        Assert.Contains((string)objects.Single(o => o.Text("kind") == "PodMonitor")["spec"]!["podMetricsEndpoints"]![0]!["port"]!, ports.Keys);
        var scraped = Assert.Single(services, s => Selects(monitored["spec"]!["selector"]!["matchLabels"]!, s["metadata"]!["labels"]!));
        Assert.Equal((string)monitored["spec"]!["endpoints"]![0]!["port"]!, (string)scraped["spec"]!["ports"]![0]!["name"]!);
        var open = ((JsonArray)objects.Single(o => o.Text("kind") == "NetworkPolicy")["spec"]!["ingress"]!).SelectMany(r => (JsonArray)r!["ports"]!).Select(p => (long)p!["port"]!);
        Assert.Equal(ports.Values.Order(), open.Order());

        static bool Selects(JsonNode selector, JsonNode labels) => ((JsonObject)selector).All(pair => (string?)labels[pair.Key] == (string?)pair.Value);
    }

    // What the operator takes while it runs is no part of its pods: an upgrade that changes nothing else starts none anew. Anything else does.
    [Theory]
    [InlineData("minimal", "settings.Quotes:Total=99,settings.Chain:Sending:MaxFeePerGas=5,log.level=Debug", true)]
    [InlineData("tenant", "settings.Chain:Sending:MaxFeePerGas=5,log.level=Debug", true)]
    [InlineData("minimal", "settings.Times:Epoch=00:30:00", false)]
    [InlineData("tenant", "settings.Times:OrderLife=00:02:00", false)]
    public async Task ReloadableValues_ChangeTheConfigMap_AndNoPod(string values, string change, bool isReloadable)
    {
        var (before, after) = (await Tool.ObjectsAsync(values), await Tool.ObjectsAsync(values, "--set", change));
        var changed = before.Zip(after).Where(o => o.First.ToJsonString() != o.Second.ToJsonString()).Select(o => $"{o.First.Text("kind")} {o.First.Text("metadata", "name")}").ToArray();
        var name = values == "tenant" ? "federation-tenant" : "federation-operator";
        Assert.Equal(isReloadable ? [$"ConfigMap {name}-settings"] : [$"Deployment {name}", $"Pod {name}-doctor"], changed.Order(StringComparer.Ordinal));
        var settings = JsonNode.Parse((string)after.Single(o => o.Text("metadata", "name") == $"{name}-settings")["data"]!["settings.json"]!)!;
        var section = (JsonObject)settings[values == "tenant" ? "Tenant" : "Federation"]!;
        Assert.Equal(isReloadable ? ("Debug", "5") : ("Information", null), ((string?)section["Log:Level"], (string?)section["Chain:Sending:MaxFeePerGas"]));
    }

    [Fact]
    public async Task Dashboards_AreWhatGrafanaReads()
    {
        var boards = (await Tool.ObjectsAsync("full")).Where(o => o.Text("metadata", "labels", "grafana_dashboard") == "1").ToArray();
        Assert.Equal(4, boards.Length);
        foreach (var board in boards)
        {
            var json = JsonNode.Parse((string)((JsonObject)board["data"]!).Single().Value!)!;
            var panels = (JsonArray)json["panels"]!;
            Assert.NotEmpty(panels);
            Assert.Equal(panels.Count, panels.Select(p => p!["gridPos"]!.ToJsonString()).Distinct().Count());
            Assert.All(panels, p => Assert.NotEmpty((JsonArray)p!["targets"]!));
        }
    }

    private static string Key(JsonObject role) => $"{role.Text("kind")} {role.Text("metadata", "namespace")}/{role.Text("metadata", "name")}";
}
