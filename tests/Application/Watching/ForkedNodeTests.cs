using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Watching;

/// <summary>A new process has only its cursor to tell by whether a node is on the chain that it was on before.</summary>
public sealed class ForkedNodeTests : WatchedChain
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 3_000)]
    [InlineData(30, 0)]
    [InlineData(30, 3_000)]
    public async Task RestartOnAFork_WhoseFinalizedHeadIsPastTheCursor_LosesNoLease(int before, int after)
    {
        var watcher = NewWatcher();
        Mine(before);
        var id = Match(1);
        Mine(2);
        await watcher.PollAsync(default);
        Mine(10);
        await watcher.PollAsync(default);
        Chain.Blocks.Fork((ulong)before);
        Mine(after);
        Assert.True(Chain.Blocks.Finalized.Number > Cluster.Cursor!.Block);
        Assert.Null(Chain.Find(id));
        var restarted = NewWatcher();
        for (var poll = 0; poll < 2; poll++)
        {
            Assert.Contains("fork", (await Assert.ThrowsAsync<LedgerException>(() => restarted.PollAsync(default))).Message, StringComparison.Ordinal);
            Mine(1);
        }

        Assert.True(Cluster.Spaces.ContainsKey(id));
    }

    // The cursor moves by a thousand blocks otherwise, and forks begin where one looked last.
    [Fact]
    public async Task MatchThatBecameFinal_IsCoveredByTheCursorAtOnce()
    {
        var watcher = NewWatcher();
        Match(1);
        Mine(10);
        await watcher.PollAsync(default);
        Mine(50);
        var id = Match(2);
        var block = Chain.Blocks.Latest.Number;
        for (var i = 0; i < 6; i++)
        {
            Mine(1);
            await watcher.PollAsync(default);
            Assert.Equal(Chain.Blocks.Finalized.Number >= block, Cluster.Cursor!.Block >= block);
        }

        Chain.Blocks.Fork(block - 1);
        Mine(10);
        await Assert.ThrowsAsync<LedgerException>(() => NewWatcher().PollAsync(default));
        Assert.True(Cluster.Spaces.ContainsKey(id));
    }

    [Fact]
    public async Task CursorOfAnOlderVersion_WithoutAHash_IsTakenOnce_AndThenHasOne()
    {
        Match(1);
        Mine(10);
        await Cluster.SaveAsync(new ChainCursor(1, "0xManager", Chain.Blocks.Finalized.Number, ""), default);
        Assert.Single((await NewWatcher().PollAsync(default)).Views);
        Assert.Equal((Chain.Blocks.Finalized.Number, Chain.Blocks.Finalized.Hash), (Cluster.Cursor!.Block, Cluster.Cursor.BlockHash));
        Chain.Blocks.Fork(1);
        Mine(10);
        await Assert.ThrowsAsync<LedgerException>(() => NewWatcher().PollAsync(default));
    }

    [Fact]
    public async Task LeaseThatCannotBeWritten_LeavesNoCursorWithoutAHash()
    {
        Mine(5);
        Cluster.Unwritable.Add(Match(1));
        Mine(10);
        var watcher = NewWatcher();
        await watcher.PollAsync(default);
        Assert.Null(Cluster.Cursor);
        Cluster.Unwritable.Clear();
        Mine(1);
        Assert.Single((await watcher.PollAsync(default)).Views);
        Assert.Equal(Chain.Blocks.Finalized.Hash, Cluster.Cursor!.BlockHash);
    }

    [Fact]
    public async Task ReorgAboveFinality_WhileNobodyLooked_IsNoFork()
    {
        Mine(20);
        var watcher = NewWatcher();
        await watcher.PollAsync(default);
        Match(1);
        Mine(1);
        await watcher.PollAsync(default);
        Chain.Blocks.Reorg(3);
        Mine(10);
        Assert.True((await NewWatcher().PollAsync(default)).Views.Values.Single().WasReorgedAway);
    }
}
