using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Holding;

/// <summary>A thousand leases are not drawn anew for each report while nothing happens to one of them.</summary>
public sealed class DrawingTests
{
    private readonly Site site = new();
    private readonly Steady cluster;
    private readonly CapacityReader capacities;

    public DrawingTests()
    {
        cluster = new Steady(site);
        capacities = new CapacityReader(cluster, cluster, site.Store, site.Health, FakeHasher.Instance, HoldLimits.Usual, site.Clock, site.Chain);
        See(Site.View(site.Request(1, 2), LeaseState.Active), Site.View(site.Request(2, 1), LeaseState.Active));
    }

    [Fact]
    public async Task NothingHappens_IsDrawnOnce()
    {
        var first = await SettledAsync();
        for (var i = 0; i < 3; i++) Assert.Same(first, await ReadAsync());
    }

    [Fact]
    public async Task AnythingHappens_IsDrawnAnew_AndThenOnce()
    {
        var last = await SettledAsync();
        var happenings = new Dictionary<string, Action>
        {
            ["a lease is matched"] = () => See([.. cluster.Views, Site.View(site.Request(3, 1), LeaseState.Reserved)]),
            ["one is over"] = () => See([.. cluster.Views.Skip(1)]),
            ["nodes change"] = () => cluster.Capacity = cluster.Capacity with { Nodes = [Some.Node("b", 4)] },
            ["pods change"] = () => cluster.Capacity = cluster.Capacity with { Uses = new Dictionary<string, IReadOnlyList<NodeUse>>() },
            ["a class is found"] = () => cluster.Capacity = cluster.Capacity with { GpuClasses = new Dictionary<string, GpuPlacement>() },
            ["storage is named"] = () => cluster.Capacity = cluster.Capacity with { StorageMiB = 1 },
            ["an object changes"] = () => cluster.Records = [.. cluster.Records],
        };
        foreach (var (what, happens) in happenings)
        {
            happens();
            Assert.False(ReferenceEquals(last, await ReadAsync()), what);
            last = await SettledAsync();
            Assert.Same(last, await ReadAsync());
        }
    }

    // A promise ends by the clock alone, and is free then.
    [Fact]
    public async Task WhileSomethingIsHeld_EachMomentIsDrawn()
    {
        site.Cluster.Nodes = cluster.Capacity.Nodes;
        Assert.Empty((await SettledAsync())!.Open);
        Assert.NotNull((await site.QuoteAsync(site.Request(9, 5))).Offer);
        var held = await ReadAsync();
        Assert.Single(held!.Open);
        site.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Empty((await ReadAsync())!.Open);
    }

    // A match that no final block knows is owed its place until the chain says that it never was.
    [Fact]
    public async Task MatchThatAReorgTookAway_IsOwedNothing_OnceThatIsFinal()
    {
        var lost = Site.View(site.Request(3, 1), LeaseState.None) with { MatchedBlock = 5, FinalizedBlock = 4 };
        See(lost);
        Assert.Equal(7, Free((await ReadAsync())!));
        cluster.Picture = cluster.Picture.At(cluster.Picture.Head with { Latest = 9, Confirmed = 9, Finalized = 9 });
        Assert.Equal(8, Free((await ReadAsync())!));
    }

    // Who had to be put somewhere else stays there from the next drawing on.
    private async Task<CapacityView?> SettledAsync()
    {
        await ReadAsync();
        return await ReadAsync();
    }

    private static int Free(CapacityView view) => (int)view.Book.Classes().Single(c => c.Class == Some.GpuClass).Free;

    private void See(params LeaseView[] views)
    {
        cluster.Views = views;
        cluster.Picture = new ChainPicture(new LedgerHead(1, 1, site.Clock.NowSeconds, "0x1", 1, "0x1") { LatestTime = site.Clock.NowSeconds }, views.ToDictionary(v => v.Id), []);
    }

    // Ten seconds and a block later.
    private Task<CapacityView?> ReadAsync()
    {
        site.Clock.Advance(TimeSpan.FromSeconds(10));
        var head = cluster.Picture.Head;
        site.Health.IsPollDue(TimeSpan.Zero);
        site.Health.ChainSeen(cluster.Picture.At(head with { ConfirmedTime = site.Clock.NowSeconds, LatestTime = site.Clock.NowSeconds }));
        return capacities.ReadAsync(fresh: true, default);
    }

    /// <summary>Says the same objects for as long as nothing changes, as informers do.</summary>
    private sealed class Steady(Site site) : IWorkloadCluster, ILeaseStore
    {
        public LeaseView[] Views { get; set; } = [];

        public ChainPicture Picture { get; set; } = null!;

        public IReadOnlyList<LeaseRecord> Records { get; set; } = [];

        public ClusterCapacity Capacity { get; set; } = new([Some.Node("a", Site.Devices)], new Dictionary<string, GpuPlacement> { [Some.GpuClass] = Some.GpuPlacement });

        public Task<ClusterCapacity> ReadCapacityAsync(CancellationToken cancellation) => Task.FromResult(Capacity with { });

        public Task<IReadOnlyList<LeaseRecord>> ListAsync(CancellationToken cancellation) => Task.FromResult(Records);

        public Task<ClusterFacts> ObserveAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation) => site.Cluster.ObserveAsync(id, terms, cancellation);

        public Task ApplyAsync(LeaseEffect effect, CancellationToken cancellation) => site.Cluster.ApplyAsync(effect, cancellation);

        public Task EnsureAsync(MatchedLease lease, CancellationToken cancellation) => site.Cluster.EnsureAsync(lease, cancellation);

        public Task<bool> WriteStatusAsync(LeaseRecord seen, LeaseStatus status, CancellationToken cancellation) => site.Cluster.WriteStatusAsync(seen, status, cancellation);
    }
}
