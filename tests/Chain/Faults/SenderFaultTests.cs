using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tests.Support;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Proxies;
using Federation.Proxies.Common;

namespace Federation.Chain.Tests.Faults;

/// <summary>Rows 19 and 21 of the fault matrix: gas a hundred times as dear, a signer that is away, a wallet that is empty.</summary>
public sealed class SenderFaultTests
{
    [Fact]
    public async Task SignerAwayForAnEpoch_NothingIsSent_AndTheBacklogIsSettledWhenItIsBack()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        await using var way = await Proxy.StartAsync(world.Market.Anvil.Url);
        using var rpc = new JsonRpcClient(way.Url, new JsonRpcOptions { MaxRetries = 0 });
        var signer = new WatchedSigner(new RemoteSigner(rpc, world.Market.Operator.Writer.Address), TimeProvider.System);
        var account = new SenderAccount(world.Market.Anvil.Client, signer, Market.Sending);
        world.SignWith(signer);
        var lease = await world.MatchAsync();
        await world.UntilRunningAsync(lease);
        Assert.Null((await account.ReadAsync(default)).SignerProblem);

        way.Fault = new Away();
        var (nonce, settled) = (await world.NonceAsync(), (await world.SettlementsAsync(lease)).Count);
        await world.PassAsync(90);
        Assert.Equal((nonce, settled), (await world.NonceAsync(), (await world.SettlementsAsync(lease)).Count));
        Assert.Contains("does not answer", (await account.ReadAsync(default)).SignerProblem, StringComparison.Ordinal);

        way.Fault = Fault.None;
        Assert.Null((await account.ReadAsync(default)).SignerProblem);
        await EndAsync(world, lease);
    }

    [Fact]
    public async Task WalletEmptyForAnEpoch_TheBacklogIsSettledWhenItHasEtherAgain()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var (anvil, key) = (world.Market.Anvil, world.Market.Operator.Writer.Address);
        var account = new SenderAccount(anvil.Client, new WatchedSigner(world.Market.Operator.Signer, TimeProvider.System), Market.Sending);
        var lease = await world.MatchAsync();
        await world.UntilRunningAsync(lease);
        var before = await account.ReadAsync(default);
        Assert.True(before.Balance >= before.Needed);

        await anvil.AskAsync("anvil_setBalance", key.ToString(), "0x3e8");
        var nonce = await world.NonceAsync();
        await world.PassAsync(90);
        Assert.Equal(nonce, await world.NonceAsync());
        var empty = await account.ReadAsync(default);
        Assert.Equal(1000, empty.Balance);
        Assert.True(empty.Balance < empty.Needed);

        await anvil.AskAsync("anvil_setBalance", key.ToString(), Hex.Quantity(before.Balance!.Value));
        await EndAsync(world, lease);
    }

    [Fact]
    public async Task KeyThatTheSignerDoesNotHold_IsSaid()
    {
        await using var market = await Market.OpenAsync();
        var account = new SenderAccount(market.Anvil.Client, new WatchedSigner(new RemoteSigner(market.Anvil.Rpc, market.Contracts.Vault), TimeProvider.System), Market.Sending);
        Assert.Contains("does not hold the key", (await account.ReadAsync(default)).SignerProblem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GasAHundredTimesAsDear_IsWaitedOut_AndSettlesOnce()
    {
        await using var market = await Market.OpenAsync();
        var lease = await market.MatchAsync();
        Assert.Null((await market.Transactions().SubmitAllAsync(new ActivateIntent(lease.Id, lease.Terms)))[0].Error);
        await market.Anvil.PassAsync(100);
        var now = (long)(await market.Anvil.Client.GetBlockAsync(Federation.Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        var settle = new SettleIntent(lease.Id, lease.Terms, new Receipt(lease.Id, 1, now, UsageVector.Zero with { CpuMilliSeconds = 50_000 }, 0, Receipt.NoEvidence, false));
        var cap = 10_000_000_000L;
        using var sender = market.Sender(Market.Sending with { MaxFeePerGas = cap, BumpAfter = TimeSpan.FromMilliseconds(100), GiveUpAfter = TimeSpan.FromSeconds(15) });
        var transactions = new EvmLeaseTransactions(market.Anvil.Client, market.Contracts.LeaseManager, market.Contracts.Market, market.Contracts.Results, sender);
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var sending = transactions.SubmitAsync([settle], default);
        await market.WaitForPendingAsync();
        await market.Anvil.AskAsync("anvil_setNextBlockBaseFeePerGas", Hex.Quantity(100_000_000_000));
        await market.Anvil.MineAsync();
        Assert.Contains("Not mined", Assert.Single(await sending).Error, StringComparison.Ordinal);
        Assert.Contains("above the cap", Assert.Single(await transactions.SubmitAsync([settle], default)).Error, StringComparison.Ordinal);

        await market.Anvil.AskAsync("anvil_setNextBlockBaseFeePerGas", Hex.Quantity(1_000_000_000));
        await market.Anvil.MineAsync();
        await market.Anvil.AskAsync("evm_setAutomine", true);
        // A node keeps what bids too little, or forgets it: then it is sent again.
        var late = Assert.Single(await transactions.SubmitAsync([settle], default));
        Assert.True(late.Error is null || late.Error.StartsWith("SeqTooLow(", StringComparison.Ordinal), late.Error);
        var read = (await market.Ledger().ReadLeasesAsync([new LeaseReference(lease.Id, lease.Terms)], await market.Anvil.Client.GetBlockNumberAsync(), default))[0];
        Assert.Equal((1u, now), (read.Seq, read.Through));
    }

    private static async Task EndAsync(ChainWorld world, MatchedLease lease)
    {
        await world.Market.Tenant.CloseAsync(lease.Id, lease.Terms, default);
        await world.PassAsync(480);
        await world.CheckPaidInFullAsync(lease);
    }
}
