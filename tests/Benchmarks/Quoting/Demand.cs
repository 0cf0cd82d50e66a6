using System.Numerics;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Holding;

namespace Federation.Benchmarks.Quoting;

/// <summary>Tenants of all kinds before a quoter, and a chain with live leases that is read all the time.</summary>
internal sealed class Demand : IDisposable
{
    private const string A100 = Some.GpuClass;
    private const string L4 = "nvidia.com/gpu/NVIDIA-L4/23034";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly FakeClock clock = new();
    private readonly OperatorHealth health;
    private readonly Dictionary<LeaseId, LeaseView> views;
    private readonly HeldOffers offers;
    private readonly Quoter quoter;
    private int number;

    public Demand(IWorkloadCluster cluster, ILeaseStore leases, IDatacenterStore datacenters, IHoldStore holds, int live)
    {
        health = new OperatorHealth(clock);
        var active = ChainLease.Unknown with { State = LeaseState.Active };
        var terms = Some.Terms with { Resources = new Resources(1000, 2048, 0, 0, GpuCount.None, GpuCount.None) };
        views = Enumerable.Range(1, live).Select(i => new LeaseView(Some.LeaseId(i), terms, active, active, 1, 1, 1, 0)).ToDictionary(v => v.Id);
        var capacities = new CapacityReader(cluster, leases, holds, health, FakeHasher.Instance, HoldLimits.Usual, clock);
        offers = new HeldOffers(capacities, holds, new FakeOfferSigner(), FakeHasher.Instance, HoldLimits.Usual);
        quoter = new Quoter(new OfferMaker(datacenters, FixedMarket.Open, ScriptedHook.PricerOn(capacities), FakeHasher.Instance, clock), new FixedPayers(), offers, clock);
    }

    public static DatacenterSpec Datacenter { get; } = new(
        Some.Provider, "eu", "https://dc.example.org", new Dictionary<string, GpuPlacement>(),
        new PriceBook(Some.Token, 1, 1, 1, 1, new Dictionary<string, BigInteger> { [A100] = 1, [L4] = 1 }, 0, 0, 0, 60, 300, 86_400, 0, 0, []), "", 0, 0)
    {
        UnenforcedNetworkPolicy = UnenforcedNetworkPolicy.Allow,
    };

    public static string[] Classes => [A100, L4];

    /// <summary>In turn: CPU, one GPU, eight GPUs of a node, both classes, spread over many nodes, and now and then more than there is.</summary>
    public Task<QuoteResult> AskAsync()
    {
        // Twenty quotes a second that live three seconds each: sixty are held at a time, and each drops some that have ended.
        clock.Advance(Pause);
        var now = clock.GetUtcNow();
        if (health.IsPollDue(Poll)) health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, now.ToUnixTimeSeconds(), "0x1", 1, "0x1"), views, []));
        var resources = (++number % 10) switch
        {
            0 => Of(8_000, 64, 9_000, 0),
            1 or 2 => Of(4_000, 16, 1, 0),
            3 or 4 => Of(32_000, 256, 8, 0),
            5 => Of(8_000, 32, 2, 2),
            6 => Of(200_000, 800, 24, 0),
            _ => Of(2_000, 8, 0, 0),
        };
        var request = Some.Request with
        {
            Tenant = $"0x{number % 97}", Resources = resources, MaxPrices = new Prices(1, 1, 1, 1, 1, 1), Deposit = 1_000_000_000,
            ExpiresAt = now.ToUnixTimeSeconds() + 3, Salt = number,
        };
        return quoter.QuoteAsync(new QuoteDemand(request, FixedPayers.Word, $"192.0.2.{number % 97}"), default);
    }

    public void Dispose() => offers.Dispose();

    private static Resources Of(uint cpuMilli, uint gib, int a100, int l4) => new(cpuMilli, gib * 1024, 0, 0, Gpu(A100, a100), Gpu(L4, l4));

    private static GpuCount Gpu(string text, int count) =>
        count == 0 ? GpuCount.None : new GpuCount(FakeHasher.Instance.Keccak256(System.Text.Encoding.UTF8.GetBytes(text)), (ushort)count);
}
