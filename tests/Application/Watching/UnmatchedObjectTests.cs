using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Watching;

/// <summary>Objects of leases that the log does not know: forged ones go, and those of a node that knew more stay.</summary>
public sealed class UnmatchedObjectTests : WatchedChain
{
    /// <summary>What the log does not know says of itself when it was matched: a block that never comes would keep it for ever.</summary>
    [Fact]
    public async Task ObjectOfNoMatch_WhoseBlockIsYetToCome_IsGoneOnceTimeHasPassedIt()
    {
        var watcher = await SettledWatcherAsync();
        var forged = Some.LeaseId(7);
        await Cluster.EnsureAsync(new MatchedLease(forged, Some.Terms, 1_000_000), default);
        Assert.False((await watcher.PollAsync(default)).Views[forged].WasReorgedAway);
        Mine(20);
        Assert.False((await watcher.PollAsync(default)).Views[forged].WasReorgedAway);
        Mine(15);
        Assert.False((await watcher.PollAsync(default)).Views[forged].WasReorgedAway);
        Mine(6);
        var views = (await watcher.PollAsync(default)).Views;
        Assert.True(views[forged].WasReorgedAway);
        Assert.False(views[Some.LeaseId(1)].WasReorgedAway);
    }

    /// <summary>Another process wrote it by a node that knew more.</summary>
    [Fact]
    public async Task ObjectOfALaterMatch_IsKeptWhileTheNodeCatchesUp()
    {
        Match(1);
        Mine(100);
        var (id, start) = (Match(2), Chain.Blocks.Latest.Time - (long)Chain.Blocks.Latest.Number);
        await Cluster.EnsureAsync(new MatchedLease(id, Some.Terms, Chain.Blocks.Latest.Number), default);
        Mine(10);
        var watcher = NewWatcher();
        for (var block = 20ul; block < 100; block += 10)
        {
            Chain.DistortHead = h => h with
            {
                Latest = block, LatestTime = start + (long)block, Confirmed = block - 1, ConfirmedTime = start + (long)block - 1, ConfirmedHash = $"0x{block - 1}",
                Finalized = block - 5, FinalizedHash = $"0x{block - 5}",
            };
            Assert.False((await watcher.PollAsync(default)).Views[id].WasReorgedAway);
        }

        Chain.DistortHead = null;
        Assert.Equal(LeaseState.Reserved, (await watcher.PollAsync(default)).Views[id].Finalized.State);
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
