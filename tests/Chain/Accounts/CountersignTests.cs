using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Tests.Accounts;

/// <summary>What a tenant's signature does on the real contracts, and who may read what a lease was measured at.</summary>
public class CountersignTests
{
    [Fact]
    public async Task CountersignedReceipts_ArePaidAtOnce_InABatchAndAlone_TheOthersWait()
    {
        await using var market = await Market.OpenAsync();
        var (receipts, transactions) = (Receipts(market), market.Transactions());
        var (a, b) = (await market.MatchAsync(), await market.MatchAsync());
        await transactions.SubmitAllAsync(new ActivateIntent(a.Id, a.Terms), new ActivateIntent(b.Id, b.Terms));
        await market.Anvil.PassAsync(100);

        var signed = await receipts.SignAsync(await ReceiptAsync(market, a, 1, 40), default);
        Assert.Equal((await market.Anvil.Client.CallAsync(market.Contracts.LeaseManager, new ReceiptHashFunction { Receipt = signed.Receipt.ToContract() })).ToString(), signed.Digest);
        var key = new TenantKey(Anvil.Signer(3), LeaseDomain(market), market.Operator.Writer.Address);
        Assert.Null(key.FaultOf(signed));
        var tenants = await key.SignAsync(signed.Receipt, default);
        Assert.True(await receipts.IsCountersignedAsync(signed.Receipt, a.Terms.Tenant, tenants, default));
        var batch = await transactions.SubmitAllAsync(
            new SettleIntent(a.Id, a.Terms, signed.Receipt) { TenantSignature = tenants }, new SettleIntent(b.Id, b.Terms, await ReceiptAsync(market, b, 1, 40)));
        Assert.All(batch, o => Assert.Null(o.Error));
        Assert.Equal(batch[0].TransactionHash, batch[1].TransactionHash);
        var (paid, waiting) = (await ReadAsync(market, a), await ReadAsync(market, b));
        Assert.Equal((paid.Claimed, BigInteger.Zero), (paid.Paid, paid.Ring.Pending));
        Assert.Equal((BigInteger.Zero, waiting.Claimed), (waiting.Paid, waiting.Ring.Pending));
        Assert.True(paid.Claimed > 0 && waiting.Claimed == paid.Claimed);

        // Alone; and it has paid what an earlier receipt without a signature left waiting.
        await market.Anvil.PassAsync(10);
        var next = await ReceiptAsync(market, b, 2, 45);
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new SettleIntent(b.Id, b.Terms, next) { TenantSignature = Sign(market, next, Anvil.Signer(3)) }], default)).Error);
        waiting = await ReadAsync(market, b);
        Assert.Equal((waiting.Claimed, BigInteger.Zero), (waiting.Paid, waiting.Ring.Pending));
    }

    [Fact]
    public async Task SessionKey_SignsForItsTenant_UntilItIsTakenBack_AndTheReceiptIsSettledWithoutIt()
    {
        await using var market = await Market.OpenAsync();
        var (receipts, transactions, session, lease) = (Receipts(market), market.Transactions(), LocalSigner.Generate(), await market.MatchAsync());
        await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);
        await market.Anvil.PassAsync(100);
        var receipt = await ReceiptAsync(market, lease, 1, 40);
        var signature = Sign(market, receipt, session);
        Assert.False(await receipts.IsCountersignedAsync(receipt, lease.Terms.Tenant, signature, default));
        await SetSessionKeyAsync(market, session, isAllowed: true);
        Assert.True(await receipts.IsCountersignedAsync(receipt, lease.Terms.Tenant, signature, default));
        Assert.False(await receipts.IsCountersignedAsync(receipt with { Seq = 2 }, lease.Terms.Tenant, signature, default));
        Assert.False(await receipts.IsCountersignedAsync(receipt, lease.Terms.Provider, signature, default));
        // The contract takes no v of 0 or 1.
        Assert.False(await receipts.IsCountersignedAsync(receipt, lease.Terms.Tenant, signature[..^2] + (signature.EndsWith("1b", StringComparison.Ordinal) ? "00" : "01"), default));
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new SettleIntent(lease.Id, lease.Terms, receipt) { TenantSignature = signature }], default)).Error);
        var settled = await ReadAsync(market, lease);
        Assert.Equal((settled.Claimed, BigInteger.Zero), (settled.Paid, settled.Ring.Pending));

        var late = await ReceiptAsync(market, lease, 2, 60);
        await SetSessionKeyAsync(market, session, isAllowed: false);
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new SettleIntent(lease.Id, lease.Terms, late) { TenantSignature = Sign(market, late, session) }], default)).Error);
        var after = await ReadAsync(market, lease);
        Assert.Equal((2u, after.Claimed - settled.Claimed), (after.Seq, after.Ring.Pending));
    }

    // Between the estimate and the block the key is taken back; the contract then asks the tenant's code, which burns all that it is given.
    [Fact]
    public async Task KeyThatIsTakenBackInTheSameBlock_OfATenantWhoseCodeBurnsGas_CostsTheOthersNothing_AndIsNotSentAgain()
    {
        await using var market = await Market.OpenAsync();
        var (transactions, session, a, b) = (market.Transactions(), LocalSigner.Generate(), await market.MatchAsync(), await market.MatchAsync());
        await transactions.SubmitAllAsync(new ActivateIntent(a.Id, a.Terms), new ActivateIntent(b.Id, b.Terms));
        await market.Anvil.PassAsync(100);
        await SetSessionKeyAsync(market, session, isAllowed: true);
        // Delegated, as any key's account may be, to a loop without an end.
        var burner = Address.Parse("0x" + new string('b', 40));
        await market.Anvil.AskAsync("anvil_setCode", burner, "0x5b600056");
        await market.Anvil.AskAsync("anvil_setCode", market.Tenant.Address, "0xef0100" + burner.ToString()[2..]);
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var receipt = await ReceiptAsync(market, a, 1, 40);
        var sending = transactions.SubmitAllAsync(new SettleIntent(a.Id, a.Terms, receipt) { TenantSignature = Sign(market, receipt, session) }, new SettleIntent(b.Id, b.Terms, await ReceiptAsync(market, b, 1, 40)));
        await PendingAsync(market, 1);
        await market.Anvil.AskAsync("eth_sendTransaction", new
        {
            from = market.Tenant.Address.ToString(), to = market.Contracts.LeaseManager.ToString(), gas = "0x30d40", maxFeePerGas = "0x2540be4000", maxPriorityFeePerGas = "0x2540be400",
            data = Hex.Encode(new SetSessionKeyFunction { Key = session.Address, Allowed = false }.EncodeCall()),
        });
        await PendingAsync(market, 2);
        await market.Anvil.MineAsync();
        await market.Anvil.AskAsync("evm_setAutomine", true);
        var outcomes = await sending.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        Assert.Equal(["The contract skipped it: SignatureInvalid", null], outcomes.Select(o => o.Error));
        Assert.Equal([true, false], outcomes.Select(o => o.IsSignatureRefused));
        Assert.Equal(outcomes[0].TransactionHash, outcomes[1].TransactionHash);
        Assert.Equal((0u, 1u), ((await ReadAsync(market, a)).Seq, (await ReadAsync(market, b)).Seq));
    }

    // Its block pays what the one before still held; the estimate did not know.
    [Fact]
    public async Task ClaimThatMaturesBetweenEstimateAndBlock_IsPaid_AndCostsNoSettlement()
    {
        await using var market = await Market.OpenAsync();
        var (transactions, lease) = (market.Transactions(), await market.MatchAsync());
        await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);
        await market.Anvil.PassAsync(100);
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new SettleIntent(lease.Id, lease.Terms, await ReceiptAsync(market, lease, 1, 40))], default)).Error);
        Assert.Equal(BigInteger.Zero, (await ReadAsync(market, lease)).Paid);

        await market.Anvil.AskAsync("evm_setAutomine", false);
        var sending = transactions.SubmitAsync([new SettleIntent(lease.Id, lease.Terms, await ReceiptAsync(market, lease, 2, 60))], default);
        await PendingAsync(market, 1);
        await market.Anvil.PassAsync((int)(2 * lease.Terms.Parameters.MaturitySeconds) + 1);
        await market.Anvil.AskAsync("evm_setAutomine", true);
        Assert.Null(Assert.Single(await sending.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System)).Error);
        var settled = await ReadAsync(market, lease);
        Assert.True(settled.Seq == 2 && settled.Paid > 0, $"{settled.Paid} paid by number {settled.Seq}");
    }

    // Whoever has the provider's signature may settle: a tenant whose datacenter is silent has its refund all the same.
    [Fact]
    public async Task ReceiptThatWasHandedOut_IsSettledByItsTenant()
    {
        await using var market = await Market.OpenAsync();
        var lease = await market.MatchAsync();
        await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);
        await market.Anvil.PassAsync(100);
        var signed = await Receipts(market).SignAsync(await ReceiptAsync(market, lease, 1, 40), default);
        await market.TenantWriter.CallAsync(market.Contracts.LeaseManager, new SettleFunction
        {
            Terms = lease.Terms.ToContract(), Receipt = signed.Receipt.ToContract(), ProviderSignature = Hex.Decode(signed.Signature), TenantSignature = Hex.Decode(Sign(market, signed.Receipt, Anvil.Signer(3))),
        }, default);
        Assert.Equal(Accrual.Due(lease.Terms, signed.Receipt.Usage, 0), (await ReadAsync(market, lease)).Paid);
    }

    [Fact]
    public async Task Reader_ThatIsAContract_IsAskedOnChain_AndAKeyNeedsNoNode()
    {
        await using var market = await Market.OpenAsync();
        var wallet = await ClientContract.DeployAsync(market.TenantWriter, "Client");
        var proofs = new ReaderProof(market.Anvil.Client, Market.ChainId, TimeProvider.System);
        var url = new Uri($"https://alpha.example/v1/leases/0x{new string('1', 64)}");
        ReaderClaim Claim(Address who, LocalSigner signer)
        {
            var text = ReaderProof.Message(url, who, Market.ChainId, "12345678", TimeProvider.System.GetUtcNow()).ToText();
            return new ReaderClaim("alpha.example", url.AbsoluteUri, url.AbsoluteUri + "/evidence", text, signer.SignDigest(PersonalMessage.Digest(text)).ToString());
        }

        Assert.Equal(new ReaderIdentity(wallet.Address.ToString(), ""), await proofs.WhoAsync(Claim(wallet.Address, Anvil.Signer(3)), default));
        Assert.Equal("", (await proofs.WhoAsync(Claim(wallet.Address, LocalSigner.Generate()), default)).Address);
        Assert.Equal("", (await proofs.WhoAsync(Claim(market.Contracts.Vault, Anvil.Signer(3)), default)).Address);
        await market.Anvil.StopAsync();
        Assert.Equal(market.Tenant.Address.ToString(), (await proofs.WhoAsync(Claim(market.Tenant.Address, Anvil.Signer(3)), default)).Address);
        await Assert.ThrowsAsync<LedgerException>(() => proofs.WhoAsync(Claim(wallet.Address, Anvil.Signer(3)), default));
    }

    private static async Task PendingAsync(Market market, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await market.Anvil.AskAsync("txpool_status")).GetProperty("pending").GetString() != Hex.Quantity(count)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
    }

    private static LeaseDomain LeaseDomain(Market market) => new(Market.ChainId, market.Contracts.LeaseManager);

    private static ReceiptSigner Receipts(Market market) => new(market.Operator.Signer, LeaseDomain(market), market.Anvil.Client);

    private static string Sign(Market market, Receipt receipt, LocalSigner signer) => signer.SignDigest(LeaseDomain(market).Typed(receipt.ToContract()).Digest()).ToString();

    private static async Task SetSessionKeyAsync(Market market, LocalSigner key, bool isAllowed) =>
        await market.TenantWriter.CallAsync(market.Contracts.LeaseManager, new SetSessionKeyFunction { Key = key.Address, Allowed = isAllowed }, default);

    private static async Task<Receipt> ReceiptAsync(Market market, MatchedLease lease, uint seq, ulong coreSeconds)
    {
        var now = (await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
        return new Receipt(lease.Id, seq, (long)now, UsageVector.Zero with { CpuMilliSeconds = coreSeconds * 1000 }, 0, Receipt.NoEvidence, IsFinal: false);
    }

    private static Task<ChainLease> ReadAsync(Market market, MatchedLease lease) => market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default);
}
