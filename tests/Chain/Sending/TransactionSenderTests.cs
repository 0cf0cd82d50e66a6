using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Mapping;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Transactions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Sending;

public class TransactionSenderTests
{
    [Fact]
    public async Task Stuck_IsReplacedWithTheSameNonceAtAHigherFee()
    {
        await using var market = await Market.OpenAsync();
        var me = market.Operator.Writer.Address;
        using var sender = market.Sender(Market.Sending with { BumpAfter = TimeSpan.FromMilliseconds(300), BumpAfterBlocks = 100 });
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(me);
        var sending = sender.SendAsync(market.Token, Mint(me), default);
        var first = await PoolFeeAsync(market, me, nonce, f => f > 0);
        var bumped = await PoolFeeAsync(market, me, nonce, f => f * 8 >= first * 9);
        Assert.True(bumped > first);
        await market.Anvil.MineAsync();
        var outcome = await sending;
        Assert.Null(outcome.Error);
        Assert.Equal(nonce + 1, await market.Anvil.Client.GetTransactionCountAsync(me));
        Assert.True((await market.Anvil.Client.GetTransactionByHashAsync(outcome.Hash!.Value))!.MaxFeePerGas >= bumped);
    }

    [Fact]
    public async Task ForeignTransactions_OfTheSameKey_AreLivedWith()
    {
        await using var market = await Market.OpenAsync();
        var me = market.Operator.Writer.Address;
        using var sender = market.Sender(Market.Sending);
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(me);

        // One waits beyond a gap: ours fills the gap, the next goes after it.
        await ForeignAsync(market, nonce + 1);
        Assert.Null((await sender.SendAsync(market.Token, Mint(me), default)).Error);
        await market.Anvil.MineAsync();
        Assert.Null((await sender.SendAsync(market.Token, Mint(me), default)).Error);
        Assert.Equal(nonce + 3, await market.Anvil.Client.GetTransactionCountAsync(me));

        // One holds the next nonce, unmined: ours takes its place.
        await market.Anvil.AskAsync("evm_setAutomine", false);
        await ForeignAsync(market, nonce + 3);
        var sending = sender.SendAsync(market.Token, Mint(me), default);
        await PoolFeeAsync(market, me, nonce + 3, f => f > ForeignFee);
        await market.Anvil.MineAsync();
        Assert.Null((await sending).Error);
        Assert.Equal(nonce + 4, await market.Anvil.Client.GetTransactionCountAsync(me));
    }

    // Two commands of one wallet at the same time: who came first may be about to pay for something.
    [Fact]
    public async Task AnotherProgramsTransaction_IsLetThrough_AndItsPlaceTakenOnlyWhereItDoesNotGo()
    {
        await using var market = await Market.OpenAsync();
        var me = market.Operator.Writer.Address;
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(me);
        using var other = market.Sender(Market.Sending);
        using var mine = market.Sender(Market.Sending, yieldsFor: TimeSpan.FromMinutes(1));
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var first = other.SendAsync(market.Token, Mint(me), default);
        await PoolFeeAsync(market, me, nonce, f => f > 0);
        var second = mine.SendAsync(market.Token, Mint(me), default);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        await market.Anvil.MineAsync();
        Assert.Null((await first).Error);
        await PoolFeeAsync(market, me, nonce + 1, f => f > 0);
        await market.Anvil.MineAsync();
        Assert.Null((await second).Error);

        // One that nobody mines is in the way of everything.
        using var hasty = market.Sender(Market.Sending, yieldsFor: TimeSpan.FromMilliseconds(300));
        await ForeignAsync(market, nonce + 2);
        var third = hasty.SendAsync(market.Token, Mint(me), default);
        await PoolFeeAsync(market, me, nonce + 2, f => f > ForeignFee);
        await market.Anvil.MineAsync();
        Assert.Null((await third).Error);
        Assert.Equal(nonce + 3, await market.Anvil.Client.GetTransactionCountAsync(me));
    }

    [Fact]
    public async Task SeveralAtOnce_WaitForTheSameBlock_AndTheFirstAloneIsRaised()
    {
        await using var market = await Market.OpenAsync();
        var me = market.Operator.Writer.Address;
        using var sender = market.Sender(Market.Sending with { BumpAfter = TimeSpan.FromMilliseconds(300), BumpAfterBlocks = 100 });
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(me);
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var first = sender.SendAsync(market.Token, Mint(me), default);
        var fee = await PoolFeeAsync(market, me, nonce, f => f > 0);
        var second = sender.SendAsync(market.Token, Mint(me), default);
        var behind = await PoolFeeAsync(market, me, nonce + 1, f => f > 0);
        await PoolFeeAsync(market, me, nonce, f => f * 64 >= fee * 81);
        Assert.Equal(behind, await PoolFeeAsync(market, me, nonce + 1, f => f > 0));
        await market.Anvil.MineAsync();
        Assert.Null((await first).Error);
        Assert.Equal((await first).Receipt!.BlockNumber, (await second).Receipt!.BlockNumber);
    }

    [Fact]
    public async Task LeftBehind_WhileAnotherWaits_IsReplacedByTheNext()
    {
        await using var market = await Market.OpenAsync();
        var me = market.Operator.Writer.Address;
        using var sender = market.Sender(Market.Sending);
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(me);
        await market.Anvil.AskAsync("evm_setAutomine", false);
        using var stop = new CancellationTokenSource();
        var left = sender.SendAsync(market.Token, Mint(me), stop.Token);
        var fee = await PoolFeeAsync(market, me, nonce, f => f > 0);
        var waiting = sender.SendAsync(market.Token, Mint(me), default);
        await PoolFeeAsync(market, me, nonce + 1, f => f > 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        var next = sender.SendAsync(market.Token, Mint(me), default);
        await PoolFeeAsync(market, me, nonce, f => f > fee);
        await market.Anvil.MineAsync();
        Assert.Null((await next).Error);
        Assert.Null((await waiting).Error);
        Assert.Equal(nonce + 2, await market.Anvil.Client.GetTransactionCountAsync(me));
    }

    [Fact]
    public async Task FeeCap_BelowTheBaseFee_NothingIsSent()
    {
        await using var market = await Market.OpenAsync();
        var me = market.Operator.Writer.Address;
        var sending = new Live<SendingOptions>(Market.Sending with { MaxFeePerGas = 1_000_000_000 });
        using var sender = market.Sender(sending);
        await market.Anvil.AskAsync("anvil_setNextBlockBaseFeePerGas", Hex.Quantity(100_000_000_000));
        await market.Anvil.MineAsync();
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(me);
        var outcome = await sender.SendAsync(market.Token, Mint(me), default);
        Assert.Contains("above the cap of 1000000000 wei", outcome.Error, StringComparison.Ordinal);
        Assert.Null(outcome.Hash);
        Assert.Equal(nonce, await market.Anvil.Client.GetTransactionCountAsync(me, BlockParameter.Pending));

        // It is raised while the operator runs.
        sending.Set(Market.Sending);
        Assert.NotNull((await sender.SendAsync(market.Token, Mint(me), default)).Receipt);
    }

    [Fact]
    public async Task SureRevert_CostsNothing_AndNamesTheError()
    {
        await using var market = await Market.OpenAsync();
        var lease = await market.MatchAsync();
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(market.Operator.Writer.Address);
        var outcomes = await market.Transactions().SubmitAllAsync(
            new CloseIntent(lease.Id, lease.Terms, Federation.Domain.Leases.CloseReason.None),
            new ActivateIntent(lease.Id, lease.Terms with { MinCharge = lease.Terms.MinCharge + 1 }),
            new ActivateIntent(lease.Id, lease.Terms with { ActivateBy = -1 }));
        Assert.StartsWith("NotParty(", outcomes[0].Error, StringComparison.Ordinal);
        Assert.StartsWith("TermsDiffer(", outcomes[1].Error, StringComparison.Ordinal);
        Assert.StartsWith("The intent does not fit the contract", outcomes[2].Error, StringComparison.Ordinal);
        Assert.All(outcomes, o => Assert.Null(o.TransactionHash));
        Assert.Equal(nonce, await market.Anvil.Client.GetTransactionCountAsync(market.Operator.Writer.Address));
    }

    [Fact]
    public async Task Node_AwayBeforeAnythingIsSent_IsAnOutcomeOfEachIntent()
    {
        await using var market = await Market.OpenAsync();
        var lease = await market.MatchAsync();
        var transactions = market.Transactions();
        await market.Anvil.StopAsync();
        var outcome = Assert.Single(await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default));
        Assert.StartsWith("The node could not be asked", outcome.Error, StringComparison.Ordinal);
        await market.Anvil.RunAsync();
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
    }

    // A process that slept while it signed, or lost its term: nothing of it goes out, and the next one begins with a clean pool.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FenceClosed_BeforeSigningOrAfterIt_NothingIsSent(bool afterSigning)
    {
        await using var market = await Market.OpenAsync();
        var (me, fence) = (market.Operator.Writer.Address, new Fence { Refusal = afterSigning ? null : "not leading" });
        var signer = new FenceClosingSigner(market.Operator.Signer, fence);
        using var sender = new TransactionSender(market.Anvil.Client, Market.ChainId, signer, Market.Sending, TimeProvider.System, NullLogger<TransactionSender>.Instance, fence: fence);
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(me);
        var outcome = await sender.SendAsync(market.Token, Mint(me), default);
        Assert.Equal((null, "not leading", afterSigning ? 1 : 0), (outcome.Hash, outcome.Error, signer.Signed));
        Assert.Equal(nonce, await market.Anvil.Client.GetTransactionCountAsync(me, BlockParameter.Pending));
        fence.Refusal = null;
        signer.IsClosing = false;
        Assert.Null((await sender.SendAsync(market.Token, Mint(me), default)).Error);
    }

    [Fact]
    public async Task SignerFails_WhileItWaits_IsBumpedOnceItIsBack()
    {
        await using var market = await Market.OpenAsync();
        var me = market.Operator.Writer.Address;
        var signer = new FenceClosingSigner(market.Operator.Signer, new Fence()) { IsClosing = false };
        using var sender = new TransactionSender(
            market.Anvil.Client, Market.ChainId, signer, Market.Sending with { BumpAfter = TimeSpan.FromMilliseconds(100), BumpAfterBlocks = 100 }, TimeProvider.System, NullLogger<TransactionSender>.Instance);
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(me);
        var sending = sender.SendAsync(market.Token, Mint(me), default);
        var first = await PoolFeeAsync(market, me, nonce, f => f > 0);
        signer.IsFailing = true;
        while (signer.Failed < 3) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Assert.False(sending.IsCompleted);
        signer.IsFailing = false;
        await PoolFeeAsync(market, me, nonce, f => f > first);
        await market.Anvil.MineAsync();
        Assert.Null((await sending).Error);
    }

    // Each would fit alone; all together need more gas than a block has.
    [Fact]
    public async Task BatchThatFailsAsAWhole_IsCutUntilItGoes()
    {
        await using var market = await Market.OpenAsync();
        var leases = new List<MatchedLease>();
        for (var i = 0; i < 5; i++) leases.Add(await market.MatchAsync());
        await market.Anvil.AskAsync("evm_setBlockGasLimit", "0x30d40");
        var outcomes = await market.Transactions().SubmitAsync([.. leases.Select(l => new ActivateIntent(l.Id, l.Terms))], default);
        Assert.All(outcomes, o => Assert.Null(o.Error));
        Assert.Equal(leases.Select(l => l.Id), outcomes.Select(o => o.Intent.Id));
        Assert.InRange(outcomes.Select(o => o.TransactionHash).Distinct().Count(), 2, 5);
    }

    // What is mined is not told to have failed because the rest could not be sent.
    [Fact]
    public async Task SignerFails_AfterAPartOfABatch_EachIsToldItsOwn()
    {
        await using var market = await Market.OpenAsync();
        var leases = new List<MatchedLease>();
        for (var i = 0; i < 5; i++) leases.Add(await market.MatchAsync());
        await market.Anvil.AskAsync("evm_setBlockGasLimit", "0x30d40");
        var signer = new FenceClosingSigner(market.Operator.Signer, new Fence()) { IsClosing = false, FailsAfter = 1 };
        using var sender = new TransactionSender(market.Anvil.Client, Market.ChainId, signer, Market.Sending, TimeProvider.System, NullLogger<TransactionSender>.Instance);
        var transactions = new EvmLeaseTransactions(market.Anvil.Client, market.Contracts.LeaseManager, market.Contracts.Market, market.Contracts.Results, sender);
        // One that the contract refuses keeps its reason too.
        var refused = leases[0].Terms with { DurationSeconds = leases[0].Terms.DurationSeconds + 1 };
        var outcomes = await transactions.SubmitAsync([.. leases.Select(l => new ActivateIntent(l.Id, l.Terms)), new ActivateIntent(leases[0].Id, refused)], default);
        Assert.Equal(6, outcomes.Count);
        Assert.DoesNotContain("signed as somebody else", outcomes[0].Error, StringComparison.Ordinal);
        var read = await market.Ledger().ReadLeasesAsync([.. leases.Select(l => new LeaseReference(l.Id, l.Terms))], await market.Anvil.Client.GetBlockNumberAsync(), default);
        var active = leases.Where((_, i) => read[i].State == LeaseState.Active).Select(l => l.Id).ToArray();
        Assert.InRange(active.Length, 1, 4);
        Assert.Equal(active, outcomes.Where(o => o.Error is null).Select(o => o.Intent.Id));
        Assert.All(outcomes.Skip(1 + active.Length), o => Assert.Contains("signed as somebody else", o.Error, StringComparison.Ordinal));
    }

    private sealed class Fence : ISendFence
    {
        public string? Refusal { get; set; }
    }

    private sealed class FenceClosingSigner(ISigner inner, Fence fence) : ISigner
    {
        public bool IsClosing { get; set; } = true;

        public bool IsFailing { get; set; }

        public int FailsAfter { get; init; } = int.MaxValue;

        public int Signed { get; private set; }

        public int Failed { get; private set; }

        public Address Address => inner.Address;

        public Task<SignedTransaction> SignTransactionAsync(Eip1559Transaction transaction, CancellationToken cancellationToken = default)
        {
            if (IsFailing || Signed == FailsAfter)
            {
                Failed++;
                throw new SignatureException("signed as somebody else");
            }

            Signed++;
            if (IsClosing) fence.Refusal = "not leading";
            return inner.SignTransactionAsync(transaction, cancellationToken);
        }

        public Task<Signature> SignTypedDataAsync(Federation.Ethereum.TypedData.Eip712TypedData data, CancellationToken cancellationToken = default) => inner.SignTypedDataAsync(data, cancellationToken);

        public Task<Signature> SignMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default) => inner.SignMessageAsync(message, cancellationToken);
    }

    private static readonly BigInteger ForeignFee = 3_000_000_000;

    private static MintFunction Mint(Address to) => new() { To = to, Amount = 1 };

    private static async Task ForeignAsync(Market market, ulong nonce)
    {
        var transaction = new Eip1559Transaction
        {
            ChainId = Market.ChainId, Nonce = nonce, Gas = 21_000, To = market.Tenant.Address, MaxFeePerGas = ForeignFee, MaxPriorityFeePerGas = 1_000_000_000,
        };
        await market.Anvil.Client.SendRawTransactionAsync(await market.Operator.Signer.SignTransactionAsync(transaction));
    }

    // What the pool holds for the nonce, once it is as wanted.
    private static async Task<BigInteger> PoolFeeAsync(Market market, Address sender, ulong nonce, Func<BigInteger, bool> wanted)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            var pool = await market.Anvil.AskAsync("txpool_content");
            var mine = pool.GetProperty("pending").EnumerateObject().FirstOrDefault(p => p.Name.Equals(sender.ToString(), StringComparison.OrdinalIgnoreCase)).Value;
            if (mine.ValueKind == System.Text.Json.JsonValueKind.Object && mine.TryGetProperty($"{nonce}", out var one)
                && Hex.ParseQuantity(one.GetProperty("maxFeePerGas").GetString()!) is var fee && wanted(fee))
                return fee;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        throw new TimeoutException("the pool never held the transaction that was waited for");
    }
}
