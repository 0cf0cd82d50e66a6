using System.Diagnostics;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Demo;
using Checkout = Federation.Harness.Checkout;

namespace Federation.Benchmarks.Leases;

/// <summary>What a tenant waits for who asks three datacenters and takes the cheapest, on real nodes.</summary>
internal sealed class ThreeDatacenters : IBenchmark
{
    // As many open quotes as one payer may have at a datacenter: two of the three are not taken.
    private const int Rounds = 8;

    // Two blocks of a second each, and three seconds.
    private const double Most = 5_000;

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "federation-bench");

    public string Name => "three-datacenters";

    public string What => $"{Rounds} times: a quote from each of three datacenters, match, delivery with kubectl, until the pod is ready and the lease Running; real kubelets, a block per second; all three on this machine; root";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        var (key, whole, quotes, matched) = (LocalSigner.Generate(), new Samples(), new Samples(), new Samples());
        // From the mined match to each step.
        var steps = Milestones.Steps.ToDictionary(step => step, _ => new Samples());
        var slowest = (Total: 0.0, Way: "");
        await LocalFederation.DownAsync(Folder);
        try
        {
            var federation = await LocalFederation.UpAsync(new FederationOptions { StateFolder = Folder, Users = [new TokenUser($"{key.Address}", []), new TokenUser(DemoDatacenter.OperatorUser, [])] });
            using var chain = await DemoChain.CreateAsync(federation, Checkout.Built("the contracts are", "contracts", "out"), key, default);
            var sites = await Task.WhenAll(DemoPrices.All.Select(prices => StartAsync(federation, prices, chain)));
            var tenant = new DemoTenant(federation, chain, sites, $"{key.Address}");
            for (var i = 0; i < Rounds; i++)
            {
                var begin = Stopwatch.GetTimestamp();
                var story = DemoStory.All[0] with { Name = $"web-{i}" };
                var (request, answers) = await quotes.TakeAsync(() => tenant.AskAsync(story, default));
                if (answers.Count(q => q.Offer is not null) != DemoPrices.All.Count) throw new InvalidOperationException($"not all made an offer: {string.Join(", ", answers.Select(q => $"{q.Datacenter.Name} {q.Reason} {q.Message}"))}");
                var asked = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
                await using var cluster = new Milestones(answers[0].Datacenter.Site.KubeconfigPath);
                var lease = await matched.TakeAsync(() => tenant.MatchAsync(story, request, answers[0], default));
                var mined = Stopwatch.GetTimestamp();
                await tenant.DeliverAsync(lease, default);
                var way = new List<string> { $"quotes {asked:0}", $"match {Stopwatch.GetElapsedTime(begin, mined).TotalMilliseconds:0}" };
                foreach (var step in Milestones.Steps)
                {
                    var at = await cluster.AtAsync(lease.Id.Namespace, step);
                    steps[step].Add(Stopwatch.GetElapsedTime(mined, at).TotalMilliseconds);
                    way.Add($"{step} {Stopwatch.GetElapsedTime(begin, at).TotalMilliseconds:0}");
                    if (step != Milestones.Steps[^1]) continue;
                    var total = Stopwatch.GetElapsedTime(begin, at).TotalMilliseconds;
                    whole.Add(total);
                    if (total > slowest.Total) slowest = (total, string.Join(", ", way));
                }

                await tenant.CloseAsync(lease, default);
            }

            foreach (var site in sites) site.Dispose();
        }
        finally
        {
            await LocalFederation.DownAsync(Folder);
        }

        yield return new Figure("asked to Running, P50", whole.Percentile(0.5), "ms", Target: Most);
        yield return new Figure("asked to Running, the slowest", whole.Percentile(1), "ms", Target: Most);
        yield return new Figure("of it: three quotes, P50", quotes.Percentile(0.5), "ms");
        yield return new Figure("of it: the match, until it is mined, P50", matched.Percentile(0.5), "ms");
        foreach (var step in Milestones.Steps) yield return new Figure($"from the mined match: {step}, P50", steps[step].Percentile(0.5), "ms");
        yield return new Figure($"the slowest, each step from its beginning: {slowest.Way}", slowest.Total, "ms");
    }

    private static async Task<DemoDatacenter> StartAsync(LocalFederation federation, DemoPrices prices, DemoChain chain)
    {
        var site = new DemoDatacenter(federation, federation[prices.Datacenter], prices);
        await chain.RegisterAsync(prices, site.Endpoint, site.KeyFolder, default);
        await site.InstallAsync(chain, default);
        site.StartOperator(chain, Rental.Quiet.Where(s => !s.Key.EndsWith("ProbeImage", StringComparison.Ordinal)).ToDictionary());
        await site.WaitUntilReadyAsync(default);
        await site.WaitUntilIsolatedAsync(default);
        return site;
    }
}
