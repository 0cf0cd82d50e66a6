using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Ledger;
using Federation.Chain.Signing;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;

namespace Federation.Chain.Tests.Accounts;

/// <summary>The main job's chain side on the real contracts.</summary>
public class FullFlowTests
{
    private const string Evidence = "0x00000000000000000000000000000000000000000000000000000000000000ee";

    [Fact]
    public async Task Lease_FromMatchToWithdrawal_AccountsForEveryUnit()
    {
        await using var market = await Market.OpenAsync();
        var (ledger, transactions) = (market.Ledger(), market.Transactions());
        var (a, b, c) = (await market.MatchAsync(), await market.MatchAsync(), await market.MatchAsync());

        // Found in the logs, with the terms as they were matched.
        var latest = await market.Anvil.Client.GetBlockNumberAsync();
        Assert.Equal([a, b, c], (await ledger.ReadNewsAsync(0, latest, default)).Matched);
        Assert.Equal([b], (await ledger.ReadNewsAsync(b.Block, b.Block, default)).Matched);
        Assert.Equal(Accrual.Slice(a.Terms.Prices, a.Terms.Resources, Market.Settings.MaturitySeconds, Market.Settings.SliceBps), a.Terms.Parameters.Slice);

        // Activations in one transaction; the third is given back in full.
        var opened = await transactions.SubmitAllAsync(new ActivateIntent(a.Id, a.Terms), new RefuseIntent(c.Id, c.Terms), new ActivateIntent(b.Id, b.Terms));
        Assert.All(opened, o => Assert.Null(o.Error));
        Assert.Equal(opened[0].TransactionHash, opened[2].TransactionHash);
        Assert.Equal([LeaseState.Active, LeaseState.Active, LeaseState.Closed], (await ReadAsync(market, ledger, a, b, c)).Select(l => l.State));

        // Settlement of both; a receipt that comes twice in one batch, and terms that somebody edited, touch nothing else.
        await market.Anvil.PassAsync(100);
        var settled = await transactions.SubmitAllAsync(
            await ReceiptAsync(market, a, 1, 40), await ReceiptAsync(market, b, 1, 100_000), await ReceiptAsync(market, a, 1, 40),
            await ReceiptAsync(market, b with { Terms = b.Terms with { MinCharge = 0 } }, 2, 1));
        Assert.Equal([null, null, "The contract skipped it: SeqTooLow"], settled.Take(3).Select(o => o.Error));
        Assert.StartsWith("TermsDiffer(", settled[3].Error, StringComparison.Ordinal);
        Assert.Null(settled[3].TransactionHash);
        var after = await ReadAsync(market, ledger, a, b);
        Assert.Equal(Accrual.Due(a.Terms, Usage(40), 0), after[0].Claimed);
        Assert.Equal(b.Terms.StartFee + Accrual.RateCap(b.Terms.Prices, b.Terms.Resources, after[1].Through - after[1].ActivatedAt), after[1].Claimed);
        Assert.All(after, l => Assert.Equal((l.Claimed, BigInteger.Zero), (l.Ring.Pending, l.Paid)));

        // More escrow, notice by the tenant, the final receipt closes, the rest comes back.
        await market.Tenant.TopUpAsync(a.Id, a.Terms, 5_000, default);
        Assert.Equal(after[0].Escrow + 5_000, (await market.Tenant.ReadLeaseAsync(a.Id, a.Terms, default)).Escrow);
        await market.Tenant.CloseAsync(a.Id, a.Terms, default);
        Assert.Equal(LeaseState.Closing, (await market.Tenant.ReadLeaseAsync(a.Id, a.Terms, default)).State);
        await market.Anvil.PassAsync(61);
        var final = await transactions.SubmitAsync([await ReceiptAsync(market, a, 2, 90, isFinal: true)], default);
        Assert.Null(final[0].Error);
        var closed = await market.Tenant.ReadLeaseAsync(a.Id, a.Terms, default);
        Assert.Equal((LeaseState.Closed, CloseReason.Tenant, BigInteger.Zero), (closed.State, closed.Reason, closed.Escrow));

        // What was claimed is paid once it has matured and somebody collects, of ended leases and of running ones alike.
        Assert.StartsWith("NothingPending(", (await transactions.SubmitAsync([new CollectIntent(c.Id, c.Terms)], default))[0].Error, StringComparison.Ordinal);
        await market.Anvil.PassAsync(2 * (int)Market.Settings.MaturitySeconds);
        Assert.True(Collection.IsDue(closed, a.Terms, (long)(await market.Anvil.Client.GetBlockAsync(Federation.Ethereum.Client.BlockParameter.Latest))!.Timestamp));
        var collected = await transactions.SubmitAsync([new CollectIntent(a.Id, a.Terms), new CollectIntent(b.Id, b.Terms)], default);
        Assert.All(collected, o => Assert.Null(o.Error));
        Assert.Equal(collected[0].TransactionHash, collected[1].TransactionHash);
        closed = await market.Tenant.ReadLeaseAsync(a.Id, a.Terms, default);
        Assert.Equal((closed.Claimed, true, false), (closed.Paid, closed.IsSliceFreed, Collection.IsOpen(closed, a.Terms)));

        var refund = (await market.Tenant.ReadBalancesAsync(market.Token, null, default)).Vault;
        // The top-up came out of the third lease's refund: what lies in the Vault goes first.
        Assert.Equal((2 * 10_000_000) - closed.Claimed, refund);
        await market.Tenant.WithdrawAsync(market.Token, refund, default);
        var tenant = await market.Tenant.ReadBalancesAsync(market.Token, null, default);
        var provider = await market.Tenant.ReadBalancesAsync(market.Token, market.Provider.Writer.Address, default);
        var open = await market.Tenant.ReadLeaseAsync(b.Id, b.Terms, default);
        Assert.Equal(BigInteger.Zero, tenant.Vault);
        var treasury = await market.Tenant.ReadBalancesAsync(market.Token, market.Deployer.Writer.Address, default);
        Assert.Equal((closed.Paid * Market.Settings.FeeBps / 10_000) + (open.Paid * Market.Settings.FeeBps / 10_000), treasury.Vault);
        Assert.Equal(closed.Paid + open.Paid, provider.Vault + treasury.Vault);
        latest = await market.Anvil.Client.GetBlockNumberAsync();
        Assert.Equal(provider.Vault, await ledger.ReadEarnedAsync(market.Token.ToString(), 0, latest, default));
        Assert.Equal(BigInteger.Zero, await ledger.ReadEarnedAsync(market.Contracts.Vault.ToString(), 0, latest, default));
        Assert.Equal(Market.Minted, tenant.Token + provider.Vault + treasury.Vault + open.Escrow);
    }

    [Fact]
    public async Task Refusals_NameTheContractsError()
    {
        await using var market = await Market.OpenAsync();
        var request = await market.RequestAsync();
        var offer = await market.QuoteAsync(request);
        Assert.Null(market.Orders.FaultOf(offer, request, market.Operator.Writer.Address));
        Assert.Contains("not signed by", market.Orders.FaultOf(offer, request, market.Tenant.Address), StringComparison.Ordinal);
        Assert.Contains("is for the Request", market.Orders.FaultOf(offer, request with { Salt = 99 }, market.Operator.Writer.Address), StringComparison.Ordinal);

        await FailsAsync("OfferForOtherRequest(", () => market.Tenant.MatchAsync(offer, request with { Deposit = 20_000_000 }, "", default));
        await FailsAsync("SignatureInvalid(", () => market.Tenant.MatchAsync(offer with { Signature = offer.Signature.Replace('1', '2') }, request, "", default));
        await FailsAsync("BalanceTooLow(", () => market.Tenant.WithdrawAsync(market.Token, 1, default));
        await FailsAsync("EndpointInvalid(", () => new DatacenterRegistration(market.Operator.Writer, market.Contracts.Registry)
            .EnsureAsync(new RegistryEntry(market.Operator.Writer.Address, market.Tenant.Address, 0, "", "eu"), default));

        // A signed Request may be sent by somebody else: here by the provider.
        var signed = await market.Orders.SignAsync(request, default);
        Assert.Equal(offer.RequestHash, signed.Hash);
        Assert.Equal(0u, await market.Tenant.ReadFilledAsync(signed.Hash, default));
        Assert.False(await market.Tenant.ReadCancelledAsync(signed.Hash, default));
        var broker = new TenantWallet(market.Provider.Writer, market.Contracts);
        Assert.Equal(request.Tenant, (await broker.MatchAsync(offer, request, signed.Signature, default)).Terms.Tenant);
        Assert.Equal(1u, await market.Tenant.ReadFilledAsync(signed.Hash, default));
        await FailsAsync("LeaseExists(", () => market.Tenant.MatchAsync(offer, request, "", default));
    }

    [Fact]
    public async Task AmendedSpec_ReachesTheLedger_AsTheTermsOfNow()
    {
        await using var market = await Market.OpenAsync();
        var (ledger, lease) = (market.Ledger(), await market.MatchAsync());
        await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);
        var amended = await market.Tenant.AmendSpecAsync(lease.Id, lease.Terms, "0x" + new string('6', 64), default);
        var latest = await market.Anvil.Client.GetBlockNumberAsync();
        Assert.Equal([lease with { Terms = amended }], (await ledger.ReadNewsAsync(0, latest, default)).Matched);
        var news = await ledger.ReadNewsAsync(latest, latest, default);
        Assert.Empty(news.Matched);
        Assert.Equal(amended, news.Amended[lease.Id]);
        var read = await ledger.ReadLeasesAsync([new LeaseReference(lease.Id, lease.Terms), new LeaseReference(lease.Id, amended)], latest, default);
        Assert.Equal([false, true], read.Select(l => l.TermsMatch));
    }

    [Fact]
    public async Task Amendment_OfBothSides_IsSettledAndPricedByItsTerms_AndTakenOnce()
    {
        await using var market = await Market.OpenAsync();
        var (ledger, transactions, lease) = (market.Ledger(), market.Transactions(), await market.MatchAsync());
        await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);
        await market.Anvil.PassAsync(100);
        var asked = await market.RequestAsync() with { Resources = Samples.Resources with { CpuMilli = 2000 }, MaxPrices = Samples.Prices with { Cpu = 3_000_000_000 } };
        var amendment = await AmendmentAsync(market, lease, asked, coreSeconds: 40);
        string? Fault(SignedAmendment one, RequestTerms of) => AmendmentSigner.FaultOf(LeaseDomain(market), one, lease.Id, lease.Terms, of, market.Operator.Writer.Address);
        Assert.Null(Fault(amendment, asked));
        Assert.Contains("above the maximum", Fault(amendment, asked with { MaxPrices = Samples.Prices }), StringComparison.Ordinal);
        Assert.Contains("not those", Fault(amendment, asked with { Resources = Samples.Resources }), StringComparison.Ordinal);
        Assert.Contains("More would change", Fault(amendment with { Terms = amendment.Terms with { New = amendment.Terms.New with { StartFee = 60 } } }, asked), StringComparison.Ordinal);
        Assert.Contains("not signed by", Fault(amendment with { Terms = amendment.Terms with { Usage = Usage(41) } }, asked), StringComparison.Ordinal);

        // Who is not the tenant needs its signature as well.
        var broker = new TenantWallet(market.Provider.Writer, market.Contracts);
        await FailsAsync("SignatureInvalid(", () => broker.AmendAsync(amendment, "", default));
        var amended = await broker.AmendAsync(amendment, await new AmendmentSigner(Anvil.Signer(3), LeaseDomain(market)).SignAsync(amendment.Terms, default), default);
        await FailsAsync("TermsDiffer(", () => market.Tenant.AmendAsync(amendment, "", default));

        var latest = await market.Anvil.Client.GetBlockNumberAsync();
        Assert.Equal(amended, (await ledger.ReadNewsAsync(latest, latest, default)).Amended[lease.Id]);
        var before = await market.Tenant.ReadLeaseAsync(lease.Id, amended, default);
        Assert.Equal((true, 1u, 2u, Accrual.Due(lease.Terms, Usage(40), 0)), (before.TermsMatch, before.Amendments, before.Seq, before.Claimed));

        // What is used from here on costs what the new terms say.
        await market.Anvil.PassAsync(100);
        var settled = await transactions.SubmitAsync([await ReceiptAsync(market, lease with { Terms = amended }, 3, 90)], default);
        Assert.Null(settled[0].Error);
        var after = await market.Tenant.ReadLeaseAsync(lease.Id, amended, default);
        Assert.Equal(Accrual.Price(amended.Prices, Usage(90)) - Accrual.Price(amended.Prices, Usage(40)), after.Claimed - before.Claimed);
    }

    [Fact]
    public async Task Close_OnlyForTheReasonExpected()
    {
        await using var market = await Market.OpenAsync();
        var (transactions, lease) = (market.Transactions(), await market.MatchAsync());
        Assert.Null((await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default))[0].Error);
        var refused = await transactions.SubmitAsync([new CloseIntent(lease.Id, lease.Terms, CloseReason.Escrow)], default);
        Assert.StartsWith("ReasonDiffers(", refused[0].Error, StringComparison.Ordinal);
        await market.Anvil.PassAsync(3600);
        Assert.Null((await transactions.SubmitAsync([new CloseIntent(lease.Id, lease.Terms, CloseReason.Term)], default))[0].Error);
        Assert.Equal(CloseReason.Term, (await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default)).Reason);
    }

    [Fact]
    public async Task Registration_SaidTwice_IsSentOnce()
    {
        await using var market = await Market.OpenAsync();
        var registration = new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry);
        var entry = new RegistryEntry(market.Operator.Writer.Address, market.Provider.Writer.Address, 0, "http://127.0.0.1:8080", "eu-central");
        Assert.False(await registration.EnsureAsync(entry, default));
        Assert.True(await registration.EnsureAsync(entry with { Capabilities = 5 }, default));
        Assert.Equal(5, (await registration.ReadAsync(market.Provider.Writer.Address, default))!.Capabilities);
        Assert.Null(await registration.ReadAsync(market.Tenant.Address, default));

        var book = await registration.PublishPriceBookAsync(market.Token, default, default, Samples.Prices, default);
        var nonce = await market.Anvil.Client.GetTransactionCountAsync(market.Provider.Writer.Address);
        Assert.Equal(book, await registration.PublishPriceBookAsync(market.Token, default, default, Samples.Prices, default));
        Assert.Equal(nonce, await market.Anvil.Client.GetTransactionCountAsync(market.Provider.Writer.Address));
        Assert.Equal(book, (await registration.ReadAsync(market.Provider.Writer.Address, default))!.PriceBook);

        await registration.SetActiveAsync(false, default);
        await FailsAsync("ProviderNotActive(", market.MatchAsync);
    }

    private static async Task FailsAsync(string error, Func<Task> act) =>
        Assert.Contains(error, (await Assert.ThrowsAsync<ContractCallException>(act)).Message, StringComparison.Ordinal);

    private static LeaseDomain LeaseDomain(Market market) => new(Market.ChainId, market.Contracts.LeaseManager);

    private static async Task<SignedAmendment> AmendmentAsync(Market market, MatchedLease lease, RequestTerms asked, ulong coreSeconds)
    {
        var now = (long)(await market.Anvil.Client.GetBlockAsync(Federation.Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        var terms = lease.Terms with { Resources = asked.Resources, Prices = asked.MaxPrices, SpecHash = asked.SpecHash };
        var amendment = new AmendmentTerms(lease.Id.Hex, lease.Terms, terms, Nonce: 0, Seq: 2, now, Usage(coreSeconds), DownSeconds: 0, now + 600);
        return new SignedAmendment(amendment, await new AmendmentSigner(market.Operator.Signer, LeaseDomain(market)).SignAsync(amendment, default));
    }

    private static UsageVector Usage(ulong coreSeconds) => UsageVector.Zero with { CpuMilliSeconds = coreSeconds * 1000 };

    private static async Task<SettleIntent> ReceiptAsync(Market market, MatchedLease lease, uint seq, ulong coreSeconds, bool isFinal = false)
    {
        var now = (await market.Anvil.Client.GetBlockAsync(Federation.Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        return new SettleIntent(lease.Id, lease.Terms, new Receipt(lease.Id, seq, (long)now, Usage(coreSeconds), 0, Evidence, isFinal));
    }

    private static async Task<IReadOnlyList<ChainLease>> ReadAsync(Market market, EvmLeaseLedger ledger, params MatchedLease[] leases) =>
        await ledger.ReadLeasesAsync([.. leases.Select(l => new LeaseReference(l.Id, l.Terms))], await market.Anvil.Client.GetBlockNumberAsync(), default);
}
