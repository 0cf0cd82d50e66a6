using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Ledger;

public class EvmLeaseLedgerTests
{
    [Fact]
    public async Task Identity_WrongChainOrContract_IsPermanentAndSaysSo()
    {
        await using var market = await Market.OpenAsync();
        var right = market.LedgerOptions;
        await PermanentAsync("on chain 31337, configured is chain 1", market.Ledger(right with { ChainId = 1 }));
        await PermanentAsync("no contract at", market.Ledger(right with { LeaseManager = market.Tenant.Address }));
        await PermanentAsync("is no lease manager", market.Ledger(right with { LeaseManager = market.Contracts.Market }));
        await PermanentAsync("is no market", market.Ledger(right with { Market = market.Contracts.Vault }));
        await PermanentAsync("they are of two deployments", market.Ledger(right with { LeaseManager = market.Contracts.Disputes }));
        await PermanentAsync("pinned is", market.Ledger(right with { LeaseManagerCodeHash = Bytes32.Zero }));
        await PermanentAsync("pinned is", market.Ledger(right with { MarketCodeHash = Bytes32.Zero }));
        await PermanentAsync("pinned is", market.Ledger(right with { VaultCodeHash = Bytes32.Zero }));
        await PermanentAsync("pinned is", market.Ledger(right with { RegistryCodeHash = Bytes32.Zero }));
        await PermanentAsync("they are of two deployments", market.Ledger(right with { Vault = market.Contracts.Registry }));
        await PermanentAsync("is no registry", market.Ledger(right with { Registry = market.Contracts.Vault }));
        await PermanentAsync($"has parameters at {market.Contracts.Parameters}, configured is {market.Contracts.Apps}: they are of two deployments", market.Ledger(right with { Parameters = market.Contracts.Apps }));
        await PermanentAsync($"has apps at {market.Contracts.Apps}, configured is {market.Contracts.Parameters}: they are of two deployments", market.Ledger(right with { Apps = market.Contracts.Parameters }));
        await PermanentAsync("is no result board", market.Ledger(right with { Results = market.Contracts.Vault }));
        await PermanentAsync("no contract at", market.Ledger(right with { Results = market.Tenant.Address }));

        // The contract goes while the operator runs.
        var ledger = market.Ledger();
        await ledger.ReadHeadAsync(default);
        await market.Anvil.AskAsync("anvil_setCode", market.Contracts.LeaseManager, "0x");
        await PermanentAsync("no contract at", ledger);
        var other = market.Ledger();
        await market.Anvil.AskAsync("anvil_setCode", market.Contracts.Market, "0x");
        await PermanentAsync("no contract at", other);
    }

    [Fact]
    public async Task VaultRegistryOrResults_WithOtherCode_IsNoticedNowAndThen()
    {
        await using var market = await Market.OpenAsync();
        foreach (var contract in new[] { market.Contracts.Vault, market.Contracts.Registry, market.Contracts.Results })
        {
            var clock = new FakeClock();
            var ledger = new EvmLeaseLedger(market.Anvil.Client, market.LedgerOptions, clock, NullLogger<EvmLeaseLedger>.Instance);
            await ledger.ReadHeadAsync(default);
            var code = await market.Anvil.Client.GetCodeAsync(contract);
            await market.Anvil.AskAsync("anvil_setCode", contract, Hex.Encode([.. code, 0]));
            await ledger.ReadHeadAsync(default);
            clock.Advance(market.LedgerOptions.CodeCheckInterval);
            await PermanentAsync($"The code at {contract} has hash", ledger);
            await market.Anvil.AskAsync("anvil_setCode", contract, code);
        }
    }

    [Fact]
    public async Task Heads_StandAtTheirDepths()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.MineAsync(10);
        var latest = await market.Anvil.Client.GetBlockNumberAsync();
        var head = await market.Ledger(market.LedgerOptions with { FinalizedDepth = 5 }).ReadHeadAsync(default);
        Assert.Equal((latest, latest - 1, latest - 5), (head.Latest, head.Confirmed, head.Finalized));
        Assert.Equal((await market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.AtNumber(latest - 5)))!.Hash.ToString(), head.FinalizedHash);
        Assert.Equal((long)(await market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.AtNumber(latest - 1)))!.Timestamp, head.ConfirmedTime);

        // Final is confirmed, however many confirmations were asked for.
        var patient = await market.Ledger(market.LedgerOptions with { Confirmations = 9 }).ReadHeadAsync(default);
        Assert.Equal((latest - 2, latest - 2), (patient.Confirmed, patient.Finalized));
    }

    [Fact]
    public async Task Node_KilledAndStartedAgain_ReadsGoOn()
    {
        await using var market = await Market.OpenAsync();
        var ledger = market.Ledger();
        var lease = await market.MatchAsync();
        await market.Anvil.MineAsync(3);
        var before = await ledger.ReadHeadAsync(default);

        await market.Anvil.StopAsync();
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadHeadAsync(default))).IsTransient);
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadNewsAsync(0, 1, default))).IsTransient);

        await market.Anvil.RunAsync();
        var after = await ledger.ReadHeadAsync(default);
        Assert.True(after.Finalized >= before.Finalized);
        Assert.Equal([lease], (await ledger.ReadNewsAsync(0, after.Latest, default)).Matched);
        var read = await ledger.ReadLeasesAsync([new(lease.Id, lease.Terms)], after.Latest, default);
        Assert.Equal(LeaseState.Reserved, read[0].State);
    }

    [Fact]
    public async Task Reorg_TakesTheMatchAway_FinalViewStays()
    {
        await using var market = await Market.OpenAsync();
        var ledger = market.Ledger();
        var old = await market.MatchAsync();
        await market.Anvil.MineAsync(4);
        var young = await market.MatchAsync();
        await market.Anvil.MineAsync();
        LeaseReference[] both = [new(old.Id, old.Terms), new(young.Id, young.Terms)];
        var before = await ledger.ReadHeadAsync(default);
        Assert.Equal([LeaseState.Reserved, LeaseState.Reserved], (await ledger.ReadLeasesAsync(both, before.Confirmed, default)).Select(l => l.State));
        var final = await ledger.ReadLeasesAsync(both, before.Finalized, default);
        Assert.Equal([LeaseState.Reserved, LeaseState.None], final.Select(l => l.State));

        await market.Anvil.AskAsync("anvil_reorg", 2, Array.Empty<object>());

        var after = await ledger.ReadHeadAsync(default);
        Assert.Equal([LeaseState.Reserved, LeaseState.None], (await ledger.ReadLeasesAsync(both, after.Confirmed, default)).Select(l => l.State));
        Assert.Equal(final, await ledger.ReadLeasesAsync(both, after.Finalized, default));
        Assert.Equal([old], (await ledger.ReadNewsAsync(0, after.Latest, default)).Matched);
    }

    [Fact]
    public async Task Touched_NamesEveryLeaseWhoseStateChanged_AndNoOther()
    {
        await using var market = await Market.OpenAsync();
        var (ledger, blocks) = (market.Ledger(), new List<ulong>());
        var idle = await market.MatchAsync();
        async Task DoAsync(Func<Task> step)
        {
            await step();
            blocks.Add(await market.Anvil.Client.GetBlockNumberAsync());
        }

        MatchedLease lease = null!;
        await DoAsync(async () => lease = await market.MatchAsync());
        await DoAsync(() => market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default));
        await DoAsync(() => market.Tenant.TopUpAsync(lease.Id, lease.Terms, 5_000, default));
        await market.Anvil.PassAsync(100);
        var amended = lease.Terms;
        await DoAsync(async () => amended = await market.Tenant.AmendSpecAsync(lease.Id, lease.Terms, "0x" + new string('7', 64), default));
        await DoAsync(() => market.Tenant.CloseAsync(lease.Id, amended, default));
        await market.Anvil.PassAsync((int)(amended.NoticeSeconds + Market.Settings.SubmitSeconds + 1));
        await DoAsync(() => market.Tenant.CloseAsync(lease.Id, amended, default));

        LeaseReference[] asked = [new(lease.Id, null), new(idle.Id, null)];
        var (last, head) = (await ledger.ReadLeasesAsync(asked, blocks[0] - 1, default), await market.Anvil.Client.GetBlockNumberAsync());
        for (var block = blocks[0]; block <= head; block++)
        {
            var now = await ledger.ReadLeasesAsync(asked, block, default);
            var changed = asked.Where((_, i) => now[i] != last[i]).Select(a => a.Id).ToHashSet();
            Assert.Subset((await ledger.ReadChangesAsync(block + 1, block, block, default)).Touched.ToHashSet(), changed);
            last = now;
        }

        var changes = await ledger.ReadChangesAsync(0, blocks[0], head, default);
        Assert.Equal([lease.Id], changes.Touched);
        Assert.Equal([idle.Id, lease.Id], changes.News.Matched.Select(m => m.Id));
        // Each has blocks of its own, also when the two are told together.
        changes = await ledger.ReadChangesAsync(blocks[0] + 1, 0, head, default);
        Assert.Equal(new[] { idle.Id, lease.Id }.ToHashSet(), changes.Touched);
        Assert.Empty(changes.News.Matched);
        Assert.Equal(amended, changes.News.Amended[lease.Id]);
        Assert.Equal(LeaseState.Closed, last[0].State);
    }

    [Fact]
    public async Task Sliced_IsTheStakeOfTheProvidersLeases_AtThatBlock()
    {
        await using var market = await Market.OpenAsync();
        var before = await market.Anvil.Client.GetBlockNumberAsync();
        var (first, second) = (await market.MatchAsync(), await market.MatchAsync());
        Assert.True(first.Terms.Parameters.Slice > 0);
        Assert.Equal(BigInteger.Zero, await SlicedAsync(before));
        Assert.Equal(first.Terms.Parameters.Slice, await SlicedAsync(first.Block));
        Assert.Equal(2 * first.Terms.Parameters.Slice, await SlicedAsync(second.Block));
        await market.Transactions().SubmitAsync([new RefuseIntent(first.Id, first.Terms)], default);
        Assert.Equal(second.Terms.Parameters.Slice, await SlicedAsync(await market.Anvil.Client.GetBlockNumberAsync()));

        Task<BigInteger> SlicedAsync(ulong block) => market.Ledger().ReadSlicedAsync(market.Token.ToString(), block, default);
    }

    [Fact]
    public async Task Leases_ManyAtOnce_ComeInTheOrderAsked()
    {
        await using var market = await Market.OpenAsync();
        var lease = await market.MatchAsync();
        var ids = Enumerable.Range(0, 450).Select(i => new LeaseReference(i == 333 ? lease.Id : LeaseId.Parse($"0x{i:x64}"), null)).ToArray();
        var read = await market.Ledger().ReadLeasesAsync(ids, await market.Anvil.Client.GetBlockNumberAsync(), default);
        Assert.Equal(450, read.Count);
        Assert.Equal(333, Assert.Single(Enumerable.Range(0, 450), i => read[i].State == LeaseState.Reserved));
        Assert.Empty(await market.Ledger().ReadLeasesAsync([], 0, default));
        var e = await Assert.ThrowsAsync<LedgerException>(() => market.Ledger().ReadLeasesAsync(ids, 1_000_000, default));
        Assert.True(e.IsTransient);
    }

    private static async Task PermanentAsync(string says, EvmLeaseLedger ledger)
    {
        var e = await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadHeadAsync(default));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.False(e.IsTransient);
    }
}
