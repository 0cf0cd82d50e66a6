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

/// <summary>States are read again where a log tells of a change, and all of them once a minute.</summary>
public sealed class LeaseStatesTests : ILeaseActivity, ILeaseLedger
{
    private readonly FakeClock clock = new();
    private readonly InMemoryChain chain;
    private readonly ChainWatcher watcher;
    private readonly List<LeaseId> read = [];
    private bool leavesLogsOut;

    public LeaseStatesTests()
    {
        chain = new InMemoryChain(clock, new PortGate());
        var cluster = new InMemoryCluster(new PortGate());
        watcher = new ChainWatcher(this, this, cluster, cluster, new WatcherOptions(1, "0xManager", 1), clock, NullLogger<ChainWatcher>.Instance);
    }

    [Fact]
    public async Task OnlyWhatWasTouched_IsReadAgain_UntilItIsFinal()
    {
        var (still, busy) = (Match(1), Match(2));
        await SettleDownAsync();
        chain.TryTransact(busy, (lease, _) => LeaseContract.TopUp(lease, 7));
        chain.Mine();
        read.Clear();
        var views = (await watcher.PollAsync(default)).Views;
        Assert.Equal([busy], read.Distinct());
        Assert.Equal((Some.Deposit + 7, Some.Deposit), (views[busy].Confirmed.Escrow, views[busy].Finalized.Escrow));
        await SettleDownAsync();
        views = (await watcher.PollAsync(default)).Views;
        Assert.Equal((Some.Deposit + 7, Some.Deposit + 7), (views[busy].Confirmed.Escrow, views[busy].Finalized.Escrow));
        read.Clear();
        chain.Mine();
        Assert.Equal(Some.Deposit, (await watcher.PollAsync(default)).Views[still].Confirmed.Escrow);
        Assert.Empty(read);
    }

    [Fact]
    public async Task LogsLeftOut_TheChangeIsSeenWithinAMinute()
    {
        var lease = Match(1);
        await SettleDownAsync();
        leavesLogsOut = true;
        chain.TryTransact(lease, (l, _) => LeaseContract.TopUp(l, 7));
        chain.Mine();
        Assert.Equal(Some.Deposit, (await watcher.PollAsync(default)).Views[lease].Confirmed.Escrow);
        clock.Advance(TimeSpan.FromSeconds(62));
        chain.Mine();
        chain.Mine();
        Assert.Equal(Some.Deposit + 7, (await watcher.PollAsync(default)).Views[lease].Confirmed.Escrow);
    }

    [Fact]
    public async Task WhatIsReadAgainUnchanged_IsTheObjectOfBefore_AtBothDepths()
    {
        var lease = Match(1);
        await SettleDownAsync();
        var before = (await watcher.PollAsync(default)).Views[lease];
        Assert.Same(before.Confirmed, before.Finalized);
        clock.Advance(TimeSpan.FromSeconds(62));
        read.Clear();
        await SettleDownAsync();
        Assert.Contains(lease, read);
        Assert.Same(before.Confirmed, (await watcher.PollAsync(default)).Views[lease].Confirmed);

        chain.TryTransact(lease, (l, _) => LeaseContract.TopUp(l, 7));
        await SettleDownAsync();
        var after = (await watcher.PollAsync(default)).Views[lease];
        Assert.Equal((before.Confirmed.Escrow + 7, before.Confirmed.Escrow + 7), (after.Confirmed.Escrow, after.Finalized.Escrow));
    }

    async Task<LedgerChanges> ILeaseActivity.ReadChangesAsync(ulong newsFrom, ulong touchedFrom, ulong toBlock, CancellationToken cancellation)
    {
        var changes = await chain.ReadChangesAsync(newsFrom, touchedFrom, toBlock, cancellation);
        return leavesLogsOut ? changes with { Touched = new HashSet<LeaseId>() } : changes;
    }

    Task<BigInteger> ILeaseActivity.ReadSlicedAsync(string token, ulong block, CancellationToken cancellation) => chain.ReadSlicedAsync(token, block, cancellation);

    Task ILeaseActivity.CheckBlockAsync(ulong block, string hash, CancellationToken cancellation) => chain.CheckBlockAsync(block, hash, cancellation);

    Task<LedgerHead> ILeaseLedger.ReadHeadAsync(CancellationToken cancellation) => chain.ReadHeadAsync(cancellation);

    Task<LeaseNews> ILeaseLedger.ReadNewsAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation) => chain.ReadNewsAsync(fromBlock, toBlock, cancellation);

    // Each answer is decoded anew.
    async Task<IReadOnlyList<ChainLease>> ILeaseLedger.ReadLeasesAsync(IReadOnlyList<LeaseReference> leases, ulong block, CancellationToken cancellation)
    {
        read.AddRange(leases.Select(l => l.Id));
        return [.. (await chain.ReadLeasesAsync(leases, block, cancellation)).Select(l => l with { })];
    }

    private LeaseId Match(int number) => chain.Match(Some.LeaseId(number), Some.Terms, Some.Deposit);

    private async Task SettleDownAsync()
    {
        for (var i = 0; i < 6; i++)
        {
            chain.Mine();
            await watcher.PollAsync(default);
        }
    }
}
