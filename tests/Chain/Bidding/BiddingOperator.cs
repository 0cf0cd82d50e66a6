using System.Numerics;
using Federation.Application.Bidding;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Application.Watching;
using Federation.Chain.Ledger;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tests.Support;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Ethereum.Client;
using Federation.Testing;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Bidding;

/// <summary>What an operator needs to bid, on the real contracts; its cluster is in memory and outlives it.</summary>
internal sealed class BiddingOperator : IDisposable
{
    private readonly Market market;
    private readonly InMemoryHolds holds;
    private readonly FakeClock clock;
    private readonly OperatorHealth health;
    private readonly ChainWatcher watcher;
    private readonly Bidder bidder;
    private readonly Settler settler;
    private readonly HeldOffers offers;
    private readonly BidMetrics metrics = new();
    private readonly TransactionSender sender;
    private readonly IntentOutbox outbox;

    public BiddingOperator(Market market, InMemoryHolds holds, FakeClock clock, InMemoryCluster cluster)
    {
        (this.market, this.holds, this.clock) = (market, holds, clock);
        var (provider, hasher, store) = (market.Provider.Writer.Address, new KeccakHasher(), holds.Open());
        var ledger = new EvmPostLedger(market.Anvil.Client, market.Domain, 1_000, NullLogger<EvmPostLedger>.Instance);
        (health, outbox, sender) = (new OperatorHealth(clock), new IntentOutbox(clock), market.Sender(Market.Sending));
        var watching = new WatcherOptions(Market.ChainId, market.Contracts.LeaseManager.ToString(), market.Contracts.BlockNumber);
        watcher = new ChainWatcher(market.Ledger(), market.Ledger(), cluster, cluster, watching, clock, NullLogger<ChainWatcher>.Instance);
        Capacities = new CapacityReader(cluster, cluster, store, health, hasher, HoldLimits.Usual, clock, market.Ledger());
        offers = new HeldOffers(Capacities, store, new EvmOfferSigner(market.Operator.Signer, market.Domain, provider, market.Anvil.Client), hasher, HoldLimits.Usual);
        var maker = new OfferMaker(cluster, new EvmMarketReader(market.Anvil.Client, market.Contracts, provider), ScriptedHook.PricerOn(Capacities), hasher, clock);
        settler = new Settler(outbox, new EvmLeaseTransactions(market.Anvil.Client, market.Contracts.LeaseManager, market.Contracts.Market, market.Contracts.Results, sender), NullLogger<Settler>.Instance);
        bidder = new Bidder(
            new PostBook(ledger, market.Contracts.BlockNumber, clock, NullLogger<PostBook>.Instance), ledger, ledger, maker, offers, new BidHolds(Capacities, store, ledger),
            outbox, cluster, health, metrics, clock, NullLogger<Bidder>.Instance);
    }

    public CapacityReader Capacities { get; }

    public IReadOnlyList<Hold> Held => holds.Stored;

    public static DatacenterRecord Datacenter(Market market) => new("dc", 1, new DatacenterSpec(
        market.Provider.Writer.Address.ToString(), "eu", "http://127.0.0.1", new Dictionary<string, GpuPlacement>(),
        new PriceBook(
            market.Token.ToString(), Samples.Prices.Cpu, Samples.Prices.Memory, 0, 0, new Dictionary<string, BigInteger>(),
            StartFee: 0, MinCharge: 0, ReservationFee: 0, NoticeSeconds: 60, ActivationSeconds: 600, MaxDurationSeconds: 86_400, DowntimeBps: 10_000, MaxRoyaltyBps: 0, []),
        "", 0, 0) { Bids = new BidPolicy(MaxOpen: 4, SharePercent: 50), UnenforcedNetworkPolicy = UnenforcedNetworkPolicy.Allow }, null);

    /// <summary>Reads the chain, bids, and sends what is wanted, once.</summary>
    public async Task PassAsync()
    {
        await LookAsync();
        await settler.PassAsync(default);
        await market.Anvil.MineAsync(2);
    }

    /// <summary>The same, and dies before it sends.</summary>
    public async Task LookAsync()
    {
        health.IsPollDue(TimeSpan.Zero);
        health.ChainSeen(await watcher.PollAsync(default));
        await bidder.PassAsync(default);
    }

    /// <summary>Time passes, for the chain and for the operator.</summary>
    public async Task WaitAsync(int seconds)
    {
        await market.Anvil.PassAsync(seconds);
        await market.Anvil.MineAsync(2);
        var time = (long)(await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
        clock.Advance(TimeSpan.FromSeconds(Math.Max(0, time - clock.NowSeconds)));
    }

    public void Dispose()
    {
        sender.Dispose();
        offers.Dispose();
        outbox.Dispose();
        metrics.Dispose();
    }
}
