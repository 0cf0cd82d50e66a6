using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Harness.Load;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Benchmarks.Leases;

/// <summary>A quote as a tenant waits for it, with nothing left out: TLS, the word of who pays, chain, nodes, hold and signature.</summary>
internal sealed class QuoteByGateway : IBenchmark
{
    private const int Nodes = 1_000;
    private const int Renters = 25;
    private const int Warmup = 100;
    private const int Quotes = 600;

    private static readonly int Live = int.TryParse(Environment.GetEnvironmentVariable("LEASES"), out var leases) ? leases : 1_000;

    // Sixty are held at a time, as many more as there is room for.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(3);

    public string Name => "quote-by-gateway";

    public string What => $"{Quotes} quotes under {Nodes} simulated nodes and {Live} leases (LEASES=n), asked for over TLS of a real operator: it checks the ask's signature, reads payer and market from the chain, holds the place in the API server and signs the Offer";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await using var rental = await Rental.StartAsync(Nodes, "64", Renters, (Live / Renters) + 4);
        await Task.WhenAll(rental.Renters.Select(r => FillAsync(r)));
        await Rental.UntilAsync(() => rental.Running >= Live / Renters * Renters);
        var (granted, bare, refused) = (new Samples(), new Samples(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        using var rpc = new JsonRpcClient(new Uri(rental.Federation.AnvilUrl));
        V1ConfigMap? probe = null;
        for (var i = 0; i < Warmup + Quotes; i++)
        {
            var pause = Task.Delay(Pace, TimeProvider.System);
            var renter = rental.Renters[i % Renters];
            var (request, signature) = await renter.PrepareAsync(Life, default);
            var (quote, parts) = (new Samples(), new Samples());
            var answer = await quote.TakeAsync(() => renter.QuoteAsync(request, signature, default));
            probe = await parts.TakeAsync(() => BareAsync(rental, rpc, probe));
            if (answer.Offer is null) refused[answer.Reason] = refused.GetValueOrDefault(answer.Reason) + 1;
            if (i >= Warmup && answer.Offer is not null) granted.Add(quote);
            if (i >= Warmup) bare.Add(parts);
            await pause;
        }

        Console.WriteLine($"  granted {granted.Count}{string.Concat(refused.Select(r => $", {r.Key} {r.Value}"))}");
        yield return new Figure("granted, P50", granted.Percentile(0.5), "ms", Ceiling: bare.Percentile(0.5));
        yield return new Figure("granted, P99", granted.Percentile(0.99), "ms", Target: 20, Ceiling: bare.Percentile(0.99));
    }

    private static async Task FillAsync(Renter renter)
    {
        var deliveries = new List<Task>();
        for (var i = 0; i < Live / Renters; i++) deliveries.Add(renter.DeliverAsync((await renter.RentAsync(default)).Id, default));
        await Task.WhenAll(deliveries);
    }

    // The machine's ceiling, which no promise that is true and survives a crash can do without: an answer over TLS that is at hand, a
    // question to the chain, and a write of as many bytes as the holds have.
    private static async Task<V1ConfigMap> BareAsync(Rental rental, JsonRpcClient rpc, V1ConfigMap? seen)
    {
        await rental.Site.Gateway.ReadInfoAsync(default);
        await rpc.SendBatchAsync([new RpcRequest("eth_chainId"), new RpcRequest("eth_getBlockByNumber", BlockParameter.Latest, false)]);
        var maps = rental.Admin.Resource<V1ConfigMap>();
        var data = new Dictionary<string, string> { ["holds"] = new string((char)('a' + Random.Shared.Next(26)), 30_000) };
        var meta = new V1ObjectMeta { Name = "probe", Namespace = "default" };
        return seen is null ? await maps.CreateAsync(new V1ConfigMap { Metadata = meta, Data = data }) : await maps.ReplaceAsync(seen with { Data = data });
    }
}
