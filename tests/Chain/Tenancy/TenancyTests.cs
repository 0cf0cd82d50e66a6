using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Ledger;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Tenancy;

/// <summary>What a tenant's operator does on chain, on the real contracts.</summary>
public sealed class TenancyTests
{
    private const string OtherSpec = "0x7777777777777777777777777777777777777777777777777777777777777777";

    [Fact]
    public async Task Directory_SaysWhatTheRegistryHas()
    {
        await using var market = await Market.OpenAsync();
        using var directory = new EvmDatacenterDirectory(market.Anvil.Client, market.Contracts.Registry, TimeProvider.System, NullLogger<EvmDatacenterDirectory>.Instance);
        var found = Assert.Single(await directory.ReadAsync(market.Token.ToString(), "", default));
        Assert.Equal(market.Provider.Writer.Address.ToString(), found.Place.Provider);
        Assert.Equal(market.Operator.Writer.Address.ToString(), found.OperatorKey);
        Assert.Equal((true, Market.Staked), (found.IsActive, found.Stake));
        // Nobody has attested anything: its own word on its capabilities does not count then.
        var attested = Assert.Single(await directory.ReadAsync(market.Token.ToString(), market.Deployer.Writer.Address.ToString(), default));
        Assert.Equal(BigInteger.Zero, attested.Capabilities);
    }

    [Fact]
    public async Task EntryThatIsNoText_IsPassedOver_AndHidesNoOther()
    {
        await using var market = await Market.OpenAsync();
        var call = new RegisterFunction { Operator = market.Deployer.Writer.Address, Payout = market.Deployer.Writer.Address, Capabilities = 0, Endpoint = "https://stranger", Region = "#######" }.EncodeCall();
        for (var i = 0; i < call.Length; i++)
            if (call[i] == (byte)'#') call[i] = 0xff;
        using var sender = new TransactionSender(market.Anvil.Client, Market.ChainId, market.Deployer.Signer, Market.Sending, TimeProvider.System, NullLogger<TransactionSender>.Instance);
        Assert.Null((await sender.SendAsync(market.Contracts.Registry, call, default)).Error);
        using var directory = new EvmDatacenterDirectory(market.Anvil.Client, market.Contracts.Registry, TimeProvider.System, NullLogger<EvmDatacenterDirectory>.Instance);
        Assert.Equal(market.Provider.Writer.Address.ToString(), Assert.Single(await directory.ReadAsync(market.Token.ToString(), "", default)).Place.Provider);
    }

    [Fact]
    public async Task Order_BecomesTheLeaseThatItSaid_Once_HoweverOftenItIsSent()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Sender(market);
        var (orders, transactions) = (Orders(market), new EvmTenantTransactions(market.Anvil.Client, sender, market.Contracts));
        var order = await orders.PrepareAsync(await market.RequestAsync() with { Counter = 99 }, default);
        Assert.Equal(BigInteger.Zero, order.Request.Counter);
        Assert.Equal(order.Lease, orders.LeaseOf(order.Request));
        Assert.NotEqual(order.Lease, orders.LeaseOf(order.Request with { Salt = order.Request.Salt + 1 }));
        Assert.Null(orders.LeaseOf(order.Request with { Token = "none" }));
        var offer = await market.QuoteAsync(order.Request);
        Assert.Null(orders.FaultOf(offer, order.Request, market.Operator.Writer.Address.ToString()));
        Assert.Contains("is not signed by", orders.FaultOf(offer, order.Request, orders.Wallet)!, StringComparison.Ordinal);

        var from = await market.Anvil.Client.GetBlockNumberAsync();
        var match = new MatchIntent(order.Lease, order.Request, offer);
        Assert.Null(await transactions.TryAsync(match, default));
        // An Offer that the contract would not take is no fault of the wallet's.
        var lie = await transactions.TryAsync(match with { Offer = offer with { Signature = "0x" + new string('1', 130) } }, default);
        Assert.False(lie!.IsOurs);
        Assert.Null((await transactions.SubmitAsync(match, default)).Error);
        Assert.Null((await transactions.SubmitAsync(match, default)).Error);
        Assert.Equal(Market.Minted - order.Request.Deposit, (await market.Tenant.ReadBalancesAsync(market.Token, null, default)).Token);

        var head = await market.Ledger().ReadHeadAsync(default);
        var terms = await Terms(market).ReadAsync(order.Lease, from, head.Latest, default);
        Assert.Equal((orders.Wallet, order.Request.SpecHash), (terms!.Tenant, terms.SpecHash));
        Assert.Null(await Terms(market).ReadAsync(LeaseId.Parse(OtherSpec), from, head.Latest, default));
        var lease = Assert.Single(await market.Ledger().ReadLeasesAsync([new LeaseReference(order.Lease, terms)], head.Latest, default));
        Assert.Equal((LeaseState.Reserved, order.Request.Deposit, true), (lease.State, lease.Escrow, lease.TermsMatch));
        Assert.True(head.FinalizedTime > 0);
    }

    [Fact]
    public async Task Lease_IsFundedAmendedAndEnded_AndItsRefundSeen()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Sender(market);
        var transactions = new EvmTenantTransactions(market.Anvil.Client, sender, market.Contracts);
        var lease = await market.MatchAsync();
        await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);

        Assert.Null((await transactions.SubmitAsync(new TopUpIntent(lease.Id, lease.Terms, 5_000, 10_005_000), default)).Error);
        Assert.Null((await transactions.SubmitAsync(new AmendSpecIntent(lease.Id, lease.Terms, OtherSpec), default)).Error);
        var latest = await market.Anvil.Client.GetBlockNumberAsync();
        var terms = await Terms(market).ReadAsync(lease.Id, lease.Block, latest, default);
        Assert.Equal(lease.Terms with { SpecHash = OtherSpec }, terms);
        Assert.StartsWith("TermsDiffer(", (await transactions.SubmitAsync(new EndIntent(lease.Id, lease.Terms), default)).Error, StringComparison.Ordinal);

        Assert.Null((await transactions.SubmitAsync(new EndIntent(lease.Id, terms!), default)).Error);
        // The datacenter says nothing more: the tenant ends it alone.
        await market.Anvil.PassAsync((int)(terms!.NoticeSeconds + terms.Parameters.SubmitSeconds + 1));
        Assert.Null((await transactions.SubmitAsync(new EndIntent(lease.Id, terms), default)).Error);
        Assert.Equal(LeaseState.Closed, (await market.Tenant.ReadLeaseAsync(lease.Id, terms, default)).State);
        Assert.Equal(10_005_000 - terms.MinCharge, (await market.Tenant.ReadBalancesAsync(market.Token, null, default)).Vault);
    }

    [Fact]
    public async Task TopUp_ThatAnEarlierTermLeftInThePool_IsNotSentAgain()
    {
        await using var market = await Market.OpenAsync();
        var journal = new InMemoryJournal();
        var lease = await market.MatchAsync();
        var intent = new TopUpIntent(lease.Id, lease.Terms, 5_000, 10_005_000);
        await market.Anvil.AskAsync("evm_setAutomine", false);
        using (var dying = new CancellationTokenSource())
        using (var first = Sender(market, journal))
        {
            var sent = new EvmTenantTransactions(market.Anvil.Client, first, market.Contracts).SubmitAsync(intent, dying.Token);
            await market.WaitForPendingAsync();
            await dying.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        }

        using var second = Sender(market, journal);
        var transactions = new EvmTenantTransactions(market.Anvil.Client, second, market.Contracts);
        Assert.Equal(PurchaseAction.TopUp, Assert.Single((await transactions.RecallAsync([lease.Id], default))!).Action);
        Assert.Empty((await transactions.RecallAsync([LeaseId.Parse(OtherSpec)], default))!);
        var again = transactions.SubmitAsync(intent, default);
        await market.Anvil.MineAsync();
        await market.Anvil.AskAsync("evm_setAutomine", true);
        var outcome = await again;
        Assert.Null(outcome.Error);
        Assert.Equal([new SentTransaction(lease.Id, PurchaseAction.TopUp, outcome.TransactionHash!, null)], await transactions.RecallAsync([lease.Id], default));
        Assert.Equal(10_005_000, (await market.Tenant.ReadLeaseAsync(lease.Id, lease.Terms, default)).Escrow);
    }

    // Who sent it died before it could say so.
    [Fact]
    public async Task WhatWasSentBefore_IsRecalled_WithWhatItWasFor_AndByTheHashThatWasMined()
    {
        await using var market = await Market.OpenAsync();
        var journal = new InMemoryJournal();
        var lease = await market.MatchAsync();
        await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);
        var sent = new List<string>();
        using (var first = Sender(market, journal))
        {
            var transactions = new EvmTenantTransactions(market.Anvil.Client, first, market.Contracts);
            var amended = lease.Terms with { SpecHash = OtherSpec };
            TenantIntent[] intents = [new TopUpIntent(lease.Id, lease.Terms, 5_000, 10_005_000), new AmendSpecIntent(lease.Id, lease.Terms, OtherSpec), new EndIntent(lease.Id, amended)];
            foreach (var intent in intents) sent.Add((await transactions.SubmitAsync(intent, default)).TransactionHash!);
        }

        using var second = Sender(market, journal);
        var recalled = (await new EvmTenantTransactions(market.Anvil.Client, second, market.Contracts).RecallAsync([lease.Id], default))!;
        Assert.Equal([PurchaseAction.TopUp, PurchaseAction.AmendSpec, PurchaseAction.Close], recalled.Select(t => t.Action));
        Assert.Equal(sent, recalled.Select(t => t.Hash));
        Assert.All(recalled, t => Assert.Null(t.Error));
        foreach (var hash in sent) Assert.True((await market.Anvil.Client.GetTransactionReceiptAsync(Bytes32.Parse(hash)))!.Succeeded);
    }

    [Fact]
    public async Task WalletWithoutAllowance_IsToldTheCommandThatMendsIt()
    {
        await using var market = await Market.OpenAsync();
        await market.Tenant.ApproveAsync(market.Token, 0, default);
        var poor = new TransactionSender(market.Anvil.Client, Market.ChainId, market.Deployer.Signer, Market.Sending, TimeProvider.System, NullLogger<TransactionSender>.Instance);
        using (poor)
        {
            var orders = new EvmTenantOrders(market.Anvil.Client, market.Deployer.Signer, market.Domain, new LeaseDomain(Market.ChainId, market.Contracts.LeaseManager));
            var order = await orders.PrepareAsync(await market.RequestAsync(), default);
            var transactions = new EvmTenantTransactions(market.Anvil.Client, poor, market.Contracts);
            var match = new MatchIntent(order.Lease, order.Request, await market.QuoteAsync(order.Request));
            Assert.True((await transactions.TryAsync(match, default))!.IsOurs);
            var refused = await transactions.SubmitAsync(match, default);
            Assert.Contains($"cast send {market.Token} 'approve(address,uint256)' {market.Contracts.Vault}", refused.Error!, StringComparison.Ordinal);
            Assert.Null(refused.TransactionHash);
        }
    }

    private static EvmTenantOrders Orders(Market market) =>
        new(market.Anvil.Client, Anvil.Signer(3), market.Domain, new LeaseDomain(Market.ChainId, market.Contracts.LeaseManager));

    private static EvmLeaseTermsReader Terms(Market market) => new(market.Anvil.Client, market.Contracts.LeaseManager, 2_000, NullLogger<EvmLeaseTermsReader>.Instance);

    private static TransactionSender Sender(Market market, InMemoryJournal? journal = null)
    {
        var sender = new TransactionSender(market.Anvil.Client, Market.ChainId, Anvil.Signer(3), Market.Sending, TimeProvider.System, NullLogger<TransactionSender>.Instance);
        if (journal is not null) sender.BeginTerm(new SendingTerm(journal.Open(), () => 0), default);
        return sender;
    }
}
