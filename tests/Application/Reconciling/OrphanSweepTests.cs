using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Reconciling;

/// <summary>Namespaces that no ComputeLease speaks for: they go when the chain is certain, and not before.</summary>
public sealed class OrphanSweepTests
{
    private readonly FakeClock clock = new();
    private readonly InMemoryCluster cluster = new(new PortGate());
    private readonly InMemoryChain chain;
    private readonly Orphans orphans = new();
    private readonly OperatorHealth health;
    private readonly OrphanSweep sweep;

    public OrphanSweepTests()
    {
        chain = new InMemoryChain(clock, new PortGate());
        health = new OperatorHealth(clock);
        health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
        sweep = new OrphanSweep(chain, orphans, cluster, health, clock, NullLogger<OrphanSweep>.Instance);
    }

    [Fact]
    public async Task NoLeaseOfThatId_GoesWhenABlockOfALaterTimeIsFinal()
    {
        var id = await OrphanAsync(1);
        await sweep.PassAsync(default);
        Mine(20);
        await sweep.PassAsync(default);
        Assert.False(cluster.Spaces[id].IsTerminating);
        // Clocks differ by half a minute: what is later than that was made after the namespace was there.
        while (chain.Blocks.Latest.Time <= clock.NowSeconds + 30) Mine(1);
        await sweep.PassAsync(default);
        Mine((int)(chain.Blocks.Latest.Number - chain.Blocks.Finalized.Number) - 1);
        await sweep.PassAsync(default);
        Assert.False(cluster.Spaces[id].IsTerminating);
        Mine(1);
        await sweep.PassAsync(default);
        Assert.True(cluster.Spaces[id].IsTerminating);
    }

    /// <summary>Its blocks get more, and all of them are older than the match.</summary>
    [Fact]
    public async Task NodeThatIsCatchingUp_ProvesNothing()
    {
        for (var i = 0; i < 200; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            chain.Mine();
        }

        var (id, start) = (await OrphanAsync(1, onChain: true), chain.Blocks.Latest.Time - 200);
        for (var block = 20ul; block < 200; block += 10)
        {
            chain.DistortHead = h => h with { Latest = block, LatestTime = start + (long)block, Confirmed = block - 1, ConfirmedTime = start + (long)block - 1, Finalized = block - 5 };
            await sweep.PassAsync(default);
        }

        Assert.False(cluster.Spaces[id].IsTerminating);
    }

    [Fact]
    public async Task ClosedLease_GoesWhenTheCloseIsFinal()
    {
        var id = await OrphanAsync(1, onChain: true);
        Mine(10);
        await sweep.PassAsync(default);
        Assert.False(cluster.Spaces[id].IsTerminating);
        Assert.True(chain.TryTransact(id, (stored, _) => stored with { Lease = stored.Lease with { State = LeaseState.Closed } }));
        await sweep.PassAsync(default);
        Assert.False(cluster.Spaces[id].IsTerminating);
        Mine(5);
        await sweep.PassAsync(default);
        Assert.True(cluster.Spaces[id].IsTerminating);
    }

    [Fact]
    public async Task ChainDoubtful_NothingGoes()
    {
        var id = await OrphanAsync(1);
        await sweep.PassAsync(default);
        Mine(40);
        await sweep.PassAsync(default);
        Mine(10);
        health.ChainFailed("the node is on a fork");
        await sweep.PassAsync(default);
        Assert.False(cluster.Spaces[id].IsTerminating);
        chain.IsDown = true;
        health.ChainSeen(health.Seen!.Picture);
        await Assert.ThrowsAsync<LedgerException>(() => sweep.PassAsync(default));
        Assert.False(cluster.Spaces[id].IsTerminating);
    }

    [Fact]
    public async Task OneCannotBeRemoved_TheOthersGo()
    {
        var (stuck, other) = (await OrphanAsync(1), await OrphanAsync(2));
        cluster.Unwritable.Add(stuck);
        await sweep.PassAsync(default);
        Mine(40);
        await sweep.PassAsync(default);
        Mine(10);
        await sweep.PassAsync(default);
        Assert.True(cluster.Spaces[other].IsTerminating);
    }

    [Fact]
    public async Task ManyThatNothingIsCertainOf_KeepNoneWaiting()
    {
        var ids = new List<LeaseId>();
        for (var i = 1; i <= 220; i++) ids.Add(await OrphanAsync(i, onChain: true));
        var ended = ids.MaxBy(id => id.Hex, StringComparer.Ordinal);
        Assert.True(chain.TryTransact(ended, (stored, _) => stored with { Lease = stored.Lease with { State = LeaseState.Closed } }));
        Mine(10);
        for (var pass = 0; pass < 3; pass++) await sweep.PassAsync(default);
        Assert.True(cluster.Spaces[ended].IsTerminating);
        Assert.Single(cluster.Spaces.Values, s => s.IsTerminating);
    }

    private async Task<LeaseId> OrphanAsync(int number, bool onChain = false)
    {
        var id = Some.LeaseId(number);
        if (onChain) chain.Match(id, Some.Terms, Some.Deposit);
        await cluster.EnsureAsync(new MatchedLease(id, Some.Terms, 1), default);
        orphans.Ids.Add(id);
        return id;
    }

    private void Mine(int blocks)
    {
        for (var i = 0; i < blocks; i++) chain.Mine();
    }

    private sealed class Orphans : ILeaseSpaces
    {
        public List<LeaseId> Ids { get; } = [];

        public Task<IReadOnlyList<LeaseId>> ListWithoutObjectAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<LeaseId>>([.. Ids]);
    }
}
