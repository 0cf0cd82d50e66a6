using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Federation.Testing.Cluster;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Usage;

namespace Federation.Cluster.Tests.Scheduling;

/// <summary>The operator's loops before a real API server, real controllers and the real scheduler, on nodes that are objects only.</summary>
internal sealed class ScheduledWorld : IAsyncDisposable
{
    private const int LongestSeconds = 120;

    private static readonly ChainIdentity Identity = new(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3");
    private static readonly ResourceKind Lease = ResourceKind.Of<V1Alpha1ComputeLease>();

    private readonly CancellationTokenSource life = new();
    private readonly ApiServer server;
    private readonly ControllersOfKubernetes controllers;
    private readonly FakeClock clock = new();
    private readonly PortGate gate = new();
    private readonly LinesLogger log = new();
    private readonly ClusterAdapter adapter;
    private readonly InMemoryChain chain;
    private readonly OperatorLoops loops;
    private Task waking = Task.CompletedTask;

    private ScheduledWorld(ApiServer server)
    {
        this.server = server;
        (Admin, controllers, chain) = (server.Client(), new ControllersOfKubernetes(server), new InMemoryChain(clock, gate));
        adapter = new ClusterAdapter(
            new ClusterOptions { Chain = Identity, DatacenterName = AdapterFixture.Datacenter, OperatorNamespace = "operator" }, server.Configuration(), FakeHasher.Instance);
        loops = new OperatorLoops(
            new OperatorPorts(chain, chain, chain, chain, chain, adapter.Leases, adapter.Workloads, adapter.Spaces, adapter.Cursor, adapter.Holds, new InMemoryUsage(gate), new InMemoryImages(), FakeHasher.Instance),
            clock, Some.Policy, new WatcherOptions(Identity.ChainId, Identity.LeaseManager, 1), log);
    }

    public KubernetesClient Admin { get; }

    public static async Task<ScheduledWorld> OpenAsync()
    {
        var world = new ScheduledWorld(await ApiServer.StartAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await world.adapter.StartAsync(limit.Token);
        foreach (var (name, handler) in new[] { ("gvisor", "runsc"), ("nvidia", "nvidia") })
            await world.Admin.Resource(ResourceKinds.RuntimeClass).CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["handler"] = handler });
        await world.Admin.ApplyAsync(AdapterFixture.Sample("datacenter-gpu"), new ApplyOptions { FieldManager = "admin" });
        await Eventually.TrueAsync(async () => await world.adapter.Datacenter.ReadAsync(default) is not null);
        world.waking = world.WakeAsync();
        return world;
    }

    /// <summary>A node with devices, ready and free of the mark that the API server puts on new ones.</summary>
    /// <param name="zone">As clouds label their nodes; null: not at all.</param>
    public async Task AddNodeAsync(string name, int gpus, string? zone = null)
    {
        var labels = Json.Map(("kubernetes.io/hostname", $"{name}.local"), ("nvidia.com/gpu.product", "NVIDIA-A100-SXM4-80GB"), ("nvidia.com/gpu.memory", "81920"));
        if (zone is not null) labels["topology.kubernetes.io/zone"] = zone;
        var nodes = Admin.Resource(ResourceKinds.Node);
        await nodes.CreateAsync(new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                // Not the node's name: what binds pods may not rest on that.
                ["labels"] = labels,
            },
            ["status"] = new JsonObject
            {
                ["allocatable"] = Json.Map(("cpu", "64"), ("memory", "256Gi"), ("ephemeral-storage", "1Ti"), ("pods", "110"), ("nvidia.com/gpu", Amount.Count((ulong)gpus))),
                ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", "True"))),
            },
        });
        await nodes.PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }));
    }

    /// <summary>As an administrator does before work on a node, and after it.</summary>
    public Task CordonAsync(string name, bool isCordoned) =>
        Admin.Resource(ResourceKinds.Node).PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = isCordoned } }));

    /// <summary>A lease of so many devices, for services whose pods have so many each.</summary>
    public LeaseId Match(ushort gpus, int replicas, int each, int services = 1)
    {
        var workload = WorkloadOf(replicas, each, services);
        var terms = Some.Terms with
        {
            SpecHash = Some.HashOf(workload), ActivateBy = chain.Blocks.NextTime + 600,
            Resources = new Resources(4000, 8192, 4096, 100, new GpuCount(FakeHasher.Instance.Keccak256(System.Text.Encoding.UTF8.GetBytes(Cases.GpuClass)), gpus), GpuCount.None),
        };
        return chain.Match(LeaseId.Parse(Cases.NewId().Hex), terms, Some.Deposit);
    }

    /// <summary>Its tenant amends it to another workload, and delivers that.</summary>
    public Task AmendAsync(LeaseId id, int replicas, int each)
    {
        Assert.True(chain.TryTransact(id, (stored, _) => LeaseContract.AmendSpec(stored, Some.HashOf(WorkloadOf(replicas, each, 1)))));
        return DeliverAsync(id, replicas, each);
    }

    public Task DeliverAsync(LeaseId id, int replicas, int each, int services = 1) => Eventually.TrueAsync(async () =>
    {
        await StepAsync();
        if (await Admin.Resource(Lease).GetAsync(id.Namespace, id.Namespace) is null) return false;
        await Admin.Resource(Lease).PatchAsync(id.Namespace, id.Namespace, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["workload"] = JsonNode.Parse(WorkloadOf(replicas, each, services).GetRawText()) } }));
        return true;
    }, LongestSeconds);

    /// <summary>The clock goes on until it holds.</summary>
    public async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var end = TimeProvider.System.GetUtcNow().AddSeconds(LongestSeconds);
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetUtcNow() < end, $"not within {LongestSeconds} s: {what}; {controllers.Logs}\n{string.Join('\n', log.Lines.TakeLast(20))}");
            await StepAsync();
        }
    }

    public async Task PassAsync(int steps)
    {
        for (var i = 0; i < steps; i++) await StepAsync();
    }

    public async Task<IReadOnlyList<V1Pod>> PodsAsync(LeaseId id) => [.. (await Admin.Resource<V1Pod>().ListAsync(id.Namespace)).Items.Where(p => p.Metadata.DeletionTimestamp is null)];

    public async Task<JsonObject?> ScheduledAsync(LeaseId id) =>
        (await Admin.Resource(Lease).GetAsync(id.Namespace, id.Namespace)).Items("status", "conditions").FirstOrDefault(c => c.Text("type") == "Scheduled");

    /// <summary>What its provider has claimed on chain.</summary>
    public BigInteger ClaimedOf(LeaseId id) => chain.Find(id)!.Lease.Claimed;

    public long Writes => adapter.Writes;

    public async ValueTask DisposeAsync()
    {
        await life.CancelAsync();
        await waking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await adapter.DisposeAsync();
        controllers.Dispose();
        Admin.Dispose();
        server.Dispose();
        log.Dispose();
        life.Dispose();
    }

    private async Task StepAsync()
    {
        clock.Advance(TimeSpan.FromSeconds(1));
        chain.Mine();
        foreach (var pass in loops.Step(life.Token)) await pass;
        await Eventually.TrueAsync(() => loops.IsIdle, LongestSeconds);
        // The controllers work by real time.
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
    }

    private async Task WakeAsync()
    {
        await foreach (var id in adapter.ChangesAsync(life.Token)) loops.Wake(id);
    }

    private static JsonElement WorkloadOf(int replicas, int each, int services) => JsonDocument.Parse($$"""
        {"services":[{{string.Join(',', Enumerable.Range(0, services).Select(i => ServiceOf(i == 0 ? "web" : $"web{i}", replicas, each)))}}]}
        """).RootElement.Clone();

    private static string ServiceOf(string name, int replicas, int each) => $$"""
        {"name":"{{name}}","image":"docker.io/library/nginx@sha256:{{new string('a', 64)}}","replicas":{{replicas}},
          "resources":{"cpu":"1","memory":"1Gi","ephemeralStorage":"1Gi","gpu":{"class":"{{Cases.GpuClass}}","count":{{each}}} } }
        """;
}
