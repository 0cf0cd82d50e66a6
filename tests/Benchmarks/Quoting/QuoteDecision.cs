using Federation.Application.Ports;
using Federation.Domain.Placement;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;

namespace Federation.Benchmarks.Quoting;

/// <summary>What the operator itself takes for a quote: no API server, no signature.</summary>
internal sealed class QuoteDecision : IBenchmark
{
    private const int Quotes = 3_000;

    public string Name => "quote-decision";

    public string What => $"{Quotes} quotes under 1,000 nodes and 1,000 live leases, everything in memory";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        var cluster = new InMemoryCluster(new PortGate())
        {
            Datacenter = new DatacenterRecord("dc", 1, Demand.Datacenter, null),
            Nodes = [.. Enumerable.Range(0, 1_000).Select(Node)],
        };
        var run = new QuoteRun();
        using var demand = new Demand(new TwoClasses(cluster), cluster, cluster, new InMemoryHolds().Open(), live: 1_000);
        var spins = new Samples();
        await run.RunAsync(demand, Quotes, spins.SpinAsync);
        Console.WriteLine($"  {run}");
        yield return new Figure("granted, P50", run.Granted.Percentile(0.5), "ms", Ceiling: spins.Percentile(0.5));
        yield return new Figure("granted, P99", run.Granted.Percentile(0.99), "ms", Target: 20, Ceiling: spins.Percentile(0.99));
        yield return new Figure("refused with its reason, P99", run.Refused.Percentile(0.99), "ms", Target: 20);
    }

    private static NodeSnapshot Node(int i) => new(
        $"node-{i:D4}",
        new NodeResources(64_000, 512L << 30, 1L << 40, new Dictionary<string, long> { ["nvidia.com/gpu"] = i % 2 * 8 }),
        110,
        i % 50 == 0 ? "is cordoned" : null,
        i % 2 == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { [Demand.Classes[i / 2 % 2]] = "nvidia.com/gpu" });

    private sealed class TwoClasses(InMemoryCluster inner) : IWorkloadCluster
    {
        public Task<Domain.Leases.ClusterFacts> ObserveAsync(Domain.Leases.LeaseId id, Domain.Leases.LeaseTerms terms, CancellationToken cancellation) => inner.ObserveAsync(id, terms, cancellation);

        public Task ApplyAsync(Domain.Leases.LeaseEffect effect, CancellationToken cancellation) => inner.ApplyAsync(effect, cancellation);

        public async Task<ClusterCapacity> ReadCapacityAsync(CancellationToken cancellation) =>
            await inner.ReadCapacityAsync(cancellation) with { GpuClasses = Demand.Classes.ToDictionary(c => c, _ => Some.GpuPlacement) };
    }
}
