using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Watching;

public sealed class ChainWatcherTests
{
    private static readonly PortGate Gate = new();
    private readonly InMemoryChain chain = new(new FakeClock(), Gate);
    private readonly InMemoryCluster cluster = new(Gate);

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
        chain.TryTransact(Some.LeaseId(1), (l, _) => LeaseContract.Refuse(l));
        Mine(10);
        cluster.DeleteByHand(Some.LeaseId(1));
        await (afterRestart ? NewWatcher() : watcher).PollAsync(default);
        Assert.Empty(cluster.Spaces);
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
        for (var i = 0; i < blocks; i++) chain.Mine();
    }

    private ChainWatcher NewWatcher() => new(chain, cluster, cluster, new WatcherOptions(1, "0xManager", 1), NullLogger<ChainWatcher>.Instance);
}
