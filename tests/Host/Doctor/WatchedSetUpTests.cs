using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Host.Options;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Doctor;

/// <summary>What nothing else would tell: nodes that nobody spools, an operator that nobody scrapes, and a program of the nodes' that no API shows.</summary>
public sealed class WatchedSetUpTests(DoctorWorld world) : IClassFixture<DoctorWorld>
{
    // Nobody listens there: whether a spool answers is looked at apart.
    private static readonly string[] Spools = ["127.0.0.2", "127.0.0.3"];

    [Fact]
    public async Task NodeWithoutASpool_IsNamed()
    {
        var options = Spooled();
        try
        {
            Assert.DoesNotContain((await DoctorWorld.LookAsync(options)).Lines, HasNodes);
            // Of one the spool is a pod, of the other a program of the node itself.
            await world.NodeAsync("one", "10.0.0.1");
            await world.NodeAsync("two", Spools[1]);
            // Nothing of a lease runs where others have their own nodes.
            await world.NodeAsync("four", "10.0.0.4", "{taints: [{key: team, value: a, effect: NoSchedule}]}");
            await PodAsync("federation-spool-a", "one", Spools[0], "Running");
            Assert.Contains("ok    metering: all 2 nodes that are ready have a spool", (await DoctorWorld.LookAsync(options)).Lines);

            await world.NodeAsync("three", "10.0.0.3");
            var line = Assert.Single((await DoctorWorld.LookAsync(options)).Lines, HasNodes);
            Assert.StartsWith("FAIL  metering: of 3 nodes that are ready 1 have no spool (three), and what pods use there after their last scrape is not billed: see what kubectl -n federation-system get pods -o wide shows", line, StringComparison.Ordinal);
            Assert.EndsWith("spool.nodeSelector and spool.tolerations of the chart let it on each node that leases run on", line, StringComparison.Ordinal);

            // A pod that has ended had the address before, on another node.
            await PodAsync("ended", "three", Spools[0], "Succeeded");
            Assert.StartsWith("FAIL  metering: of 3 nodes that are ready 1 have no spool (three)", Assert.Single((await DoctorWorld.LookAsync(options)).Lines, HasNodes), StringComparison.Ordinal);

            // Where nothing knows an address, spools are counted.
            await Kubectl.RunAsync(world.Server, "delete", "pod", "federation-spool-a", "-n", DoctorWorld.Space, "--force", "--grace-period=0");
            Assert.StartsWith("FAIL  metering: there are 2 spools, and 3 nodes are ready, and what pods use there", Assert.Single((await DoctorWorld.LookAsync(options)).Lines, HasNodes), StringComparison.Ordinal);
            await Kubectl.RunAsync(world.Server, "delete", "node", "three");
            Assert.Contains("ok    metering: there are 2 spools, and 2 nodes are ready", (await DoctorWorld.LookAsync(options)).Lines);

            // Where nobody spools nothing of it is looked at; where a name leads nowhere, that alone is said.
            Assert.DoesNotContain((await DoctorWorld.LookAsync(world.Options())).Lines, HasNodes);
            options.Spool.Urls = [.. options.Spool.Urls, new Uri("http://spool.invalid:9105")];
            var lines = (await DoctorWorld.LookAsync(options)).Lines;
            Assert.DoesNotContain(lines, HasNodes);
            Assert.Contains(lines, l => l.StartsWith("FAIL  metering: The spools' name spool.invalid cannot be resolved", StringComparison.Ordinal));
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "delete", "node", "--all");
            await Kubectl.RunAsync(world.Server, "delete", "pod", "--all", "-n", DoctorWorld.Space, "--force", "--grace-period=0");
        }

        static bool HasNodes(string line) => line.Contains(" metering: ", StringComparison.Ordinal) && (line.Contains("nodes that are ready", StringComparison.Ordinal) || line.Contains("nodes are ready", StringComparison.Ordinal));
    }

    // Leases are sold and paid without: nothing that helm test should fail for.
    [Fact]
    public async Task OperatorThatNobodyScrapes_IsANote_WithItsFix()
    {
        await world.StatusAsync(ResourceKind.Of<V1Alpha1Datacenter>(), "north", null, (JsonObject)JsonNode.Parse("""
            {"conditions": [{"type": "MetricsScraped", "status": "False", "reason": "NobodyScrapes", "message": "For 5 minutes nobody has asked: set metrics.serviceMonitor.enabled.", "lastTransitionTime": "2026-01-01T00:00:00Z"},
             {"type": "MetersReadable", "status": "False", "reason": "SourceUnavailable", "message": "It is away.", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
            """)!);
        try
        {
            var lines = (await DoctorWorld.LookAsync(world.Options())).Lines;
            Assert.Contains("note  datacenter: MetricsScraped=False (NobodyScrapes): For 5 minutes nobody has asked: set metrics.serviceMonitor.enabled.", lines);
            Assert.Contains("FAIL  datacenter: MetersReadable=False (SourceUnavailable): It is away.", lines);
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "delete", "datacenter", "north");
            await world.ApplyAsync(DoctorWorld.Datacenter(""));
        }
    }

    [Theory]
    [InlineData("""{"class": "nvidia.com/gpu/NVIDIA-L40S/46068", "allocatable": "4", "free": "4"}""", "", true)]
    [InlineData("""{"class": "nvidia.com/gpu/NVIDIA-L40S/46068", "allocatable": "0", "free": "0"}""", "", false)]
    [InlineData("""{"class": "amd.com/gpu/MI300X/196592", "allocatable": "4", "free": "4"}""", "", false)]
    [InlineData("""{"class": "memory", "allocatable": "4", "free": "4"}""", "gpuClasses: [{name: nvidia.com/gpu/OURS/1024, resource: nvidia.com/gpu, nodeLabels: {gpu: ours}}]", true)]
    public async Task ToolkitOfNvidia_IsANote_WhereItsDevicesAre(string capacity, string spec, bool isNoted)
    {
        await world.ApplyAsync(DoctorWorld.Datacenter(spec));
        await world.StatusAsync(ResourceKind.Of<V1Alpha1Datacenter>(), "north", null, (JsonObject)JsonNode.Parse($$"""{"capacity": [{{capacity}}]}""")!);
        try
        {
            var lines = (await DoctorWorld.LookAsync(world.Options())).Lines.Where(l => l.StartsWith("note  gpus: which NVIDIA container toolkit", StringComparison.Ordinal)).ToArray();
            Assert.Equal(isNoted ? 1 : 0, lines.Length);
            Assert.All(lines, l => Assert.Contains("1.17.7", l, StringComparison.Ordinal));
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "delete", "datacenter", "north");
            await world.ApplyAsync(DoctorWorld.Datacenter(""));
        }
    }

    private OperatorOptions Spooled()
    {
        var options = world.Options();
        (options.Spool.Urls, options.Spool.BearerTokenFile) = ([.. Spools.Select(s => new Uri($"http://{s}:1"))], Path.Combine(AppContext.BaseDirectory, "no-token"));
        return options;
    }

    // Where no scheduler and no kubelet are.
    private async Task PodAsync(string name, string node, string address, string phase)
    {
        await world.ApplyAsync($"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {DoctorWorld.Space}}}, spec: {{nodeName: {node}, automountServiceAccountToken: false, containers: [{{name: spool, image: spool}}]}}}}");
        await world.StatusAsync(ResourceKinds.Pod, name, DoctorWorld.Space, new JsonObject { ["phase"] = phase, ["podIP"] = address, ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address }) });
    }
}
