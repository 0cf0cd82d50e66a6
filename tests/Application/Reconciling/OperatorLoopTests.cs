using System.Threading.Channels;
using Federation.Application.Holding;
using Federation.Application.Hostnames;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Federation.Testing.Usage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Reconciling;

public sealed class OperatorLoopTests
{
    private static readonly PortGate Gate = new();
    private readonly FakeClock clock = new();
    private readonly InMemoryChain chain;
    private readonly InMemoryCluster cluster = new(Gate);
    private readonly SlowCluster slow;
    private readonly OperatorHealth health;

    public OperatorLoopTests()
    {
        chain = new InMemoryChain(clock, Gate);
        slow = new SlowCluster(cluster, Some.LeaseId(1));
        health = new OperatorHealth(clock);
        foreach (var number in new[] { 1, 2 }) chain.Match(Some.LeaseId(number), Some.Terms, Some.Deposit);
        chain.Mine();
    }

    [Fact]
    public async Task SlowLease_HoldsUpNoOther_AndIsLookedAtOnceAtATime()
    {
        using var loop = NewLoop();
        for (var i = 0; i < 10; i++)
        {
            await loop.PassAsync(default);
            clock.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.True(cluster.Spaces[Some.LeaseId(2)].IsIsolated);
        Assert.False(cluster.Spaces[Some.LeaseId(1)].IsIsolated);
        Assert.Equal(1, slow.Observations);
    }

    [Fact]
    public async Task ChainDown_NothingIsDecided_AndHealthSaysWhy()
    {
        using var loop = NewLoop();
        await loop.PassAsync(default);
        // By then it has said what it waits for.
        clock.Advance(TimeSpan.FromSeconds(6));
        await loop.PassAsync(default);
        var writes = cluster.Writes.Count;
        chain.IsDown = true;
        cluster.Change(Some.LeaseId(2), s => s with { IsIsolated = false });
        clock.Advance(TimeSpan.FromMinutes(2));
        await loop.PassAsync(default);
        Assert.Equal(writes, cluster.Writes.Count);
        Assert.Equal("The node does not answer.", health.ChainError);
        chain.IsDown = false;
        clock.Advance(TimeSpan.FromSeconds(2));
        await loop.PassAsync(default);
        Assert.Null(health.ChainError);
        Assert.True(cluster.Spaces[Some.LeaseId(2)].IsIsolated);
    }

    [Fact]
    public async Task NodeThatStandsStill_IsLeft_OnceInFiveMinutes()
    {
        var nodes = new Nodes();
        using var loop = NewLoop(nodes);
        for (var minute = 0; minute < 11; minute++)
        {
            await loop.PassAsync(default);
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, nodes.Left);
        for (var minute = 0; minute < 11; minute++)
        {
            chain.Mine();
            await loop.PassAsync(default);
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, nodes.Left);
    }

    [Fact]
    public async Task Run_SurvivesAFailedPass_AndEndsWhenAsked()
    {
        using var loop = NewLoop();
        using var stop = new CancellationTokenSource();
        cluster.Fault = ApiFault.Down;
        var running = loop.RunAsync(stop.Token);
        Assert.False(running.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task NewBlockThatIsToldOf_IsReadAtOnce_AndWithoutThatAtTheInterval()
    {
        var told = new Blocks();
        using var loop = NewLoop(heads: told);
        using var stop = new CancellationTokenSource();
        var running = loop.RunAsync(stop.Token);
        var first = health.Head!.Latest;
        chain.Mine();
        clock.Advance(TimeSpan.FromSeconds(0.5));
        await loop.PassAsync(default);
        Assert.Equal(first, health.Head.Latest);

        told.Next.Writer.TryWrite(true);
        for (var patience = 0; health.Head.Latest == first && patience < 1_000; patience++) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(health.Head.Latest > first);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task FailedLook_IsRepeatedWhenItsPauseIsOver_NotOnlyWhenTheChainIsReadNext()
    {
        slow.Failure = new ClusterException("Away", "It is away.", isTransient: true);
        using var loop = NewLoop();
        using var stop = new CancellationTokenSource();
        var running = loop.RunAsync(stop.Token);
        Assert.Equal(1, slow.Observations);
        // The first pause is half a second at most, a poll each two.
        clock.Advance(TimeSpan.FromMilliseconds(510));
        for (var patience = 0; slow.Observations < 2 && patience < 1_000; patience++) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(2, slow.Observations);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private OperatorLoop NewLoop(ILedgerNodes? nodes = null, IHeadHints? heads = null)
    {
        var outbox = new IntentOutbox(clock);
        var windows = new WindowReader(new InMemoryUsage(Gate), FakeHasher.Instance);
        var capacities = new CapacityReader(slow, cluster, new InMemoryHolds().Open(), health, FakeHasher.Instance, HoldLimits.Usual, clock);
        var gather = new LeaseGatherer(slow, capacities, FakeHasher.Instance, windows, new ResultReader(chain, FakeHasher.Instance, outbox), new ImagePinner(new InMemoryImages(), clock, NullLogger<ImagePinner>.Instance), new HostnameWatch(new ProofSearch(new InMemoryNames(), clock, NullLogger<ProofSearch>.Instance), cluster, clock), new ExportReader(new InMemoryExportSigner(), NullLogger<ExportReader>.Instance), outbox, Some.Policy, health);
        return new OperatorLoop(
            new ChainWatcher(chain, chain, cluster, cluster, new WatcherOptions(1, "0xManager", 1), clock, NullLogger<ChainWatcher>.Instance),
            cluster,
            new LeaseReconciler(gather, slow, cluster, outbox, NullLogger<LeaseReconciler>.Instance),
            new LeaseAgenda(clock),
            health,
            new LoopOptions(TimeSpan.FromSeconds(2), 4),
            clock,
            NullLogger<OperatorLoop>.Instance,
            nodes,
            heads);
    }

    private sealed class Blocks : IHeadHints
    {
        public Channel<bool> Next { get; } = Channel.CreateUnbounded<bool>();

        public IAsyncEnumerable<bool> ReadAsync(CancellationToken cancellation) => Next.Reader.ReadAllAsync(cancellation);
    }

    private sealed class Nodes : ILedgerNodes
    {
        public int Left { get; private set; }

        public bool TryNext(string reason)
        {
            Left++;
            return true;
        }
    }

    // The API server never answers for one lease, or refuses.
    private sealed class SlowCluster(IWorkloadCluster inner, LeaseId stuck) : IWorkloadCluster
    {
        public ClusterException? Failure { get; set; }

        public int Observations { get; private set; }

        public Task<ClusterFacts> ObserveAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation)
        {
            if (id != stuck) return inner.ObserveAsync(id, terms, cancellation);
            Observations++;
            if (Failure is not null) throw Failure;
            return new TaskCompletionSource<ClusterFacts>().Task;
        }

        public Task ApplyAsync(LeaseEffect effect, CancellationToken cancellation) => inner.ApplyAsync(effect, cancellation);

        public Task<ClusterCapacity> ReadCapacityAsync(CancellationToken cancellation) => inner.ReadCapacityAsync(cancellation);
    }
}
