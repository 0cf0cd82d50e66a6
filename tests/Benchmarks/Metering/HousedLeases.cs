using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster;
using Federation.Cluster.Entities;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Benchmarks.Metering;

/// <summary>The objects of many leases that run, in a real API server whose etcd flushes each write, seen and written as the operator does.</summary>
internal sealed class HousedLeases : IAsyncDisposable
{
    // Parsed once for as long as the object says it, as the operator has it.
    private static readonly DeliveredWorkload Workload = new(
        WorkloadParser.Parse(Some.Workload).Workload, Some.SpecHash, [], new Dictionary<string, GpuPlacement> { [Some.GpuClass] = Some.GpuPlacement });

    private readonly ApiServer server;
    private readonly KubernetesClient admin;
    private readonly ClusterAdapter adapter;
    private readonly ParallelOptions parallelism;
    private readonly int leases;
    private Dictionary<LeaseId, LeaseRecord> records = [];

    private HousedLeases(ApiServer server, int leases, int workers)
    {
        (this.server, this.leases, parallelism) = (server, leases, new ParallelOptions { MaxDegreeOfParallelism = workers });
        admin = server.Client();
        adapter = new ClusterAdapter(new ClusterOptions { Chain = new ChainIdentity(1, Some.Provider), DatacenterName = "dc" }, server.Configuration(), FakeHasher.Instance);
    }

    /// <summary>Of one that was written, on the average.</summary>
    public int ObjectBytes { get; private set; }

    private ResourceClient<JsonObject> Objects => admin.Resource(ResourceKind.Of<V1Alpha1ComputeLease>());

    public static async Task<HousedLeases> OpenAsync(int leases, long start, int workers)
    {
        var housed = new HousedLeases(await ApiServer.StartAsync(isDurable: true), leases, workers);
        await housed.FillAsync(start);
        return housed;
    }

    /// <summary>Reads what all of them say now, as the operator's loop does before it looks at each.</summary>
    public async Task LookAsync()
    {
        // That leases got ready was told when they did.
        await adapter.FlushEventsAsync(default);
        records = (await adapter.Leases.ListAsync(default)).ToDictionary(r => r.Id);
    }

    public LeaseStatus StatusOf(int lease) => records[StoredHour.Lease(lease)].Status;

    /// <summary>Decides what a look that read this comes to, and writes it.</summary>
    public async Task WriteAsync(int lease, LeaseView view, ClusterFacts cluster, MeteringNews news, LeasePolicy policy, long nowMs, CancellationToken cancellation)
    {
        var record = records[StoredHour.Lease(lease)];
        var facts = cluster with { IsolationHash = "isolated", AppliedSpecHash = Some.SpecHash, Items = [new ItemFact("web", "Deployment", cluster.Pods.Count, cluster.Pods.Count, 0, false, "")] };
        var decision = LeaseMachine.Decide(new LeaseObservation(view, Workload, facts, null, record.Status, news, null, false, policy, record.Generation, nowMs));
        await adapter.Leases.WriteStatusAsync(record, decision.Status, cancellation);
    }

    /// <summary>How many say something else in the server than what was closed.</summary>
    public async Task<int> CountOtherThanAsync(IReadOnlyList<MeteringNews> closed)
    {
        var (others, bytes) = (0, 0L);
        await Parallel.ForAsync(0, leases, parallelism, async (lease, cancellation) =>
        {
            var space = StoredHour.Lease(lease).Namespace;
            var stored = await Objects.GetAsync(space, space, cancellation);
            Interlocked.Add(ref bytes, stored?.ToJsonString().Length ?? 0);
            if ((string?)stored?["status"]?["settlement"]?["evidence"] != closed[lease].Evidence) Interlocked.Increment(ref others);
        });
        ObjectBytes = (int)(bytes / leases);
        return others;
    }

    /// <summary>The machine's ceiling: as many objects of that size, written by who does nothing else to a server that checks nothing of them.</summary>
    public async Task<Effort> WriteBareAsync()
    {
        var maps = admin.Resource<V1ConfigMap>();
        var made = new V1ConfigMap[leases];
        await Parallel.ForAsync(0, leases, parallelism, async (i, c) => made[i] = await maps.CreateAsync(Map(i, 'a'), cancellationToken: c));
        return await Effort.OfAsync(() => Parallel.ForAsync(0, leases, parallelism, async (i, c) => await maps.ReplaceAsync(made[i] with { Data = Map(i, 'b').Data }, cancellationToken: c)));
    }

    public async ValueTask DisposeAsync()
    {
        await adapter.DisposeAsync();
        admin.Dispose();
        server.Dispose();
    }

    private async Task FillAsync(long start)
    {
        await adapter.StartAsync(default);
        var workload = JsonNode.Parse(JsonSerializer.Serialize(Some.Workload))!;
        await Parallel.ForAsync(0, leases, parallelism, async (lease, cancellation) =>
        {
            var id = StoredHour.Lease(lease);
            await adapter.Leases.EnsureAsync(new MatchedLease(id, Some.Terms with { ActivateBy = start + 600 }, 1), cancellation);
            await Objects.PatchAsync(id.Namespace, id.Namespace, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["workload"] = workload.DeepClone() } }), cancellationToken: cancellation);
        });
        await Eventually.TrueAsync(async () => (await adapter.Leases.ListAsync(default)).Count(r => r.Workload is not null) == leases, 60, "all leases are seen with their workloads");
    }

    private V1ConfigMap Map(int number, char fill) =>
        new() { Metadata = new() { Name = $"bare-{number}", Namespace = "default" }, Data = new Dictionary<string, string> { ["status"] = new(fill, ObjectBytes) } };
}
