using Federation.Harness.Demo;
using Federation.Harness.Load;
using Federation.Kubernetes.Models;

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

    public string Name => "leader-kills";

    public string What => $"{Kills} kills (KILLS=n) of the leading one of two replicas; {Renters} tenants ask for the {Places} places of one node all the time";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await using var rental = await Rental.StartAsync(1, $"{Places * 10}m", Renters, 1_000);
        rental.Site.StartReplica(rental.Chain, Rental.Quiet);
        using var stop = new CancellationTokenSource();
        var crowd = new Crowd(rental.Renters, Places);
        var load = crowd.RunAsync(stop.Token);
        var (replicas, takeovers) = (new ReplicaPair(rental.Site, rental.Faults), new Samples());
        for (var i = 0; i < Kills; i++)
        {
            takeovers.Add((await replicas.KillLeaderAsync(default)).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        }

        await stop.CancelAsync();
        await load;
        Console.WriteLine($"  {crowd.Offers} Offers, {crowd.Leases.Count} leases");
        using var ledger = new DemoLedger(rental.Federation, rental.Chain);
        yield return new Figure("takeover, P50", takeovers.Percentile(0.5), "ms");
        // Its ceiling is the silence that the other one waits for.
        yield return new Figure("takeover, longest", takeovers.Percentile(1), "ms", Target: 15_000, Ceiling: await SilenceAsync(rental));
        yield return new Figure("Offers for places that were promised or let", crowd.Overbooked, "", Target: 0);
        yield return new Figure("leases that were activated twice", await crowd.CountActivatedTwiceAsync(ledger, default), "", Target: 0);
    }

    private static async Task<double> SilenceAsync(Rental rental) =>
        (await rental.Admin.Resource<V1Lease>().ListAsync()).Items.Single(l => l.Metadata.Name == "federation-operator").Spec!.LeaseDurationSeconds!.Value * 1_000d;
}
