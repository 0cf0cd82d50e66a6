using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Sending;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Sending;

/// <summary>A block goes away with a transaction that its node does not take up again, and the ones after it stand behind its nonce.</summary>
public sealed class ReorgTests
{
    private static readonly TimeSpan BlockTime = TimeSpan.FromMilliseconds(300);

    // As many wait as may wait at once: not one place is left for what would fill the gap.
    [Fact]
    public async Task AllThatMayWait_StandBehindTheGap_ItIsFilled_LongBeforeWaitingEnds()
    {
        await using var market = await Market.OpenAsync();
        var leases = new List<MatchedLease>();
        for (var i = 0; i < 5; i++) leases.Add(await market.MatchAsync());
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var options = Market.Sending with { BumpAfterBlocks = 3, BumpAfter = TimeSpan.FromMinutes(5), GiveUpAfter = TimeSpan.FromMinutes(10) };
        using var sender = market.Sender(options, givesWay: true);
        sender.BeginTerm(new SendingTerm(new InMemoryJournal().Open(), () => 0), default);
        using var outbox = new IntentOutbox(TimeProvider.System);
        var transactions = new EvmLeaseTransactions(market.Anvil.Client, market.Contracts.LeaseManager, market.Contracts.Market, market.Contracts.Results, sender);
        using var life = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var settling = new Settler(outbox, transactions, NullLogger<Settler>.Instance).RunAsync(TimeSpan.FromMilliseconds(100), life.Token);

        // 1. One in a block, four behind it, each by itself.
        var first = await NonceAsync(market, BlockParameter.Latest);
        Want(outbox, leases[0]);
        await PooledAsync(market, first + 1);
        await market.Anvil.MineAsync();
        await EventuallyAsync(async () => await NonceAsync(market, BlockParameter.Latest) == first + 1);
        await EventuallyAsync(() => Task.FromResult(outbox.Due().Count == 0));
        for (var i = 1; i < leases.Count; i++)
        {
            Want(outbox, leases[i]);
            await PooledAsync(market, first + 1 + (ulong)i);
        }

        // 2. The block goes, and the operator wants again what was in it.
        await market.Anvil.AskAsync("anvil_reorg", 1, Array.Empty<object>());
        Assert.Equal(first, await NonceAsync(market, BlockParameter.Latest));
        await sender.LookBackAsync(life.Token);
        var block = await market.Anvil.Client.GetBlockNumberAsync();
        outbox.Put(leases[0].Id, [], block + 1);
        Want(outbox, leases[0]);

        // 3. Blocks come, and with them all five.
        await EventuallyAsync(async () =>
        {
            await market.Anvil.MineAsync();
            await Task.Delay(BlockTime, TimeProvider.System);
            return await ActivatedAsync(market) is { Count: 5 };
        });
        await life.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => settling);
        Assert.Equal(leases.Select(l => l.Id.Hex).Order(), (await ActivatedAsync(market)).Order());
    }

    private static void Want(IntentOutbox outbox, MatchedLease lease) => outbox.Put(lease.Id, [new ActivateIntent(lease.Id, lease.Terms)], 0);

    private static Task PooledAsync(Market market, ulong count) => EventuallyAsync(async () => await NonceAsync(market, BlockParameter.Pending) == count);

    private static Task<ulong> NonceAsync(Market market, BlockParameter at) => market.Anvil.Client.GetTransactionCountAsync(market.Operator.Writer.Address, at);

    private static async Task<IReadOnlyList<string>> ActivatedAsync(Market market)
    {
        var filter = LogFilter.ForEvent<LeaseActivatedEventDTO>(market.Contracts.LeaseManager) with { FromBlock = BlockParameter.AtNumber(0), ToBlock = BlockParameter.Latest };
        return [.. (await market.Anvil.Client.GetLogsAsync(filter)).DecodeAllEvents<LeaseActivatedEventDTO>().Select(e => e.Event.LeaseId.ToString())];
    }

    // Three minutes: far above what it takes, far below ten.
    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromMinutes(3), "It has not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
