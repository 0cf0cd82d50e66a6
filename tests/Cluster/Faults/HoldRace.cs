using System.Text.Json.Nodes;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Holding;

namespace Federation.Cluster.Tests.Faults;

/// <summary>A cluster of one node on a real API server, and operators that all quote for it. The chain tells no leases, and the time.</summary>
internal sealed class HoldRace : IAsyncDisposable
{
    private const string Space = "operator";
    private const int LifeSeconds = 60;

    private readonly ApiServer server;
    private readonly KubernetesClient admin;
    private readonly FakeClock clock = new();
    private readonly List<Desk> desks = [];
    private int asked;

    private HoldRace(ApiServer server) => (this.server, admin) = (server, server.Client());

    /// <summary>Writes that were refused, since the holds were others by then.</summary>
    public int Lost => desks.Sum(d => d.Lost);

    /// <param name="terms">Of the operators.</param>
    public static async Task<HoldRace> OpenAsync(int devices, params long[] terms)
    {
        var race = new HoldRace(await ApiServer.StartAsync());
        try
        {
            await race.FurnishAsync(devices);
            foreach (var term in terms) race.desks.Add(await race.StartAsync(term, devices));
            race.SeeChain();
            return race;
        }
        catch
        {
            await race.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks all at once, each of somebody else's behalf.</summary>
    /// <param name="where">The operators that are asked.</param>
    public Task<QuoteResult[]> AskAsync(IReadOnlyList<int> where, int devices)
    {
        var requests = where.Select(_ => Some.Request with { Tenant = $"0x{++asked:x40}", Resources = Some.Resources with { GpuA = new GpuCount(Some.GpuClassHash, (ushort)devices) } }).ToArray();
        return Task.WhenAll(where.Select((desk, i) => Task.Run(() => AskAsync(desks[desk], requests[i]))));
    }

    /// <summary>As they lie in the cluster, without those whose time is over.</summary>
    public async Task<IReadOnlyList<Hold>> ReadOpenAsync() =>
        [.. (await new HoldStore(admin, Space, 0).ReadAsync(fresh: true, default)).Holds.Where(h => h.ExpiresAt >= clock.NowSeconds)];

    /// <summary>A block comes that is past the expiry of all.</summary>
    public void EndHolds()
    {
        clock.Advance(TimeSpan.FromSeconds(LifeSeconds + 1));
        SeeChain();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var desk in desks) await desk.DisposeAsync();
        admin.Dispose();
        server.Dispose();
    }

    private async Task<QuoteResult> AskAsync(Desk desk, RequestTerms request)
    {
        var offer = Some.Offer with { Resources = request.Resources, ExpiresAt = clock.NowSeconds + LifeSeconds };
        try
        {
            return await desk.Offers.SignAsync(offer, request, new Asker(request.PaidBy(), request.Tenant, 1_000_000_000), default);
        }
        catch (ClusterException refused)
        {
            return QuoteResult.Refuse(refused.Reason, refused.Message);
        }
    }

    private async Task FurnishAsync(int devices)
    {
        var nodes = admin.Resource(ResourceKinds.Node);
        await nodes.CreateAsync(new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "n1", ["labels"] = Json.Map(("nvidia.com/gpu.product", "NVIDIA-A100-SXM4-80GB"), ("nvidia.com/gpu.memory", "81920")) },
            ["status"] = new JsonObject
            {
                ["allocatable"] = Json.Map(("cpu", "64"), ("memory", "256Gi"), ("ephemeral-storage", "1Ti"), ("pods", "110"), ("nvidia.com/gpu", Amount.Count((ulong)devices))),
                ["conditions"] = new JsonArray(Json.Map(("type", "Ready"), ("status", "True"))),
            },
        });
        await nodes.PatchAsync("n1", null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }));
        foreach (var (name, handler) in new[] { ("gvisor", "runsc"), ("nvidia", "nvidia") })
            await admin.Resource(ResourceKinds.RuntimeClass).CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["handler"] = handler });
    }

    private async Task<Desk> StartAsync(long term, int devices)
    {
        var desk = new Desk(new ClusterAdapter(
            new ClusterOptions { Chain = new ChainIdentity(31337, Some.Token), DatacenterName = AdapterFixture.Datacenter, OperatorNamespace = Space, Term = term },
            server.Configuration(), FakeHasher.Instance), clock);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await desk.Adapter.StartAsync(limit.Token);
        if (desks.Count == 0) await admin.ApplyAsync(AdapterFixture.Sample("datacenter-gpu"), new ApplyOptions { FieldManager = "admin" });
        await Eventually.TrueAsync(async () => (await desk.Adapter.Workloads.ReadCapacityAsync(default)) is { Nodes: [var node], GpuClasses.Count: > 0 } && node.Free.Extended.GetValueOrDefault("nvidia.com/gpu") == devices);
        return desk;
    }

    private void SeeChain()
    {
        foreach (var desk in desks)
        {
            desk.Health.IsPollDue(TimeSpan.Zero);
            desk.Health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1") { LatestTime = clock.NowSeconds }, new Dictionary<LeaseId, LeaseView>(), []));
        }
    }

    /// <summary>What one operator quotes with.</summary>
    private sealed class Desk : IHoldStore, IAsyncDisposable
    {
        private int lost;

        public Desk(ClusterAdapter adapter, TimeProvider clock)
        {
            (Adapter, Health) = (adapter, new OperatorHealth(clock));
            var capacities = new CapacityReader(adapter.Workloads, adapter.Leases, this, Health, FakeHasher.Instance, HoldLimits.Usual, clock);
            Offers = new HeldOffers(capacities, this, new FakeOfferSigner(), FakeHasher.Instance, HoldLimits.Usual);
        }

        public ClusterAdapter Adapter { get; }

        public OperatorHealth Health { get; }

        public HeldOffers Offers { get; }

        public int Lost => lost;

        public Task<HoldList> ReadAsync(bool fresh, CancellationToken cancellation) => Adapter.Holds.ReadAsync(fresh, cancellation);

        public async Task<bool> TryWriteAsync(HoldList seen, IReadOnlyList<Hold> holds, CancellationToken cancellation)
        {
            if (await Adapter.Holds.TryWriteAsync(seen, holds, cancellation)) return true;
            Interlocked.Increment(ref lost);
            return false;
        }

        public async ValueTask DisposeAsync()
        {
            Offers.Dispose();
            await Adapter.DisposeAsync();
        }
    }
}
