using System.Diagnostics;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Gateway;
using Federation.Testing.Requesting;

namespace Federation.Benchmarks.Requesting;

/// <summary>How long a tenant's operator takes to ask all that it may, and to take the cheapest.</summary>
internal sealed class HundredDatacenters : IBenchmark
{
    private const int Datacenters = 100;
    private const int Passes = 30;

    // A first pass compiles.
    private const int Warmup = 3;

    public string Name => "hundred-datacenters";

    public string What => $"a tenant's operator that asks {Datacenters} gateways by https for a replica, takes the cheapest and orders it; {Passes} times, each with new connections; gateways in the same process, chain in memory";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        var file = Path.GetTempFileName();
        var (decisions, most) = (new Samples(), 0L);
        try
        {
            var prices = Enumerable.Range(0, Datacenters).ToDictionary(i => $"0x{i:x40}", i => (BigInteger)(500_000 + (i * 37 % Datacenters)));
            var now = new TenantWorld().Clock.NowSeconds;
            await using var gateways = await StubDatacenters.StartAsync(prices, file, () => now);
            for (var i = -Warmup; i < Passes; i++)
            {
                var probe = new Samples();
                most = Math.Max(most, await DecideAsync(prices, file, probe));
                if (i >= 0) decisions.Add(probe);
            }

            var bare = new Samples();
            for (var i = 0; i < Passes; i++) await bare.TakeAsync(() => HandshakesAsync(file));
            // Its ceiling is the connections alone: a hundred handshakes, of which this process is both sides.
            yield return new Figure("decision: asked, answered, chosen, ordered, P50", decisions.Percentile(0.5), "ms", Target: 1_000, Ceiling: bare.Percentile(0.5));
            yield return new Figure("the same, P99", decisions.Percentile(0.99), "ms", Target: 1_000, Ceiling: bare.Percentile(0.99));
            yield return new Figure("most that one decision allocates, both sides", most / 1048576.0, "MiB");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<long> DecideAsync(Dictionary<string, BigInteger> prices, string authorityFile, Samples samples)
    {
        var world = new TenantWorld();
        world.Datacenters.Clear();
        foreach (var (provider, price) in prices) world.Datacenters[provider] = price;
        world.Demand = world.Demand with { Replicas = 1 };
        using var desk = new Desk(new HttpQuoteDesk(new QuoteDeskOptions { AuthorityFile = authorityFile }, TimeProvider.System), [.. prices.Keys]);
        var tenant = world.Operator(desk);
        var before = GC.GetTotalAllocatedBytes();
        await samples.TakeAsync(() => world.PassAsync(tenant));
        var allocated = GC.GetTotalAllocatedBytes() - before;
        var taken = world.Leases.Single().Terms.Provider;
        if (taken != prices.MinBy(p => p.Value).Key) throw new InvalidOperationException($"{taken} is not the cheapest.");
        return allocated;
    }

    private static async Task<int> HandshakesAsync(string authorityFile)
    {
        using var handler = new SocketsHttpHandler { SslOptions = new GatewayTrust(authorityFile).Tls() };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        await Task.WhenAll(Enumerable.Range(0, Datacenters).Select(async i => (await http.GetAsync(new Uri(StubDatacenters.EndpointOf(i)))).Dispose()));
        return 0;
    }

    /// <summary>The world's registry has names for addresses.</summary>
    private sealed class Desk(HttpQuoteDesk desk, string[] providers) : IQuoteDesk, IDisposable
    {
        public Task<DeskAnswer<SignedOffer>> QuoteAsync(string endpoint, PreparedOrder order, CancellationToken cancellation) =>
            desk.QuoteAsync(StubDatacenters.EndpointOf(Array.IndexOf(providers, endpoint["https://".Length..])), order, cancellation);

        public Task<DeskAnswer<SignedAmendment>> AmendAsync(string endpoint, PreparedOrder order, CancellationToken cancellation) => throw new NotSupportedException();

        public void Dispose() => desk.Dispose();
    }
}
