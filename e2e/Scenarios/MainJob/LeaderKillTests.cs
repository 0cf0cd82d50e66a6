using System.Globalization;
using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Harness.Load;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// The replica that leads is killed again and again while tenants ask for more than there is: no place is promised or let twice,
/// and no lease begins twice. How long nobody led is printed; <c>tests/Benchmarks</c> measures it over a hundred kills.
/// </summary>
[Collection(MainJobCollection.Name)]
public sealed class LeaderKillTests(MainJobFixture fixture, ITestOutputHelper output)
{
    private const int Kills = 5;
    private const int Most = 12;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LeaderKilledUnderLoad_NothingIsPromisedLetOrActivatedTwice()
    {
        var free = await FreeMilliAsync();
        // A little more than its part, so that one more than that many never fits.
        var cpu = (uint)(free / (Most + 1)) + 1;
        var crowd = new Crowd(await fixture.NewCrowdAsync(fixture.Site, cpu), (int)(free / cpu)) { Term = TimeSpan.FromSeconds(5), Taken = 0.75 };
        var takeovers = new List<TimeSpan>();
        fixture.StartReplica();
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var load = crowd.RunAsync(stop.Token);
            var replicas = new ReplicaPair(fixture.Site, fixture.Faults);
            for (var i = 0; i < Kills; i++)
            {
                await replicas.WaitForStandbyAsync(Cancellation);
                takeovers.Add(await replicas.KillLeaderAsync(Cancellation));
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Cancellation);
            }

            await stop.CancelAsync();
            await load;
        }
        finally
        {
            await crowd.CloseAsync(Cancellation);
            await fixture.EndReplicaAsync();
        }

        output.WriteLine($"{Kills} kills, {crowd.Offers} Offers, {crowd.Leases.Count} leases; takeover {Seconds(takeovers.Min())} to {Seconds(takeovers.Max())} s (the target is 15)");
        Assert.True(crowd.Offers > Most && crowd.Leases.Count > Kills, $"only {crowd.Offers} Offers and {crowd.Leases.Count} leases: there was no load");
        Assert.Equal(0, crowd.Overbooked);
        Assert.Equal(0, await crowd.CountActivatedTwiceAsync(fixture.Ledger, Cancellation));
        foreach (var lease in fixture.Adopt(crowd, fixture.Site)) await lease.WaitForNamespaceLeavingAsync();
        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    private static string Seconds(TimeSpan took) => took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    // What the node has, without the leases that stay: others may be on their way out, and are then not counted against it.
    private async Task<long> FreeMilliAsync()
    {
        using var node = JsonDocument.Parse(await fixture.Admin.RunAsync("get", "node", fixture.Datacenter.NodeName, "-o", "json"));
        var text = node.RootElement.GetProperty("status").GetProperty("allocatable").GetProperty("cpu").GetString()!;
        var all = text.EndsWith('m') ? long.Parse(text[..^1], CultureInfo.InvariantCulture) : 1000 * long.Parse(text, CultureInfo.InvariantCulture);
        foreach (var lease in fixture.Leases)
            if ((await lease.ReadChainAsync()).State == LeaseState.Active) all -= lease.Demo.Terms.Resources.CpuMilli;
        return all;
    }
}
