using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Watching;

public sealed class ChainWatcherTests
{
    private static readonly PortGate Gate = new();
    private readonly FakeClock clock = new();
    private readonly InMemoryChain chain;
    private readonly InMemoryCluster cluster = new(Gate);

    public ChainWatcherTests() => chain = new InMemoryChain(clock, Gate);

    [Fact]
    public async Task Match_Confirmed_GetsItsObject()
    {
        var id = Match(1);
        Assert.Empty((await NewWatcher().PollAsync(default)).Views);
        chain.Mine();
        var view = Assert.Single((await NewWatcher().PollAsync(default)).Views).Value;
        Assert.Equal((id, LeaseState.Reserved, LeaseState.None), (view.Id, view.Confirmed.State, view.Finalized.State));
        Assert.True(cluster.Spaces.ContainsKey(id));
    }

    [Fact]
    public async Task Cursor_StandsOnFinality_AndIsRarelyWritten()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(10);
        await watcher.PollAsync(default);
        Assert.Equal(chain.Blocks.Finalized.Number, cluster.Cursor!.Block);
        var saved = cluster.Cursor;
        Mine(900);
        await watcher.PollAsync(default);
        Assert.Equal(saved, cluster.Cursor);
        Mine(200);
        await watcher.PollAsync(default);
        Assert.Equal(chain.Blocks.Finalized.Number, cluster.Cursor.Block);
    }

    [Fact]
    public async Task Node_BehindTheCursor_IsNotBelieved()
    {
        var watcher = await SettledWatcherAsync();
        chain.DistortHead = h => h with { Finalized = cluster.Cursor!.Block - 1 };
        var error = await Assert.ThrowsAsync<LedgerException>(() => watcher.PollAsync(default));
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task Node_WithOtherHashAtTheCursor_IsNotBelieved()
    {
        var watcher = await SettledWatcherAsync();
        chain.DistortHead = h => h with { Finalized = cluster.Cursor!.Block, FinalizedHash = "0xfork" };
        Assert.Contains("fork", (await Assert.ThrowsAsync<LedgerException>(() => watcher.PollAsync(default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongChain_IsPassedOn()
    {
        chain.IsWrongChain = true;
        Assert.False((await Assert.ThrowsAsync<LedgerException>(() => NewWatcher().PollAsync(default))).IsTransient);
    }

    [Fact]
    public async Task Cursor_OfAnotherContract_IsStartedAnew()
    {
        Match(1);
        Mine(10);
        await cluster.SaveAsync(new ChainCursor(1, "0xOther", 5_000, "0x5000"), default);
        Assert.Single((await NewWatcher().PollAsync(default)).Views);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EditedChain_IsSetBack_BySameAndByNewProcess(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        var id = Some.LeaseId(1);
        var right = cluster.Spaces[id].Chain;
        cluster.Change(id, s => s with { Chain = s.Chain with { Terms = s.Chain.Terms with { SpecHash = "0xmine" } } });
        await (afterRestart ? NewWatcher() : watcher).PollAsync(default);
        Assert.Equal(right, cluster.Spaces[id].Chain);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeletedObject_OfALiveLease_ComesBack(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        cluster.DeleteByHand(Some.LeaseId(1));
        await (afterRestart ? NewWatcher() : watcher).PollAsync(default);
        Assert.True(cluster.Spaces.ContainsKey(Some.LeaseId(1)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RemovedObject_OfAnEndedLease_StaysAway(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        chain.TryTransact(Some.LeaseId(1), LeaseContract.Refuse);
        Mine(10);
        cluster.DeleteByHand(Some.LeaseId(1));
        await (afterRestart ? NewWatcher() : watcher).PollAsync(default);
        Assert.Empty(cluster.Spaces);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AmendedTerms_ReachTheObject(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        var id = Some.LeaseId(1);
        chain.TryTransact(id, LeaseContract.Activate);
        chain.TryTransact(id, (l, _) => LeaseContract.AmendSpec(l, "0xnew"));
        Mine(1);
        var view = (await (afterRestart ? NewWatcher() : watcher).PollAsync(default)).Views[id];
        Assert.Equal(("0xnew", true), (view.Terms.SpecHash, view.Confirmed.TermsMatch));
        Assert.Equal(chain.Find(id)!.Terms, cluster.Spaces[id].Chain.Terms);
    }

    [Fact]
    public async Task ReorgedAmendment_IsSetBack()
    {
        var watcher = await SettledWatcherAsync();
        var id = Some.LeaseId(1);
        chain.TryTransact(id, LeaseContract.Activate);
        Mine(5);
        chain.TryTransact(id, (l, _) => LeaseContract.AmendSpec(l, "0xnew"));
        Mine(1);
        await watcher.PollAsync(default);
        Assert.Equal("0xnew", cluster.Spaces[id].Chain.Terms.SpecHash);
        chain.Blocks.Reorg(2);
        await watcher.PollAsync(default);
        Assert.Equal(Some.SpecHash, cluster.Spaces[id].Chain.Terms.SpecHash);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EndedLease_WithoutObject_OwesUntilAllIsPaid(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        var id = Some.LeaseId(1);
        chain.TryTransact(id, LeaseContract.Activate);
        var used = UsageVector.Zero with { CpuMilliSeconds = 100_000 };
        clock.Advance(TimeSpan.FromSeconds(60));
        chain.TryTransact(id, (l, time) => LeaseContract.Settle(l, new Receipt(id, 1, time, used, 0, Receipt.NoEvidence, false), time));
        chain.TryTransact(id, (l, time) => LeaseContract.Close(l, CloseReason.Tenant, time));
        chain.TryTransact(id, (l, time) => LeaseContract.Settle(l, new Receipt(id, 2, time, used, 0, Receipt.NoEvidence, true), time));
        Assert.True(chain.Find(id)!.Lease is { State: LeaseState.Closed, Ring.Pending.IsZero: false });
        Mine(5);
        cluster.DeleteByHand(id);

        await watcher.PollAsync(default);
        watcher = afterRestart ? NewWatcher() : watcher;
        clock.Advance(TimeSpan.FromSeconds(2 * Some.Terms.Parameters.MaturitySeconds));
        Mine(2);
        var picture = await watcher.PollAsync(default);
        Assert.Empty(picture.Views);
        var view = Assert.Single(picture.Owing);
        Assert.True(Collection.IsDue(view.Confirmed, view.Terms, view.BlockTime));

        chain.TryTransact(id, LeaseContract.Collect);
        clock.Advance(TimeSpan.FromSeconds(20));
        Mine(6);
        Assert.False(Collection.IsOpen(Assert.Single((await watcher.PollAsync(default)).Owing).Confirmed, Some.Terms));
        clock.Advance(TimeSpan.FromSeconds(20));
        Mine(1);
        Assert.Empty((await watcher.PollAsync(default)).Owing);
    }

    [Fact]
    public async Task OneUnwritableLease_HoldsUpNoOther_AndComesWhenItCan()
    {
        var watcher = NewWatcher();
        cluster.Unwritable.Add(Match(1));
        Match(2);
        Mine(10);
        Assert.Equal(Some.LeaseId(2), Assert.Single((await watcher.PollAsync(default)).Views).Key);
        cluster.Unwritable.Clear();
        Assert.Equal(2, (await watcher.PollAsync(default)).Views.Count);
    }

    /// <summary>A permanent refusal does not go away by being tried again: it must not pin the cursor, and the restart scan, for ever.</summary>
    [Fact]
    public async Task LeaseThatTheClusterRefusesForGood_IsToldAfterSomePatience_AndPinsNoCursor()
    {
        var watcher = NewWatcher();
        var id = Match(1);
        cluster.Colliding.Add(id);
        Match(2);
        Mine(10);
        var picture = await watcher.PollAsync(default);
        Assert.Equal((Some.LeaseId(2), 0), (Assert.Single(picture.Views).Key, picture.Unhoused.Count));
        Assert.Equal(chain.Blocks.Finalized.Number, cluster.Cursor!.Block);
        clock.Advance(TimeSpan.FromSeconds(60));
        Mine(2);
        picture = await watcher.PollAsync(default);
        Assert.Equal((id, LeaseState.Reserved), (Assert.Single(picture.Unhoused).Id, picture.Unhoused[0].Confirmed.State));
        // Its place is kept as long as it may come.
        Assert.Equal(id, Assert.Single(picture.Unwritten).Id);

        chain.TryTransact(id, LeaseContract.Refuse);
        Mine(10);
        Assert.True(Assert.Single((await watcher.PollAsync(default)).Unhoused).IsOver);
        Mine(1);
        picture = await watcher.PollAsync(default);
        Assert.Equal((0, 0), (picture.Unhoused.Count, picture.Unwritten.Count));
    }

    [Fact]
    public async Task LeaseThatTheClusterTakesAfterAll_IsNotGivenBack()
    {
        var watcher = NewWatcher();
        cluster.Colliding.Add(Match(1));
        Mine(1);
        await watcher.PollAsync(default);
        cluster.Colliding.Clear();
        clock.Advance(TimeSpan.FromSeconds(60));
        Mine(2);
        var picture = await watcher.PollAsync(default);
        Assert.Equal((1, 0), (picture.Views.Count, picture.Unhoused.Count));
    }

    [Fact]
    public async Task CursorThatCannotBeSaved_HoldsUpNoPicture()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(1);
        await watcher.PollAsync(default);
        Mine(2000);
        cluster.Fault = ApiFault.RefusesWrites;
        Assert.Single((await watcher.PollAsync(default)).Views);
    }

    [Fact]
    public async Task SameHead_IsReadOnce_UntilAnObjectDiffers()
    {
        var watcher = await SettledWatcherAsync();
        var picture = await watcher.PollAsync(default);
        Assert.Same(picture, await watcher.PollAsync(default));
        Mine(1);
        Assert.NotSame(picture, picture = await watcher.PollAsync(default));
        cluster.DeleteByHand(Some.LeaseId(1));
        Assert.NotSame(picture, await watcher.PollAsync(default));
        Assert.True(cluster.Spaces.ContainsKey(Some.LeaseId(1)));
    }

    [Fact]
    public async Task SameHeight_OtherBlocks_AreReadAnew()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(1);
        var picture = await watcher.PollAsync(default);
        chain.DistortHead = h => h with { ConfirmedHash = "0xother" };
        Assert.NotSame(picture, await watcher.PollAsync(default));
    }

    [Fact]
    public async Task ReorgedMatch_IsSeenAsGone_OnceFinalityHasPassedIt()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(1);
        Assert.False((await watcher.PollAsync(default)).Views.Values.Single().WasReorgedAway);
        chain.Blocks.Reorg(2);
        Assert.False((await watcher.PollAsync(default)).Views.Values.Single().WasReorgedAway);
        Mine(6);
        Assert.True((await watcher.PollAsync(default)).Views.Values.Single().WasReorgedAway);
    }

    [Fact]
    public async Task AmendedTerms_AreRememberedUntilTheAmendmentIsFinal_BySameAndByNewProcess()
    {
        var (watcher, id) = (await SettledWatcherAsync(), Some.LeaseId(1));
        foreach (var cpu in new uint[] { 1500, 1000 })
            Assert.True(chain.TryTransact(id, (lease, _) => Resized(lease, cpu)));
        Mine(1);
        foreach (var seen in new[] { watcher, NewWatcher() })
        {
            var view = (await seen.PollAsync(default)).Views[id];
            Assert.Equal((1000u, true), (view.Terms.Resources.CpuMilli, view.Earlier.Select(t => t.Resources.CpuMilli).Contains(2000u)));
        }

        Mine(6);
        foreach (var seen in new[] { watcher, NewWatcher() }) Assert.Empty((await seen.PollAsync(default)).Views[id].Earlier);
    }

    private static StoredLease Resized(StoredLease lease, uint cpu) => lease with
    {
        Terms = lease.Terms with { Resources = lease.Terms.Resources with { CpuMilli = cpu } }, Lease = lease.Lease with { Amendments = lease.Lease.Amendments + 1 },
    };

    // A chain whose blooms say nothing, and a node that says nothing for longer than the cursor waits.
    [Fact]
    public async Task OmittedMatch_IsMissedByItsStake_AndFoundOnceItIsTold()
    {
        var watcher = await SettledWatcherAsync();
        var id = Match(2);
        var block = chain.Blocks.Latest.Number;
        chain.Omitted.Add(id);
        for (var search = 0; search < 2; search++)
        {
            Mine(1_200);
            var error = await Assert.ThrowsAsync<LedgerException>(() => watcher.PollAsync(default));
            Assert.True(error.IsTransient);
            Assert.Contains("leaves logs out", error.Message, StringComparison.Ordinal);
            // Nobody tells of it: those that are known go on.
            Assert.Equal(Some.LeaseId(1), Assert.Single((await watcher.PollAsync(default)).Views).Key);
            Mine(100);
            await watcher.PollAsync(default);
        }

        Assert.True(cluster.Cursor!.Block > block);
        chain.Omitted.Clear();
        Mine(600);
        await Assert.ThrowsAsync<LedgerException>(() => watcher.PollAsync(default));
        Assert.Equal(2, (await watcher.PollAsync(default)).Views.Count);
        Assert.True(cluster.Spaces.ContainsKey(id));
        Mine(700);
        Assert.Equal(2, (await watcher.PollAsync(default)).Views.Count);
    }

    private async Task<ChainWatcher> SettledWatcherAsync()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(10);
        await watcher.PollAsync(default);
        return watcher;
    }

    private LeaseId Match(int number) => chain.Match(Some.LeaseId(number), Some.Terms, Some.Deposit);

    private void Mine(int blocks)
    {
        for (var i = 0; i < blocks; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            chain.Mine();
        }
    }

    private ChainWatcher NewWatcher() => new(chain, chain, cluster, cluster, new WatcherOptions(1, "0xManager", 1), clock, NullLogger<ChainWatcher>.Instance);
}
