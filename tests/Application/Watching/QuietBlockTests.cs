using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Watching;

/// <summary>Blocks in which nothing happened are not gone through, and say what going through them would have said.</summary>
public sealed class QuietBlockTests : WatchedChain
{
    [Fact]
    public async Task BlockWithoutNews_LeavesTheLeasesAsTheyWere_AtItsOwnHeight()
    {
        var (watcher, id) = (NewWatcher(), Match(1));
        Mine(6);
        var before = await SettleAsync(watcher);
        Mine(1);
        var after = await watcher.PollAsync(default);
        Assert.Same(before.Changed, after.Changed);
        var (old, view) = (before.Views[id], after.Views[id]);
        Assert.Equal((after.Head.Confirmed, after.Head.Finalized, after.Head.ConfirmedTime, after.Head.FinalTime), (view.ConfirmedBlock, view.FinalizedBlock, view.BlockTime, view.FinalizedTime));
        Assert.Equal(old, view with { ConfirmedBlock = old.ConfirmedBlock, FinalizedBlock = old.FinalizedBlock, BlockTime = old.BlockTime, FinalizedTime = old.FinalizedTime });
        Assert.Equal([view], after.Views.Values);
        Assert.Equal([KeyValuePair.Create(id, view)], after.Views);
        Assert.True(after.Views.TryGetValue(id, out var found) && found == view);
        Assert.False(after.Views.TryGetValue(Some.LeaseId(2), out _));

        Chain.TryTransact(id, (lease, _) => LeaseContract.TopUp(lease, 7));
        Mine(1);
        Assert.NotSame(after.Changed, (await watcher.PollAsync(default)).Changed);
    }

    // Against one that begins anew every time and so goes through everything.
    [Fact]
    public async Task AnyHistory_IsReadAsByOneWhoBeginsAnew()
    {
        var quiet = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var (random, run) = (new Random(seed), new QuietBlockTests());
            var watcher = run.NewWatcher();
            IReadOnlyDictionary<LeaseId, LeaseView>? changed = null;
            for (var step = 0; step < 60; step++)
            {
                run.Happen(random, step);
                var picture = await watcher.PollAsync(default);
                if (ReferenceEquals(changed, picture.Changed)) quiet++;
                changed = picture.Changed;
                var anew = await run.NewWatcher().PollAsync(default);
                Assert.True(Said(picture).SequenceEqual(Said(anew)), $"seed {seed}, step {step}: {string.Join("\n", Said(picture))}\nbut begun anew\n{string.Join("\n", Said(anew))}");
            }
        }

        Assert.InRange(quiet, 300, 3_500);
    }

    // What was read of it before it failed is not read again: the poll after it must go through everything.
    [Fact]
    public async Task PollThatFailedHalfWay_IsNotGoneOnFromBefore()
    {
        var stake = new FailingStake(Chain);
        var (watcher, id) = (new ChainWatcher(Chain, stake, Cluster, Cluster, new WatcherOptions(1, "0xManager", 1), Clock, NullLogger<ChainWatcher>.Instance), Match(1));
        Mine(6);
        await SettleAsync(watcher);
        Assert.True(Chain.TryTransact(id, (lease, now) => LeaseContract.Close(lease, CloseReason.Tenant, now)));
        // All states and the stake are looked at by the minute, in the same poll.
        Mine(70);
        stake.Fails = true;
        await Assert.ThrowsAsync<LedgerException>(() => watcher.PollAsync(default));
        stake.Fails = false;
        Mine(1);
        Assert.Equal(LeaseState.Closed, (await watcher.PollAsync(default)).Views[id].Finalized.State);
    }

    private sealed class FailingStake(ILeaseActivity activity) : ILeaseActivity
    {
        public bool Fails { get; set; }

        public Task<LedgerChanges> ReadChangesAsync(ulong newsFrom, ulong touchedFrom, ulong toBlock, CancellationToken cancellation) =>
            activity.ReadChangesAsync(newsFrom, touchedFrom, toBlock, cancellation);

        public Task<BigInteger> ReadSlicedAsync(string token, ulong block, CancellationToken cancellation) =>
            Fails ? throw new LedgerException("no answer", isTransient: true) : activity.ReadSlicedAsync(token, block, cancellation);

        public Task CheckBlockAsync(ulong block, string hash, CancellationToken cancellation) => activity.CheckBlockAsync(block, hash, cancellation);
    }

    private void Happen(Random random, int step)
    {
        var id = Some.LeaseId(random.Next(1, 4));
        switch (random.Next(8))
        {
            case 0 when Chain.Find(id) is null: Match(id); break;
            case 1: Chain.TryTransact(id, (lease, _) => LeaseContract.TopUp(lease, (ulong)step + 1)); break;
            case 2: Chain.TryTransact(id, (lease, now) => LeaseContract.Activate(lease, now)); break;
            case 3 when step > 10: Chain.Blocks.Reorg(random.Next(1, 3)); break;
            case 4: Cluster.DeleteByHand(id); break;
            case 5: Chain.TryTransact(id, (lease, _) => LeaseContract.AmendSpec(lease, $"0x{step:x64}")); break;
            case 6 when random.Next(4) == 0: Chain.TryTransact(id, (lease, now) => LeaseContract.Close(lease, CloseReason.Tenant, now)); break;
        }

        Mine(random.Next(3));
    }

    private static IEnumerable<string> Said(ChainPicture picture) =>
        picture.Views.Values.OrderBy(v => v.Id.ToString(), StringComparer.Ordinal).Select(v => (v with { Earlier = [] }).ToString());

    private LeaseId Match(LeaseId id) => Chain.Match(id, Some.Terms, Some.Deposit);

    private async Task<ChainPicture> SettleAsync(ChainWatcher watcher)
    {
        for (var i = 0; i < 3; i++)
        {
            await watcher.PollAsync(default);
            Mine(1);
        }

        return await watcher.PollAsync(default);
    }
}
