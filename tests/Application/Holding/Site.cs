using Federation.Application.Amending;
using Federation.Application.Holding;
using Federation.Application.Isolating;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Settings;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Holding;

/// <summary>A datacenter of eight GPUs as quotes see it: a cluster, a chain as far as it was read, and one operator's life.</summary>
internal sealed class Site
{
    public const int Devices = 8;

    /// <summary>Where a test names some.</summary>
    public const long StorageMiB = 4000;

    /// <summary>What Requests of a number want: sometimes storage is short and devices are not.</summary>
    public static uint StorageOf(int number) => (uint)(number % 5) * 900;

    public Site(Live<HoldLimits>? limits = null)
    {
        Limits = limits ?? HoldLimits.Usual;
        Chain = new InMemoryChain(Clock, Gate, confirmations: 64, finality: 64);
        Chain.Mine();
        Cluster = new InMemoryCluster(Gate) { Datacenter = Quoting.QuoterTests.Datacenter, Holds = Holds };
        Restart();
    }

    public Live<HoldLimits> Limits { get; }

    public FakeClock Clock { get; } = new();

    /// <summary>The operator's.</summary>
    public SkewedClock Machine { get; private set; } = null!;

    public PortGate Gate { get; } = new();

    /// <summary>What the newest block has, whatever was read of it.</summary>
    public InMemoryChain Chain { get; }

    public InMemoryHolds Holds { get; } = new();

    public InMemoryCluster Cluster { get; }

    public FakeOfferSigner Signer { get; } = new();

    public OperatorHealth Health { get; private set; } = null!;

    public CapacityReader Capacities { get; private set; } = null!;

    public HeldOffers Offers { get; private set; } = null!;

    public HeldAmendments Amendments { get; private set; } = null!;

    public IHoldStore Store { get; private set; } = null!;

    public FixedSender Sender { get; } = new();

    public DatacenterReporter Reporter { get; private set; } = null!;

    /// <summary>The process ends and another one starts from what lies in the cluster.</summary>
    public void Restart(long term = 1)
    {
        var store = Store = Holds.Open(term);
        Machine ??= new SkewedClock(Clock);
        Health = new OperatorHealth(Machine);
        Capacities = new CapacityReader(Cluster, Cluster, store, Health, FakeHasher.Instance, Limits.Current, Machine, Chain);
        Offers = new HeldOffers(Capacities, store, Signer, FakeHasher.Instance, Limits);
        Amendments = new HeldAmendments(Capacities, store, new FakeAmendmentSigner(), Limits);
        var network = new NetworkWatch(null, TimeSpan.FromHours(6), Clock, NullLogger<NetworkWatch>.Instance);
        Reporter = new DatacenterReporter(Cluster, new FixedRegistry(), Capacities, store, Cluster, Health, network, new EarningsReader(new FixedEarnings(), new WatcherOptions(1, "0x1", 1)), Machine, NullLogger<DatacenterReporter>.Instance, sender: Sender);
    }

    /// <summary>The operator reads the chain, whose confirmed block is as old as said.</summary>
    public void SeeChain(int behind = 0, params LeaseView[] views)
    {
        Health.IsPollDue(TimeSpan.Zero);
        Health.ChainSeen(new ChainPicture(new LedgerHead(Chain.Blocks.Latest.Number, 1, Clock.NowSeconds - behind, "0x1", 1, "0x1") { LatestTime = Clock.NowSeconds }, views.ToDictionary(v => v.Id), []));
    }

    public RequestTerms Request(int number, int gpus, string tenant = Some.Tenant, uint fills = 1) => Some.Request with
    {
        Tenant = tenant, Fills = fills, Salt = number,
        Resources = Some.Resources with { CpuMilli = (uint)gpus * 1000, StorageMiB = StorageOf(number), GpuA = new(Some.GpuClassHash, (ushort)gpus) },
    };

    /// <summary>Where everybody asks from.</summary>
    public string Caller { get; set; } = "192.0.2.1";

    /// <summary>What every payer has.</summary>
    public System.Numerics.BigInteger Funds { get; set; } = 1_000_000_000;

    public Asker AskerOf(RequestTerms request) => new(request.PaidBy(), Caller, Funds);

    public Task<QuoteResult> QuoteAsync(RequestTerms request)
    {
        var expires = Clock.NowSeconds + 60;
        var offer = Some.Offer with { Resources = request.Resources, Prices = request.MaxPrices, ExpiresAt = expires, Salt = Signer.Signed + 1 };
        return Offers.SignAsync(offer, request, AskerOf(request), default);
    }

    /// <summary>The lease is to have so many devices.</summary>
    public Task<AmendmentResult> AmendAsync(LeaseView lease, int gpus, uint nonce = 0, int number = 0)
    {
        var terms = lease.Terms with { Resources = Request(number, gpus).Resources };
        var amendment = new AmendmentTerms(lease.Id.Hex, lease.Terms, terms, nonce, 1, 0, Domain.Pricing.UsageVector.Zero, 0, Clock.NowSeconds + 60);
        return Amendments.SignAsync(lease.Id, amendment, new Asker(lease.Terms.Payer, Caller, 0), default);
    }

    public static LeaseId LeaseOf(RequestTerms request, uint index = 0) =>
        LeaseIds.Of(FakeOfferSigner.HashOf(request), index + 1, FakeHasher.Instance).Last();

    public static LeaseView View(RequestTerms request, LeaseState state, uint index = 0)
    {
        var lease = ChainLease.Unknown with { State = state };
        return new LeaseView(LeaseOf(request, index), Some.Terms with { Resources = request.Resources }, lease, lease, 1, 1, 1, 0);
    }
}
