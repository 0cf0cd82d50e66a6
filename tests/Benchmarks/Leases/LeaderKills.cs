using System.Collections.Concurrent;
using System.Diagnostics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Harness;
using Federation.Harness.Demo;

namespace Federation.Benchmarks.Leases;

/// <summary>
/// Two replicas, and the one that leads is killed over and over while tenants ask for more than there is: what is promised,
/// let and activated must at no moment be more than the datacenter has.
/// </summary>
internal sealed class LeaderKills : IBenchmark
{
    private const int Renters = 12;
    // One node of 300m, of which each lease takes 10m.
    private const int Places = 30;

    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("KILLS"), out var kills) ? kills : 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private readonly ConcurrentDictionary<string, long> promised = new();
    private readonly ConcurrentDictionary<MatchedLease, bool> let = new();
    private readonly Lock books = new();
    private int offers;
    private int overbooked;

    public string Name => "leader-kills";

    public string What => $"{Kills} kills (KILLS=n) of the leading one of two replicas; {Renters} tenants ask for the {Places} places of one node all the time";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await using var rental = await Rental.StartAsync(1, $"{Places * 10}m", Renters, 1_000);
        rental.Site.StartReplica(rental.Chain, Rental.Quiet);
        using var stop = new CancellationTokenSource();
        var load = rental.Renters.Select(r => RentAsync(rental, r, stop.Token)).ToArray();
        var takeovers = new Samples();
        for (var i = 0; i < Kills; i++)
        {
            takeovers.Add(await KillLeaderAsync(rental));
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        }

        await stop.CancelAsync();
        foreach (var tenant in load) await tenant.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Console.WriteLine($"  {offers} Offers, {let.Count} leases");
        yield return new Figure("takeover, P50", takeovers.Percentile(0.5), "ms");
        yield return new Figure("takeover, longest", takeovers.Percentile(1), "ms", Target: 15_000, Ceiling: 10_000);
        yield return new Figure("Offers for places that were promised or let", overbooked, "", Target: 0);
        yield return new Figure("leases that were activated twice", await ActivatedTwiceAsync(rental), "", Target: 0);
    }

    // From the kill until the other one answers that it leads. Its ceiling is the silence that it waits for.
    private static async Task<double> KillLeaderAsync(Rental rental)
    {
        var site = rental.Site;
        (string Part, string Endpoint)[] replicas = [(site.OperatorPart, site.Endpoint), (site.ReplicaPart, site.ReplicaEndpoint)];
        var leader = await LeaderAsync(site, replicas);
        var other = 1 - leader;
        var begin = Stopwatch.GetTimestamp();
        await rental.Faults.KillAsync(replicas[leader].Part);
        await site.WaitUntilReadyAsync(replicas[other].Part, replicas[other].Endpoint, default);
        var took = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        await rental.Faults.StartAsync(replicas[leader].Part);
        return took;
    }

    private static async Task<int> LeaderAsync(DemoDatacenter site, (string Part, string Endpoint)[] replicas)
    {
        using var http = site.NewClient();
        while (true)
        {
            for (var i = 0; i < replicas.Length; i++)
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri($"{replicas[i].Endpoint}/leading"));
                    if (answer.IsSuccessStatusCode) return i;
                }
                catch (HttpRequestException)
                {
                    // It is being started.
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private async Task RentAsync(Rental rental, Renter renter, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(Pause * (0.5 + Random.Shared.NextDouble()), TimeProvider.System, cancellation);
            if (await renter.AskAsync(cancellation) is not ({ } request, { Offer: { } offer })) continue;
            Promise(offer);
            // Two of three Offers are not taken up and end by themselves.
            if (Random.Shared.Next(3) > 0) continue;
            var lease = await renter.MatchAsync(offer, request, cancellation);
            lock (books)
            {
                let[lease] = true;
                promised.TryRemove(offer.RequestHash, out _);
            }

            _ = EndAsync(renter, lease, cancellation);
        }
    }

    private void Promise(SignedOffer offer)
    {
        lock (books)
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            foreach (var over in promised.Where(p => p.Value < now).ToArray()) promised.TryRemove(over.Key, out _);
            promised[offer.RequestHash] = offer.Terms.ExpiresAt;
            offers++;
            if (promised.Count + let.Values.Count(open => open) > Places) overbooked++;
        }
    }

    // The books let go of a place when its tenant asks for the end: the datacenter may, too, from then on.
    private async Task EndAsync(Renter renter, MatchedLease lease, CancellationToken cancellation)
    {
        await renter.DeliverAsync(lease.Id, cancellation);
        await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, cancellation);
        lock (books) let[lease] = false;
        await renter.CloseAsync(lease, cancellation);
    }

    private async Task<int> ActivatedTwiceAsync(Rental rental)
    {
        using var ledger = new DemoLedger(rental.Federation, rental.Chain);
        var twice = 0;
        foreach (var lease in let.Keys)
            if ((await ledger.EventsAsync<LeaseActivatedEventDTO>(lease.Id, default)).Count > 1) twice++;
        return twice;
    }
}
