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

public sealed class ChainWatcherTests : WatchedChain
{
    [Fact]
    public async Task Match_Confirmed_GetsItsObject()
    {
        var id = Match(1);
        Assert.Empty((await NewWatcher().PollAsync(default)).Views);
        Chain.Mine();
        var view = Assert.Single((await NewWatcher().PollAsync(default)).Views).Value;
        Assert.Equal((id, LeaseState.Reserved, LeaseState.None), (view.Id, view.Confirmed.State, view.Finalized.State));
        Assert.True(Cluster.Spaces.ContainsKey(id));
    }

    [Fact]
    public async Task Cursor_StandsOnFinality_AndIsRarelyWritten()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(10);
        await watcher.PollAsync(default);
        Assert.Equal(Chain.Blocks.Finalized.Number, Cluster.Cursor!.Block);
        var saved = Cluster.Cursor;
        Mine(900);
        await watcher.PollAsync(default);
        Assert.Equal(saved, Cluster.Cursor);
        Mine(200);
        await watcher.PollAsync(default);
        Assert.Equal(Chain.Blocks.Finalized.Number, Cluster.Cursor.Block);
    }

    [Fact]
    public async Task Node_BehindTheCursor_IsNotBelieved()
    {
        var watcher = await SettledWatcherAsync();
        Chain.DistortHead = h => h with { Finalized = Cluster.Cursor!.Block - 1 };
        var error = await Assert.ThrowsAsync<LedgerException>(() => watcher.PollAsync(default));
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task Node_WithOtherHashAtTheCursor_IsNotBelieved()
    {
        var watcher = await SettledWatcherAsync();
        Chain.DistortHead = h => h with { Finalized = Cluster.Cursor!.Block, FinalizedHash = "0xfork" };
        Assert.Contains("fork", (await Assert.ThrowsAsync<LedgerException>(() => watcher.PollAsync(default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongChain_IsPassedOn()
    {
        Chain.IsWrongChain = true;
        Assert.False((await Assert.ThrowsAsync<LedgerException>(() => NewWatcher().PollAsync(default))).IsTransient);
    }

    [Fact]
    public async Task Cursor_OfAnotherContract_IsStartedAnew()
    {
        Match(1);
        Mine(10);
        await Cluster.SaveAsync(new ChainCursor(1, "0xOther", 5_000, "0x5000"), default);
        Assert.Single((await NewWatcher().PollAsync(default)).Views);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EditedChain_IsSetBack_BySameAndByNewProcess(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        var id = Some.LeaseId(1);
        var right = Cluster.Spaces[id].Chain;
        Cluster.Change(id, s => s with { Chain = s.Chain with { Terms = s.Chain.Terms with { SpecHash = "0xmine" } } });
        await (afterRestart ? NewWatcher() : watcher).PollAsync(default);
        Assert.Equal(right, Cluster.Spaces[id].Chain);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeletedObject_OfALiveLease_ComesBack(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        Cluster.DeleteByHand(Some.LeaseId(1));
        await (afterRestart ? NewWatcher() : watcher).PollAsync(default);
        Assert.True(Cluster.Spaces.ContainsKey(Some.LeaseId(1)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RemovedObject_OfAnEndedLease_StaysAway(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        Chain.TryTransact(Some.LeaseId(1), LeaseContract.Refuse);
        Mine(10);
        Cluster.DeleteByHand(Some.LeaseId(1));
        await (afterRestart ? NewWatcher() : watcher).PollAsync(default);
        Assert.Empty(Cluster.Spaces);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AmendedTerms_ReachTheObject(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        var id = Some.LeaseId(1);
        Chain.TryTransact(id, LeaseContract.Activate);
        Chain.TryTransact(id, (l, _) => LeaseContract.AmendSpec(l, "0xnew"));
        Mine(1);
        var view = (await (afterRestart ? NewWatcher() : watcher).PollAsync(default)).Views[id];
        Assert.Equal(("0xnew", true), (view.Terms.SpecHash, view.Confirmed.TermsMatch));
        Assert.Equal(Chain.Find(id)!.Terms, Cluster.Spaces[id].Chain.Terms);
    }

    [Fact]
    public async Task ReorgedAmendment_IsSetBack()
    {
        var watcher = await SettledWatcherAsync();
        var id = Some.LeaseId(1);
        Chain.TryTransact(id, LeaseContract.Activate);
        Mine(5);
        Chain.TryTransact(id, (l, _) => LeaseContract.AmendSpec(l, "0xnew"));
        Mine(1);
        await watcher.PollAsync(default);
        Assert.Equal("0xnew", Cluster.Spaces[id].Chain.Terms.SpecHash);
        Chain.Blocks.Reorg(2);
        await watcher.PollAsync(default);
        Assert.Equal(Some.SpecHash, Cluster.Spaces[id].Chain.Terms.SpecHash);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EndedLease_WithoutObject_OwesUntilAllIsPaid(bool afterRestart)
    {
        var watcher = await SettledWatcherAsync();
        var id = Some.LeaseId(1);
        Chain.TryTransact(id, LeaseContract.Activate);
        var used = UsageVector.Zero with { CpuMilliSeconds = 100_000 };
        Clock.Advance(TimeSpan.FromSeconds(60));
        Chain.TryTransact(id, (l, time) => LeaseContract.Settle(l, new Receipt(id, 1, time, used, 0, Receipt.NoEvidence, false), time));
        Chain.TryTransact(id, (l, time) => LeaseContract.Close(l, CloseReason.Tenant, time));
        Chain.TryTransact(id, (l, time) => LeaseContract.Settle(l, new Receipt(id, 2, time, used, 0, Receipt.NoEvidence, true), time));
        Assert.True(Chain.Find(id)!.Lease is { State: LeaseState.Closed, Ring.Pending.IsZero: false });
        Mine(5);
        Cluster.DeleteByHand(id);

        await watcher.PollAsync(default);
        watcher = afterRestart ? NewWatcher() : watcher;
        Clock.Advance(TimeSpan.FromSeconds(2 * Some.Terms.Parameters.MaturitySeconds));
        Mine(2);
        var picture = await watcher.PollAsync(default);
        Assert.Empty(picture.Views);
        var view = Assert.Single(picture.Owing);
        Assert.True(Collection.IsDue(view.Confirmed, view.Terms, view.BlockTime));

        Chain.TryTransact(id, LeaseContract.Collect);
        Clock.Advance(TimeSpan.FromSeconds(20));
        Mine(6);
        Assert.False(Collection.IsOpen(Assert.Single((await watcher.PollAsync(default)).Owing).Confirmed, Some.Terms));
        Clock.Advance(TimeSpan.FromSeconds(20));
        Mine(1);
        Assert.Empty((await watcher.PollAsync(default)).Owing);
    }

    [Fact]
    public async Task OneUnwritableLease_HoldsUpNoOther_AndComesWhenItCan()
    {
        var watcher = NewWatcher();
        Cluster.Unwritable.Add(Match(1));
        Match(2);
        Mine(10);
        Assert.Equal(Some.LeaseId(2), Assert.Single((await watcher.PollAsync(default)).Views).Key);
        Cluster.Unwritable.Clear();
        Assert.Equal(2, (await watcher.PollAsync(default)).Views.Count);
    }

    /// <summary>A permanent refusal does not go away by being tried again: it must not pin the cursor, and the restart scan, for ever.</summary>
    [Fact]
    public async Task LeaseThatTheClusterRefusesForGood_IsToldAfterSomePatience_AndPinsNoCursor()
    {
        var watcher = NewWatcher();
        var id = Match(1);
        Cluster.Colliding.Add(id);
        Match(2);
        Mine(10);
        var picture = await watcher.PollAsync(default);
        Assert.Equal((Some.LeaseId(2), 0), (Assert.Single(picture.Views).Key, picture.Unhoused.Count));
        Assert.Equal(Chain.Blocks.Finalized.Number, Cluster.Cursor!.Block);
        Clock.Advance(TimeSpan.FromSeconds(60));
        Mine(2);
        picture = await watcher.PollAsync(default);
        Assert.Equal((id, LeaseState.Reserved), (Assert.Single(picture.Unhoused).Id, picture.Unhoused[0].Confirmed.State));
        // Its place is kept as long as it may come.
        Assert.Equal(id, Assert.Single(picture.Unwritten).Id);

        Chain.TryTransact(id, LeaseContract.Refuse);
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
        Cluster.Colliding.Add(Match(1));
        Mine(1);
        await watcher.PollAsync(default);
        Cluster.Colliding.Clear();
        Clock.Advance(TimeSpan.FromSeconds(60));
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
        Cluster.Fault = ApiFault.RefusesWrites;
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
        Cluster.DeleteByHand(Some.LeaseId(1));
        Assert.NotSame(picture, await watcher.PollAsync(default));
        Assert.True(Cluster.Spaces.ContainsKey(Some.LeaseId(1)));
    }

    [Fact]
    public async Task SameHeight_OtherBlocks_AreReadAnew()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(1);
        var picture = await watcher.PollAsync(default);
        Chain.DistortHead = h => h with { ConfirmedHash = "0xother" };
        Assert.NotSame(picture, await watcher.PollAsync(default));
    }

    [Fact]
    public async Task ReorgedMatch_IsSeenAsGone_OnceFinalityHasPassedIt()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(1);
        Assert.False((await watcher.PollAsync(default)).Views.Values.Single().WasReorgedAway);
        Chain.Blocks.Reorg(2);
        Assert.False((await watcher.PollAsync(default)).Views.Values.Single().WasReorgedAway);
        Mine(6);
        Assert.True((await watcher.PollAsync(default)).Views.Values.Single().WasReorgedAway);
    }

    [Fact]
    public async Task AmendedTerms_AreRememberedUntilTheAmendmentIsFinal_BySameAndByNewProcess()
    {
        var (watcher, id) = (await SettledWatcherAsync(), Some.LeaseId(1));
        foreach (var cpu in new uint[] { 1500, 1000 })
            Assert.True(Chain.TryTransact(id, (lease, _) => Resized(lease, cpu)));
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
        var block = Chain.Blocks.Latest.Number;
        Chain.Omitted.Add(id);
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

        Assert.True(Cluster.Cursor!.Block > block);
        Chain.Omitted.Clear();
        Mine(600);
        await Assert.ThrowsAsync<LedgerException>(() => watcher.PollAsync(default));
        Assert.Equal(2, (await watcher.PollAsync(default)).Views.Count);
        Assert.True(Cluster.Spaces.ContainsKey(id));
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
}
