using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Manifests;

public sealed class ManifestTests
{
    private static readonly LeaseId Id = LeaseId.Parse("0x" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4)));

    private static readonly PortPolicy Exposing = new(4, IsLoadBalanced: false, "ports.north.example");

    // Of those that the restricted profile takes: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    private static readonly string[] Allowed = ["configMap", "emptyDir", "secret", "persistentVolumeClaim"];

    [Fact]
    public void Isolation_IsAsCommitted() => Golden.Check("isolation", IsolationManifests.Build(
        Id, Cases.Terms(), new NetworkRules(["198.18.0.0/15"], ["203.0.113.0/24"]), new Dictionary<string, uint> { ["nvidia.com/gpu"] = 0 }, PortPolicy.None));

    [Fact]
    public void IsolationOfGpuLease_IsAsCommitted() => Golden.Check("isolation-gpu", IsolationManifests.Build(
        Id, Cases.Terms(2), NetworkRules.None, new Dictionary<string, uint> { ["nvidia.com/gpu"] = 2, ["amd.com/gpu"] = 0 }, PortPolicy.None));

    [Fact]
    public void Routes_AreAsCommitted() => Golden.Check("routes", RouteManifests.Build(
        Id,
        new IngressPolicy("public", null, "apps.example.net", true, [new TrafficSource(new Dictionary<string, string> { ["name"] = "ingress" }, new Dictionary<string, string> { ["app"] = "ingress" }, "")]) { TakesCertificates = true },
        [new HostnameRoute("shop.example.org", "web", 8080), new HostnameRoute("safe.example.org", "web", 8080) { TlsSecret = "safe-cert" }, new HostnameRoute("web-0123456789abcdef.apps.example.net", "web", 8080)]));

    [Theory]
    [InlineData("safe.example.org", false)]
    [InlineData("web-0123456789abcdef.apps.example.net", true)]
    public void CertificatesOfTenants_AreServedWhereTheDatacenterSaysSo_AndNeverForItsOwnNames(string host, bool takes)
    {
        var policy = new IngressPolicy("public", null, "apps.example.net", true, []) { TakesCertificates = takes };
        var route = new HostnameRoute(host, "web", 8080) { TlsSecret = "safe-cert" };
        Assert.DoesNotContain("secretName", RouteManifests.Route(Id, policy, route).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(route, RouteManifests.Read(RouteManifests.Route(Id, policy, route)));
    }

    [Fact]
    public void RoutesOfAGateway_AreAsCommitted() => Golden.Check("routes-gateway", RouteManifests.Build(
        Id,
        new IngressPolicy("", new GatewayReference("infra", "public", "web"), "", false, [new TrafficSource(new Dictionary<string, string>(), new Dictionary<string, string>(), "203.0.113.0/24")]),
        [new HostnameRoute("shop.example.org", "web", 8080)]));

    [Fact]
    public void Isolation_LetsNothingElseOfTheClusterIn() =>
        Assert.Equal("""[{"podSelector":{}}]""", IsolationManifests.Build(Id, Cases.Terms(), NetworkRules.None, new Dictionary<string, uint>(), PortPolicy.None)
            .Single(m => m.Text("kind") == "NetworkPolicy").Items("spec", "ingress").Single()["from"]!.ToJsonString());

    [Fact]
    public void NamesAreAskedWhereTheDatacenterSays_InNoNamespaceOfALease()
    {
        var rules = NetworkRules.None with
        {
            NameServers =
            [
                new NameServer(new Dictionary<string, string> { ["name"] = "dns" }, new Dictionary<string, string> { ["app"] = "names" }, "", 5353),
                new NameServer(new Dictionary<string, string>(), new Dictionary<string, string>(), "10.96.0.10/32", 53),
            ],
        };
        var policy = IsolationManifests.Build(Id, Cases.Terms(), rules, new Dictionary<string, uint>(), PortPolicy.None).Single(m => m.Text("kind") == "NetworkPolicy");
        Assert.Equal(
            [
                """{"to":[{"namespaceSelector":{"matchExpressions":[{"key":"compute.federation/lease","operator":"DoesNotExist"}],"matchLabels":{"name":"dns"}},"podSelector":{"matchLabels":{"app":"names"}}}],"ports":[{"protocol":"UDP","port":5353},{"protocol":"TCP","port":5353}]}""",
                """{"to":[{"ipBlock":{"cidr":"10.96.0.10/32"}}],"ports":[{"protocol":"UDP","port":53},{"protocol":"TCP","port":53}]}""",
            ],
            policy.Items("spec", "egress").Where(rule => rule.Items("ports").Any()).Select(rule => rule.ToJsonString()));
    }

    [Fact]
    public void PodsWithVolumes_HaveNamesOfTheirOwn_WhateverElseIsCalledSo()
    {
        var db = Cases.Stateful.Services[0];
        (string?, string?)[] Services(params ServiceSpec[] services) => [.. WorkloadManifests.Build(Cases.Context(Id), new WorkloadSpec(services, []))
            .Where(m => m.Text("kind") == "Service").Select(m => (m.Text("metadata", "name"), m.Text("spec", "clusterIP"))).Order()];
        Assert.Equal([("db", null), ("db-pods", "None")], Services(db));
        Assert.Equal([("db-pods", "None")], Services(db with { Ports = [], Readiness = null }));
        var other = new ServiceSpec(Cases.Container("db-pods"), [new PortSpec("http", 80, "TCP")], [], null);
        Assert.Equal([("db", null), ("db-pods", null)], Services(db, other));
        Assert.Equal([("db", "None"), ("db-pods", null)], Services(db with { Ports = [], Readiness = null }, other));
    }

    [Fact]
    public void WebService_IsAsCommitted() => Golden.Check("web", WorkloadManifests.Build(Cases.Context(Id), Cases.Web));

    [Fact]
    public void GpuJob_IsAsCommitted() => Golden.Check("batch", WorkloadManifests.Build(Cases.Context(Id), Cases.Batch));

    [Fact]
    public void ServiceWithVolumes_IsAsCommitted() => Golden.Check("stateful", WorkloadManifests.Build(Cases.Context(Id), Cases.Stateful));

    [Fact]
    public void FurnishedService_IsAsCommitted() =>
        Golden.Check("furnished", WorkloadManifests.Build(Cases.Context(Id) with { Ports = Exposing, RuntimeClass = "gvisor" }, Cases.Furnished));

    [Theory]
    [InlineData(false, "NodePort", "4", "0")]
    [InlineData(true, "LoadBalancer", "4", "4")]
    public void ExposedPorts_GoOutAsTheDatacenterSays_AndOnlySoMany(bool isLoadBalanced, string type, string nodePorts, string loadBalancers)
    {
        var ports = Exposing with { IsLoadBalanced = isLoadBalanced };
        var services = WorkloadManifests.Build(Cases.Context(Id) with { Ports = ports }, Cases.Furnished).Where(m => m.Label(Names.ExposedLabel) is not null).ToArray();
        Assert.Equal([("game-udp", type), ("game-tcp", type)], services.Select(s => (s.Text("metadata", "name"), s.Text("spec", "type"))));
        Assert.All(services, s => Assert.Equal("Local", s.Text("spec", "externalTrafficPolicy")));

        var quota = IsolationManifests.Build(Id, Cases.Terms(), NetworkRules.None, new Dictionary<string, uint>(), ports).Single(m => m.Text("kind") == "ResourceQuota").At("spec", "hard");
        Assert.Equal((nodePorts, loadBalancers, "36"), (quota.Text("services.nodeports"), quota.Text("services.loadbalancers"), quota.Text("services")));
    }

    [Theory]
    [InlineData("", "nvidia", "gvisor", "nvidia")]
    [InlineData("", "", "gvisor", "gvisor")]
    [InlineData("", "", "", null)]
    [InlineData("cpu", "nvidia", "gvisor", "gvisor")]
    [InlineData("cpu", "nvidia", "", null)]
    public void RuntimeClass_IsThatOfTheGpuClass_ElseTheDatacenters(string gpu, string ofClass, string usual, string? expected)
    {
        var placements = new Dictionary<string, GpuPlacement> { [Cases.GpuClass] = Cases.Placement with { RuntimeClass = ofClass } };
        var container = Cases.Container("a", gpu: gpu == "cpu" ? null : new GpuDemand(Cases.GpuClass, 1));
        var job = WorkloadManifests.Build(Cases.Context(Id) with { GpuPlacements = placements, RuntimeClass = usual }, new WorkloadSpec([], [new JobSpec(container, 0, 0)])).Single();
        Assert.Equal(expected, job.Text("spec", "template", "spec", "runtimeClassName"));
    }

    [Theory]
    [InlineData("None", null, null)]
    [InlineData("WithoutVolumes", false, null)]
    [InlineData("Always", false, false)]
    public void UsersOfTheNode_AreNotThePods_WhereItsRuntimeCan(string users, bool? ofJob, bool? ofVolume)
    {
        var context = Cases.Context(Id) with { RuntimeClass = "gvisor", OwnUsers = new Dictionary<string, OwnUsers> { ["gvisor"] = Enum.Parse<OwnUsers>(users) } };
        bool? HostUsers(WorkloadSpec workload) => (bool?)WorkloadManifests.Build(context, workload)[0].At("spec", "template", "spec", "hostUsers");
        Assert.Equal((ofJob, ofVolume), (HostUsers(new WorkloadSpec([], [new JobSpec(Cases.Container("a"), 0, 0)])), HostUsers(Cases.Stateful)));
        // The devices' own runtime is another one.
        Assert.Null(HostUsers(Cases.Batch));
    }

    [Fact]
    public void TenantRole_IsAsCommitted() => Golden.Check("tenant-role", [TenantManifest.Role()]);

    [Fact]
    public void EveryPod_KeepsTheRestrictedProfile()
    {
        foreach (var workload in new[] { Cases.Web, Cases.Batch, Cases.Stateful, Cases.Furnished })
        {
            foreach (var template in WorkloadManifests.Build(Cases.Context(Id), workload).Select(m => m.At("spec", "template", "spec")).OfType<JsonObject>())
            {
                Assert.False((bool)template["automountServiceAccountToken"]!);
                Assert.True((bool)template.At("securityContext", "runAsNonRoot")!);
                Assert.Equal("RuntimeDefault", template.Text("securityContext", "seccompProfile", "type"));
                var container = Assert.Single(template.Items("containers"));
                Assert.False((bool)container.At("securityContext", "allowPrivilegeEscalation")!);
                Assert.Equal("""["ALL"]""", container.At("securityContext", "capabilities", "drop")!.ToJsonString());
                Assert.True(JsonNode.DeepEquals(container.At("resources", "limits"), container.At("resources", "requests")));
                Assert.Null(template["tolerations"]);
                Assert.All(template.Items("volumes"), v => Assert.Contains(v.Single(p => p.Key != "name").Key, Allowed));
            }
        }
    }

    // By these the runtime opens devices of the node, of its network and of other pods' GPUs: what an image sets of them is overruled.
    private static readonly string[] Gates =
        ["NVIDIA_MIG_CONFIG_DEVICES", "NVIDIA_MIG_MONITOR_DEVICES", "NVIDIA_IMEX_CHANNELS", "NVIDIA_GDRCOPY", "NVIDIA_GDS", "NVIDIA_MOFED", "NVIDIA_NVSWITCH"];

    private static IEnumerable<(string?, string?)> Closed => new[] { "LD_PRELOAD", "LD_AUDIT" }.Concat(Gates).Select(name => ((string?)name, (string?)null));

    [Fact]
    public void PodWithoutDevices_SeesNone_WhateverTheTenantSets()
    {
        var env = Environment(Cases.Container("sly") with { Env = [new("NVIDIA_VISIBLE_DEVICES", "all"), new("LD_PRELOAD", "/x.so"), new("NVIDIA_MOFED", "enabled")], EnvFrom = ["keys"] });

        string[] devices = ["NVIDIA_VISIBLE_DEVICES", "AMD_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES", "CAMBRICON_VISIBLE_DEVICES", "HABANA_VISIBLE_DEVICES"];
        Assert.Equal([.. Closed, .. devices.Select(d => (d, "void"))], env);
    }

    [Fact]
    public void PodWithDevices_LeavesThemToThePlugin_ButNeitherTheLoaderNorOtherDevices()
    {
        var env = Environment(Cases.Container("sly", gpu: new GpuDemand(Cases.GpuClass, 1)) with { Env = [new("LD_AUDIT", "/x.so"), new("A", "1"), new("NVIDIA_IMEX_CHANNELS", "0")] });

        Assert.Equal([("A", "1"), .. Closed], env);
    }

    // What a workload may not set is what is written into its pods: whatever is added to one list is in the other.
    [Fact]
    public void VariablesThatAreForbidden_AreThoseThatAreWritten()
    {
        var written = Environment(Cases.Container("any")).Select(e => e.Item1!).ToHashSet();
        Assert.Equal(RuntimeVariables.All.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
        foreach (var name in written.Concat(written.Select(n => n.ToLowerInvariant())))
        {
            var workload = $$"""{"jobs":[{"name":"a","image":"x","resources":{"cpu":"1","memory":"1Mi"},"env":[{"name":"{{name}}","value":"1"}]}]}""";
            Assert.Equal("jobs[0].env[0].name", Assert.Single(WorkloadParser.Parse(workload).Faults).Path);
        }
    }

    // An object's annotations may have 256 KiB: the largest program that is taken must fit with all that is made of it.
    [Theory]
    [InlineData("é")]
    [InlineData("<")]
    [InlineData("\u007f")]
    public void LargestProgram_FitsItsAnnotation(string text)
    {
        var each = WorkloadLimits.ProgramBytes / 16 / (JsonSerializer.SerializeToUtf8Bytes(text, KubernetesJson.Options).Length - 2);
        var args = Json.Texts(Enumerable.Repeat(string.Concat(Enumerable.Repeat(text, each - 32)), 16));
        var files = Json.List(Enumerable.Range(0, WorkloadLimits.Files).Select(i => Json.Map(("secret", $"{i}{new string('a', 250)}"), ("mountPath", $"/f{i}{new string('"', 250)}"))));
        var volumes = Json.List(Enumerable.Range(0, WorkloadLimits.Volumes).Select(i => new JsonObject { ["name"] = $"v{i}", ["size"] = "1Gi", ["mountPath"] = $"/{i}{new string('"', 250)}" }));
        var service = new JsonObject
        {
            ["name"] = new string('a', 40), ["image"] = "x", ["args"] = args, ["volumes"] = volumes,
            ["ports"] = Json.List(Enumerable.Range(1, WorkloadLimits.Ports).Select(i => new JsonObject { ["port"] = 60000 + i })),
            ["resources"] = Json.Map(("cpu", "1"), ("memory", "1Gi")),
            ["files"] = files,
            ["readiness"] = Probe(), ["liveness"] = Probe(), ["startup"] = Probe(),
        };
        var parsed = WorkloadParser.Parse(new JsonObject { ["services"] = new JsonArray(service) }.ToJsonString(KubernetesJson.Options));
        Assert.Empty(parsed.Faults);

        var applied = WorkloadManifests.Build(Cases.Context(Id), parsed.Workload!).Max(m => Encoding.UTF8.GetByteCount(m.Annotation(Names.AppliedAnnotation)!));

        Assert.InRange(applied, WorkloadLimits.ProgramBytes * 9 / 10, 220 * 1024);

        static JsonObject Probe() => new() { ["port"] = 60001, ["httpPath"] = "/" + new string('"', 1000) };
    }

    // Left out, one that was suspended would stay so; and a server of before 1.24 takes no apply with it.
    [Fact]
    public void Job_IsToldToGoOn_WhereTheServerKnowsTheField()
    {
        JsonObject Build(bool known) => Assert.Single(WorkloadManifests.Build(Cases.Context(Id) with { CanSuspendJobs = known }, Cases.Batch));
        Assert.False(Build(true).At("spec", "suspend")!.GetValue<bool>());
        Assert.Null(Build(false).At("spec", "suspend"));
    }

    // A server of before 1.24 numbers none, and knows no such field.
    [Theory]
    [InlineData(true, 2, "Indexed", "2", null)]
    [InlineData(true, 1, "Indexed", "1", null)]
    [InlineData(false, 2, null, "2", null)]
    [InlineData(false, 1, null, "1", "0")]
    public void Shards_AreToldHowManyTheyAre_AndNumbered_WhereTheServerCan(bool numbers, int shards, string? mode, string count, string? index)
    {
        var job = Job(Cases.Context(Id) with { CanIndexJobs = numbers }, Cases.Container("sum", shards));
        Assert.Equal((mode, count, index), (job.Text("spec", "completionMode"), Variable(job, ShardVariables.Count), Variable(job, ShardVariables.Index)));
    }

    [Fact]
    public void Shards_WhoseWorkloadSetsTheVariables_KeepThem()
    {
        var job = Job(Cases.Context(Id), Cases.Container("sum") with { Env = [new(ShardVariables.Count, "many"), new(ShardVariables.Index, "7")] });
        Assert.Equal(("many", "7"), (Variable(job, ShardVariables.Count), Variable(job, ShardVariables.Index)));
    }

    // Neither the mode nor the pods' variables can change: a difference would end a job that runs, to make it anew.
    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(false, false, 3)]
    [InlineData(false, true, 1)]
    [InlineData(false, true, 3)]
    [InlineData(true, true, 1)]
    [InlineData(true, true, 3)]
    public void JobThatStands_StaysAsItIs_WhenOperatorAndServerBecomeYounger(bool wasIndexed, bool wasTold, int shards)
    {
        var standing = Job(Cases.Context(Id) with { CanIndexJobs = wasIndexed }, Cases.Container("sum", shards) with { Env = [new("A", "1")] });
        // As such a server shows it.
        if (!wasIndexed) standing["spec"]!["completionMode"] = "NonIndexed";
        var env = standing.At("spec", "template", "spec").Items("containers").Single()["env"]!.AsArray();
        if (!wasTold) foreach (var one in env.Where(e => e.Text("name") is ShardVariables.Count or ShardVariables.Index).ToArray()) env.Remove(one);

        var wanted = Job(Cases.Context(Id) with { CanIndexJobs = true, StandingJobs = new Dictionary<string, JsonObject> { ["sum"] = standing } }, Cases.Container("sum", shards) with { Env = [new("A", "1")] });

        Assert.DoesNotContain(ManifestComparer.Differences(standing, wanted), d => d.Path[0] == "spec");
    }

    private static JsonObject Job(WorkloadContext context, ContainerSpec container) => Assert.Single(WorkloadManifests.Build(context, new WorkloadSpec([], [new JobSpec(container, 0, 0)])));

    private static string? Variable(JsonObject job, string name) =>
        job.At("spec", "template", "spec").Items("containers").Single().Items("env").SingleOrDefault(e => e.Text("name") == name)?.Text("value");

    [Fact]
    public void GpuClassWithoutNodes_IsRefusedByName()
    {
        var context = Cases.Context(Id) with { GpuPlacements = new Dictionary<string, GpuPlacement>() };

        var refusal = Assert.Throws<ArgumentException>(() => WorkloadManifests.Build(context, Cases.Batch));

        Assert.Contains(Cases.GpuClass, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1500, "1500m")]
    [InlineData(2000, "2")]
    [InlineData(0, "0")]
    public void Cpu_IsInTheFormThatTheServerStores(ulong milli, string text) => Assert.Equal(text, Amount.Cpu(milli));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1000, "1000Mi")]
    [InlineData(2048, "2Gi")]
    [InlineData(3 * 1024 * 1024, "3Ti")]
    public void MiB_IsInTheFormThatTheServerStores(ulong mib, string text) => Assert.Equal(text, Amount.MiB(mib));

    private static IEnumerable<(string?, string?)> Environment(ContainerSpec container)
    {
        var manifest = WorkloadManifests.Build(Cases.Context(Id), new WorkloadSpec([new ServiceSpec(container, [], [], null)], []))[0];
        return manifest.At("spec", "template", "spec").Items("containers").Single().Items("env").Select(e => (e.Text("name"), e.Text("value")));
    }
}
