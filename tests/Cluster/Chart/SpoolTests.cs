using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;

namespace Federation.Cluster.Tests.Chart;

/// <summary>The spool on each node, as the chart brings it: with what it reads of its node, no right in the cluster, and nobody who reads it but the operator.</summary>
public sealed class SpoolTests
{
    private const string On = "spool.enabled=true,spool.tokenFrom.name=spool-token,spool.tokenFrom.key=token,spool.tls.secret=spool-tls";

    [Theory]
    [InlineData("spool.enabled=true", "spool.tokenFrom is missing")]
    [InlineData("spool.enabled=true", "spool.tls.secret is missing")]
    [InlineData("spool.token=abc", "a credential is never a value")]
    [InlineData("spool.tokenFrom.name=a", "/spool/tokenFrom")]
    [InlineData("spool.folder=spool", "/spool/folder")]
    [InlineData("spool.folder=/var/../etc", "/spool/folder")]
    [InlineData("spool.keep=00:00:30", "/spool/keep")]
    [InlineData("spool.keep=8.00:00:00", "/spool/keep")]
    [InlineData("spool.maxMiB=0", "/spool/maxMiB")]
    [InlineData("spool.cgroupRoot=kubelet", "/spool/cgroupRoot")]
    [InlineData("spool.every=1", "'every' not allowed")]
    [InlineData(On + ",spool.cgroupRoot=/kubelet,settings.Prometheus:CgroupRoot=/other", "spool.cgroupRoot is '/kubelet', and settings has Prometheus:CgroupRoot /other")]
    [InlineData(On + ",settings.Prometheus:CgroupRoot=/other", "spool.cgroupRoot is '', and settings has Prometheus:CgroupRoot /other")]
    [InlineData(On + ",settings.Spool:Urls:0=https://a.example", "settings: Spool:Urls:0 names spools")]
    [InlineData(On + ",spool.tls.secret=federation-gateway", "spool.tls.secret is federation-gateway, which is a Secret that the operator makes itself")]
    public async Task WrongValue_IsRefused_AndSaysWhy(string set, string expected)
    {
        var outcome = await Tool.TemplateAsync("minimal", "--set", set);
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains(expected, outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Off_ThereIsNothingOfIt() => Assert.DoesNotContain("spool", (await Tool.TemplateAsync("minimal", "--set", "crds.enabled=false,metrics.dashboards.enabled=false")).Good, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public async Task Spools_AreFoundByTheOperator_AndReadByNobodyElse()
    {
        var objects = await Tool.ObjectsAsync("minimal", "--set", On);
        var (set, service, policy) = (One("DaemonSet"), One("Service"), One("NetworkPolicy"));
        var labels = set.At("spec", "template", "metadata", "labels")!;
        foreach (var selector in new[] { set.At("spec", "selector", "matchLabels"), service.At("spec", "selector"), policy.At("spec", "podSelector", "matchLabels") }) Assert.True(Selects(selector!, labels));
        // One address for each node, ready or not: one that is left out would be missed.
        Assert.Equal(("None", true), (service.Text("spec", "clusterIP"), (bool)service["spec"]!["publishNotReadyAddresses"]!));

        var operators = objects.Single(o => o.Text("kind") == "Deployment");
        var environment = Environment(operators);
        Assert.Equal($"https://federation-spool.{Tool.Space}.svc:9105", environment["Federation__Spool__Urls__0"]);
        Assert.Equal(9105, (long)service["spec"]!["ports"]![0]!["port"]!);
        foreach (var file in new[] { environment["Federation__Spool__BearerTokenFile"], environment["Federation__Spool__CaFile"] }) AssertMounted(operators, file);
        var from = (JsonArray)((JsonArray)policy["spec"]!["ingress"]!).Single()!["from"]!;
        Assert.True(Selects(from[0]!["podSelector"]!["matchLabels"]!, operators.At("spec", "template", "metadata", "labels")!));
        Assert.True(Selects(from[1]!["podSelector"]!["matchLabels"]!, objects.Single(o => o.Text("metadata", "name") == "federation-operator-doctor").At("metadata", "labels")!));
        Assert.Equal(2, from.Count);
        // And no selector of the operator's own takes a spool for an operator.
        Assert.All(objects.Where(o => o.Text("metadata", "name") != "federation-spool"), o => Assert.All(
            new[] { o.At("spec", "selector", "matchLabels"), o.At("spec", "podSelector", "matchLabels"), o.Text("kind") == "Service" ? o.At("spec", "selector") : null }.OfType<JsonObject>(), s => Assert.False(Selects(s, labels))));

        JsonObject One(string kind) => objects.Single(o => o.Text("kind") == kind && o.Text("metadata", "name") == "federation-spool");
    }

    [Fact]
    public async Task Pods_ReadTheirNode_AndHaveNoRightsBeside()
    {
        var objects = await Tool.ObjectsAsync("minimal", "--set", On);
        var set = objects.Single(o => o.Text("kind") == "DaemonSet");
        var pod = set.At("spec", "template", "spec")!;
        var container = ((JsonArray)pod["containers"]!).Single()!;
        Assert.Equal(("""["spool"]""", 0L, """["ALL"]"""), (container["args"]!.ToJsonString(), (long)pod["securityContext"]!["runAsUser"]!, container["securityContext"]!["capabilities"]!["drop"]!.ToJsonString()));
        Assert.Equal((true, false, false), ((bool)container["securityContext"]!["readOnlyRootFilesystem"]!, (bool)container["securityContext"]!["allowPrivilegeEscalation"]!, (bool)pod["automountServiceAccountToken"]!));
        Assert.All(new[] { "hostNetwork", "hostPID", "hostIPC" }, name => Assert.Null(pod[name]));
        Assert.DoesNotContain(objects, o => o["subjects"] is JsonArray subjects && subjects.Any(s => (string?)s!["name"] == "federation-spool"));
        Assert.Equal("[{\"operator\":\"Exists\"}]", pod["tolerations"]!.ToJsonString());

        // What it only reads it cannot write, and of the node it has no other folder.
        var folders = ((JsonArray)pod["volumes"]!).Where(v => v!["hostPath"] is not null).ToDictionary(v => (string)v!["name"]!, v => (string)v!["hostPath"]!["path"]!);
        Assert.Equal(["/sys/fs/cgroup", "/var/lib/federation/spool", "/var/log/pods"], folders.Values.Order(StringComparer.Ordinal));
        var written = ((JsonArray)container["volumeMounts"]!).Where(m => m!["readOnly"] is null).Select(m => folders[(string)m!["name"]!]);
        Assert.Equal(["/var/lib/federation/spool"], written);
        var environment = Environment(set);
        foreach (var name in new[] { "Spool__Folder", "Spool__BearerTokenFile", "Spool__Tls__Certificate", "Spool__Tls__Key", "Spool__Cgroups", "Spool__PodLogs" }) AssertMounted(set, environment[name]);
    }

    private static Dictionary<string, string> Environment(JsonObject workload) =>
        ((JsonArray)workload.At("spec", "template", "spec", "containers")![0]!["env"]!).Where(e => e!["value"] is not null).ToDictionary(e => (string)e!["name"]!, e => (string)e!["value"]!);

    private static void AssertMounted(JsonObject workload, string file)
    {
        var pod = workload.At("spec", "template", "spec")!;
        var mount = ((JsonArray)pod["containers"]![0]!["volumeMounts"]!).Single(m => file == (string)m!["mountPath"]! || file.StartsWith($"{m!["mountPath"]}/", StringComparison.Ordinal))!;
        var volume = ((JsonArray)pod["volumes"]!).Single(v => (string)v!["name"]! == (string)mount["name"]!)!;
        if (volume["secret"] is { } secret) Assert.Contains((JsonArray)secret["items"]!, i => file == $"{mount["mountPath"]}/{i!["path"]}");
    }

    private static bool Selects(JsonNode selector, JsonNode labels) => ((JsonObject)selector).All(pair => (string?)labels[pair.Key] == (string?)pair.Value);
}
