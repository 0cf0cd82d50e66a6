using System.Numerics;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Tenancy;

/// <summary>What was given up lies in pools and may be mined all the same: what a tenant pays is paid once, however often it is sent.</summary>
public sealed class GivenUpTests
{
    private const string GivenUp = "it may still be.";

    private static Address Me => Anvil.Signer(3).Address;

    // An order lies at the nonce before it, and nobody sends that again.
    [Fact]
    public async Task TopUpBehindAnotherThatWasGivenUp_IsPaidOnce()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Sender(market);
        var transactions = new EvmTenantTransactions(market.Anvil.Client, sender, market.Contracts);
        var lease = await market.MatchAsync();
        var (order, topUp) = (await OrderAsync(market), new TopUpIntent(lease.Id, lease.Terms, 5_000, 10_005_000));
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(Me);
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var first = transactions.SubmitAsync(order, default);
        await PoolAsync(market, p => p.Length == 1);
        var second = transactions.SubmitAsync(topUp, default);
        await PoolAsync(market, p => p.Length == 2);
        Assert.All([await first, await second], said => Assert.EndsWith(GivenUp, said.Error, StringComparison.Ordinal));

        var again = transactions.SubmitAsync(topUp, default);
        // The place before it is used by a transfer of nothing to the wallet itself.
        await PoolAsync(market, p => p.Any(t => t.Nonce == nonce && t.To == Me));
        await MineUntilAsync(market, again);
        Assert.Null((await again).Error);
        await market.Anvil.MineAsync(3);
        Assert.Equal(10_005_000, await EscrowAsync(market, lease));
        Assert.Equal(nonce + 2, await market.Anvil.Client.GetTransactionCountAsync(Me));

        // What gave its place away is void there, and goes wherever it is wanted next.
        await market.Anvil.AskAsync("evm_setAutomine", true);
        Assert.Null((await transactions.SubmitAsync(order, default)).Error);
    }

    // Another one has its place now: until the nonce is used either may be mined.
    [Fact]
    public async Task TopUpWhosePlaceAnotherHasTaken_IsNotSentBesideIt()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Sender(market, patience: 6);
        var transactions = new EvmTenantTransactions(market.Anvil.Client, sender, market.Contracts);
        var (lease, other) = (await market.MatchAsync(), await market.MatchAsync());
        var (topUp, another) = (new TopUpIntent(lease.Id, lease.Terms, 5_000, 10_005_000), new TopUpIntent(other.Id, other.Terms, 7_000, 10_007_000));
        await market.Anvil.AskAsync("evm_setAutomine", false);
        Assert.EndsWith(GivenUp, (await transactions.SubmitAsync(topUp, default)).Error, StringComparison.Ordinal);
        var before = Assert.Single(await PoolAsync(market, p => p.Length == 1));
        var taking = transactions.SubmitAsync(another, default);
        await PoolAsync(market, p => p is [var one] && one.Fee > before.Fee);
        Assert.Contains("is waited for", (await transactions.SubmitAsync(topUp, default)).Error, StringComparison.Ordinal);
        Assert.Single(await PoolAsync(market, p => p.Length > 0));
        await MineUntilAsync(market, taking);
        Assert.Null((await taking).Error);

        // Nothing of it may be mined any more.
        await market.Anvil.AskAsync("evm_setAutomine", true);
        Assert.Null((await transactions.SubmitAsync(topUp, default)).Error);
        Assert.Equal(10_005_000, await EscrowAsync(market, lease));
        Assert.Equal(10_007_000, await EscrowAsync(market, other));
    }

    // It was mined while nobody waited for it.
    [Fact]
    public async Task TopUpThatWasMinedAfterItWasGivenUp_IsNotSentAgain()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Sender(market);
        var transactions = new EvmTenantTransactions(market.Anvil.Client, sender, market.Contracts);
        var lease = await market.MatchAsync();
        var topUp = new TopUpIntent(lease.Id, lease.Terms, 5_000, 10_005_000);
        await market.Anvil.AskAsync("evm_setAutomine", false);
        Assert.EndsWith(GivenUp, (await transactions.SubmitAsync(topUp, default)).Error, StringComparison.Ordinal);
        await market.Anvil.MineAsync();
        await market.Anvil.AskAsync("evm_setAutomine", true);
        // Decided by a view from before that block.
        Assert.Null((await transactions.SubmitAsync(topUp, default)).Error);
        Assert.Equal(10_005_000, await EscrowAsync(market, lease));
    }

    private static async Task<MatchIntent> OrderAsync(Market market)
    {
        var orders = new EvmTenantOrders(market.Anvil.Client, Anvil.Signer(3), market.Domain, new LeaseDomain(Market.ChainId, market.Contracts.LeaseManager));
        var order = await orders.PrepareAsync(await market.RequestAsync(), default);
        return new MatchIntent(order.Lease, order.Request, await market.QuoteAsync(order.Request));
    }

    private static async Task<BigInteger> EscrowAsync(Market market, MatchedLease lease) => (await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default)).Escrow;

    private static TransactionSender Sender(Market market, int patience = 3) => new(
        market.Anvil.Client, Market.ChainId, Anvil.Signer(3), Market.Sending with { GiveUpAfter = TimeSpan.FromSeconds(patience) }, TimeProvider.System, NullLogger<TransactionSender>.Instance) { OneOfEach = true };

    private static async Task MineUntilAsync(Market market, Task sent)
    {
        for (var block = 0; block < 100 && !sent.IsCompleted; block++)
        {
            await market.Anvil.MineAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    // What the pool holds of the wallet's, once it is as wanted.
    private static async Task<(ulong Nonce, Address To, BigInteger Fee)[]> PoolAsync(Market market, Func<(ulong Nonce, Address To, BigInteger Fee)[], bool> wanted)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            var content = await market.Anvil.AskAsync("txpool_content");
            var mine = content.GetProperty("pending").EnumerateObject().FirstOrDefault(p => p.Name.Equals(Me.ToString(), StringComparison.OrdinalIgnoreCase)).Value;
            (ulong, Address, BigInteger)[] pool = mine.ValueKind != JsonValueKind.Object ? [] : [.. mine.EnumerateObject().Select(t => (
                ulong.Parse(t.Name, null), Address.Parse(t.Value.GetProperty("to").GetString()!), Hex.ParseQuantity(t.Value.GetProperty("maxFeePerGas").GetString()!)))];
            if (wanted(pool)) return pool;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        throw new TimeoutException("the pool never held what was waited for");
    }
}
