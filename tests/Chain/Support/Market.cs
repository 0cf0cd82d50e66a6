using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Transactions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Support;

/// <summary>An Anvil with the real contracts, one registered datacenter and one tenant with a million test dollars.</summary>
internal sealed class Market : IAsyncDisposable
{
    public static readonly BigInteger Minted = 1_000_000_000_000;
    public static readonly BigInteger Staked = 10_000_000;
    public static readonly DeploymentSettings Settings = new() { SubmitSeconds = 60, MaturitySeconds = 100, RulingSeconds = 600, FeeBps = 50, SliceBps = 10_000, Bounty = 77 };
    public const ulong ChainId = 31337;
    public static readonly SendingOptions Sending = new() { PollInterval = TimeSpan.FromMilliseconds(50), BumpAfter = TimeSpan.FromSeconds(30) };
    private readonly List<LocalAccount> accounts = [];
    private int salt;

    private Market(Anvil anvil) => Anvil = anvil;

    public LocalAccount Deployer { get; private set; } = null!;

    public Anvil Anvil { get; }

    public ContractAddresses Contracts { get; private set; } = null!;

    public LocalAccount Provider { get; private set; } = null!;

    public LocalAccount Operator { get; private set; } = null!;

    public TenantWallet Tenant { get; private set; } = null!;

    public ContractWriter TenantWriter { get; private set; } = null!;

    public OrderSigner Orders { get; private set; } = null!;

    public Address Token => Contracts.Token!.Value;

    public OrderDomain Domain => new(ChainId, Contracts.Market);

    public LedgerOptions LedgerOptions => new(ChainId, Contracts.LeaseManager, Contracts.Market, Provider.Writer.Address) 
    {
        Confirmations = 1, Vault = Contracts.Vault, Registry = Contracts.Registry, Parameters = Contracts.Parameters, Apps = Contracts.Apps, Results = Contracts.Results,
    };

    public static async Task<Market> OpenAsync(DeploymentSettings? settings = null)
    {
        var market = new Market(await Anvil.StartAsync());
        market.Deployer = await market.ConnectAsync(0);
        var deployment = new ContractDeployment(market.Deployer.Writer, Repository.Artifacts);
        market.Contracts = await deployment.DeployAsync(settings ?? Settings, default);
        market.Provider = await market.ConnectAsync(1);
        market.Operator = await market.ConnectAsync(2);
        var tenant = await market.ConnectAsync(3);
        market.TenantWriter = tenant.Writer;
        market.Tenant = new TenantWallet(tenant.Writer, market.Contracts);
        market.Orders = new OrderSigner(tenant.Signer, market.Domain);
        await deployment.MintAsync(market.Token, tenant.Writer.Address, Minted, default);
        await market.Tenant.ApproveAsync(market.Token, Minted, default);
        var registration = new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry);
        await registration.EnsureAsync(new RegistryEntry(market.Operator.Writer.Address, market.Provider.Writer.Address, 0, "http://127.0.0.1:8080", "eu-central"), default);
        await deployment.MintAsync(market.Token, market.Provider.Writer.Address, Staked, default);
        await registration.EnsureStakeAsync(market.Token, Staked, default);
        return market;
    }

    public EvmLeaseLedger Ledger(LedgerOptions? options = null, EthereumClient? client = null) =>
        new(client ?? Anvil.Client, options ?? LedgerOptions, TimeProvider.System, NullLogger<EvmLeaseLedger>.Instance);

    public EvmLeaseTransactions Transactions() => new(
        Anvil.Client, Contracts.LeaseManager, Contracts.Market, Contracts.Results, Sender(Sending), newest: new NewestTerms(Anvil.Client, Contracts.LeaseManager, 2_000, 2_000, NullLogger<NewestTerms>.Instance));

    public TransactionSender Sender(Live<SendingOptions> options, TimeSpan yieldsFor = default, bool givesWay = false) =>
        new(Anvil.Client, ChainId, Operator.Signer, options, TimeProvider.System, NullLogger<TransactionSender>.Instance) { YieldsFor = yieldsFor, GivesWay = givesWay };

    public async Task<RequestTerms> RequestAsync()
    {
        var now = (await Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
        return Samples.Request(Tenant.Address, Token, Provider.Writer.Address, (long)now + 3600) with { Salt = ++salt };
    }

    public async Task<SignedOffer> QuoteAsync(RequestTerms request)
    {
        var offers = new EvmOfferSigner(Operator.Signer, Domain, Provider.Writer.Address, Anvil.Client);
        return await offers.SignAsync(Samples.Offer(request) with { Salt = ++salt }, request, default);
    }

    /// <summary>From Request to lease: what a tenant does in one transaction.</summary>
    public async Task<MatchedLease> MatchAsync()
    {
        var request = await RequestAsync();
        return await Tenant.MatchAsync(await QuoteAsync(request), request, "", default);
    }

    /// <summary>Waits until a transaction lies in the pool.</summary>
    public async Task WaitForPendingAsync()
    {
        while (Hex.ParseQuantity((await Anvil.AskAsync("txpool_status")).GetProperty("pending").GetString()!).IsZero) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
    }

    /// <summary>The tenant's close goes into the pool, and pays to come before all that lies there.</summary>
    public async Task CloseFirstAsync(MatchedLease lease)
    {
        var close = new CloseFunction { LeaseId = lease.Id.ToContract(), Terms = lease.Terms.ToContract(), Expected = 0 };
        var transaction = new Eip1559Transaction
        {
            ChainId = ChainId, Nonce = await Anvil.Client.GetTransactionCountAsync(Tenant.Address), Gas = 500_000, To = Contracts.LeaseManager, Data = close.EncodeCall(),
            MaxFeePerGas = 100_000_000_000, MaxPriorityFeePerGas = 50_000_000_000,
        };
        await Anvil.Client.SendRawTransactionAsync(await Support.Anvil.Signer(3).SignTransactionAsync(transaction));
    }

    /// <summary>From a posted Request to its lease: the operator bids, the time for bids passes, the award is sent.</summary>
    public async Task<MatchedLease> AwardAsync(RequestTerms request)
    {
        var offer = await QuoteAsync(request);
        var id = LeaseId.Parse(offer.RequestHash);
        Assert.Null(Assert.Single(await Transactions().SubmitAsync([new BidIntent(id, request, offer)], default)).Error);
        await Anvil.PassAsync(61);
        Assert.Null(Assert.Single(await Transactions().SubmitAsync([new AwardIntent(id, request, [offer])], default)).Error);
        return Assert.Single(await new PostedRequests(TenantWriter, Contracts).ReadAwardedAsync(offer.RequestHash, 1, default));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var account in accounts) account.Dispose();
        await Anvil.DisposeAsync();
    }

    private async Task<LocalAccount> ConnectAsync(int account)
    {
        var connected = await LocalAccount.ConnectAsync(Anvil.Url, Anvil.Signer(account), Sending, TimeProvider.System, default);
        accounts.Add(connected);
        return connected;
    }
}

internal static class Samples
{
    /// <summary>One smallest unit per millicore-second, half a unit per MiB-second.</summary>
    public static readonly Prices Prices = new(1_000_000_000, 500_000_000, 0, 0, 0, 0);

    public static readonly Resources Resources = Resources.None with { CpuMilli = 1000, MemoryMiB = 1024 };

    public static RequestTerms Request(Address tenant, Address token, Address provider, long expiresAt) => new(
        tenant.ToString(), Address.Zero.ToString(), token.ToString(), provider.ToString(), "0x" + new string('5', 64), Resources, Prices,
        MaxStartFee: 500, MaxMinCharge: 1000, MaxReservationFee: 200, Deposit: 10_000_000, Fills: 1, DurationSeconds: 3600,
        MinNoticeSeconds: 10, MaxNoticeSeconds: 600, MaxActivationSeconds: 900, MinDowntimeBps: 0, RequiredCapabilities: 0,
        Auditor: Address.Zero.ToString(), Arbiter: Address.Zero.ToString(), App: Bytes32.Zero.ToString(), Callback: false, expiresAt, Counter: 0, Salt: 1);

    public static OfferTerms Offer(RequestTerms request) => new(
        request.Resources, request.MaxPrices, StartFee: 50, MinCharge: 100, ReservationFee: 20, Volume: 1, NoticeSeconds: 60, ActivationSeconds: 600,
        DowntimeBps: 10_000, MaxRoyaltyBps: 1_000, request.Arbiter, request.ExpiresAt, Salt: 1);
}
