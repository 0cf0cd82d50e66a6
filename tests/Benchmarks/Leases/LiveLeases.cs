using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Cluster.Entities;
using Federation.Harness;
using Federation.Harness.Load;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Benchmarks.Leases;

/// <summary>A datacenter that is full of leases: what another one waits for, what all of them cost at rest, and how soon a new operator knows them.</summary>
internal sealed class LiveLeases : IBenchmark
{
    private const int Nodes = 50;
    private const int Measured = 100;
    private const int Renters = 25;

    private static readonly int Live = int.TryParse(Environment.GetEnvironmentVariable("LEASES"), out var leases) ? leases : 1_000;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);

    // All of which there are some for every lease.
    private static readonly ResourceKind[] Kinds =
    [
        ResourceKinds.Namespace, ResourceKinds.NetworkPolicy, ResourceKinds.ResourceQuota, ResourceKinds.LimitRange, ResourceKinds.RoleBinding,
        ResourceKinds.Deployment, ResourceKinds.Service, ResourceKinds.Pod, ResourceKind.Of<V1Alpha1ComputeLease>(),
    ];

    public string Name => "live-leases";

    public string What => $"{Live} leases (LEASES=n) on {Nodes} simulated nodes, real control plane, chain (a block per second) and operator; then {Measured} more, rest, and a restart";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await using var rental = await Rental.StartAsync(Nodes, "64", Renters, (Live + Measured) / Renters + 1);
        var empty = await EmptyAsync(rental);
        var (begin, since) = (Stopwatch.GetTimestamp(), TimeProvider.System.GetUtcNow());
        await Task.WhenAll(rental.Renters.Select(r => FillAsync(r)));
        await Rental.UntilAsync(() => rental.Running >= Live);
        yield return new Figure($"{Live} leases matched, delivered and running", Stopwatch.GetElapsedTime(begin).TotalSeconds, "s");
        yield return PerLease(rental, since);

        var (whole, own, quotes) = await MeasureAsync(rental);
        var bare = await BareAsync(rental.Admin);
        yield return new Figure("confirmed and delivered to Running, P50", own.Percentile(0.5), "ms", Ceiling: bare.Percentile(0.5));
        yield return new Figure("confirmed and delivered to Running, P99", own.Percentile(0.99), "ms", Target: 2_000, Ceiling: bare.Percentile(0.99));
        yield return new Figure("confirmed to Running, tenant included, P99", whole.Percentile(0.99), "ms", Target: 2_000, Ceiling: bare.Percentile(0.99));
        var info = await AnswersAsync(rental);
        yield return new Figure("quote: Request signed, asked over TLS, Offer signed and held, P50", quotes.Percentile(0.5), "ms", Ceiling: info.Percentile(0.5));
        yield return new Figure("quote: the same, P99", quotes.Percentile(0.99), "ms", Ceiling: info.Percentile(0.99));
        var logins = new Samples();
        foreach (var renter in rental.Renters) await logins.TakeAsync(() => renter.SignInAsync(default));
        yield return new Figure("login: words asked for over TLS, signed, credential, P50", logins.Percentile(0.5), "ms", Target: 200, Ceiling: info.Percentile(0.5));
        yield return new Figure("login: the slowest of 25", logins.Percentile(1), "ms", Target: 200, Ceiling: info.Percentile(0.99));
        await foreach (var figure in RestAsync(rental, empty)) yield return figure;
        await foreach (var figure in RestartAsync(rental)) yield return figure;
    }

    private static async Task FillAsync(Renter renter)
    {
        var deliveries = new List<Task>();
        for (var i = 0; i < Live / Renters; i++) deliveries.Add(renter.DeliverAsync((await renter.RentAsync(default)).Id, default));
        await Task.WhenAll(deliveries);
    }

    private static async Task<(Samples Whole, Samples Own, Samples Quotes)> MeasureAsync(Rental rental)
    {
        var quotes = new Samples();
        var opened = new List<Task<(MatchedLease Lease, DateTimeOffset DeliveredAt)>>();
        for (var i = 0; i < Measured; i++)
        {
            opened.Add(OpenAsync(rental.Renters[i % Renters], quotes));
            await Task.Delay(Pace, TimeProvider.System);
        }

        var (whole, own) = (new Samples(), new Samples());
        foreach (var (lease, delivered) in await Task.WhenAll(opened))
        {
            await Rental.UntilAsync(() => rental.RunningAt(lease) is not null);
            var (confirmed, running) = (rental.ConfirmedAt(lease), rental.RunningAt(lease)!.Value);
            whole.Add((running - confirmed).TotalMilliseconds);
            own.Add((running - (delivered > confirmed ? delivered : confirmed)).TotalMilliseconds);
        }

        return (whole, own, quotes);
    }

    private static async Task<(MatchedLease Lease, DateTimeOffset DeliveredAt)> OpenAsync(Renter renter, Samples quotes)
    {
        var lease = await renter.RentAsync(default, quotes.Add);
        await renter.DeliverAsync(lease.Id, default);
        return (lease, TimeProvider.System.GetUtcNow());
    }

    // What the same gateway takes for an answer that it has at hand.
    private static async Task<Samples> AnswersAsync(Rental rental)
    {
        var samples = new Samples();
        for (var i = 0; i < Measured; i++) await samples.TakeAsync(() => rental.Site.Gateway.ReadInfoAsync(default));
        return samples;
    }

    // What this cluster takes for a Deployment alone, without namespace, policies, chain and operator.
    private static async Task<Samples> BareAsync(KubernetesClient admin)
    {
        var (samples, deployments) = (new Samples(), admin.Resource(ResourceKinds.Deployment));
        for (var i = 0; i < 30; i++)
        {
            var name = $"bare-{i}";
            await samples.TakeAsync(async () =>
            {
                await deployments.CreateAsync(Bare(name));
                while ((int?)(await deployments.GetAsync(name, "default"))?["status"]?["readyReplicas"] != 1) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
                return 0;
            });
        }

        return samples;
    }

    private static JsonObject Bare(string name) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
        ["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) },
            },
        },
    };

    // The same operator with nothing to do.
    private static async Task<(double Cpu, double MiB)> EmptyAsync(Rental rental)
    {
        await Task.Delay(Rest / 2, TimeProvider.System);
        return (await CpuAsync(rental, Rest / 2), OperatorProcess.ResidentMiB(Process(rental)));
    }

    // Thousandths of a processor.
    private static async Task<double> CpuAsync(Rental rental, TimeSpan time)
    {
        var before = OperatorProcess.CpuSeconds(Process(rental));
        await Task.Delay(time, TimeProvider.System);
        return (OperatorProcess.CpuSeconds(Process(rental)) - before) * 1000 / time.TotalSeconds;
    }

    // What a client alone takes to have all objects of leases from this API server.
    private static async Task<double> ListAsync(KubernetesClient admin)
    {
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(Kinds.Select(kind => admin.Resource(kind).ListAsync(options: new ListOptions { Limit = 500 })));
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static async IAsyncEnumerable<Figure> RestAsync(Rental rental, (double Cpu, double MiB) empty)
    {
        // What the last leases are still owed: conditions, a hold's end.
        await Task.Delay(Rest, TimeProvider.System);
        var since = TimeProvider.System.GetUtcNow();
        var cpu = await CpuAsync(rental, Rest);
        yield return Writes($"writes in {Rest.TotalSeconds:0} s at rest", rental, since);
        yield return new Figure("CPU at rest", cpu, "mCPU", Target: 10, Ceiling: empty.Cpu);
        yield return new Figure("resident memory", OperatorProcess.ResidentMiB(Process(rental)), "MiB", Target: 150, Ceiling: empty.MiB);
    }

    private static async IAsyncEnumerable<Figure> RestartAsync(Rental rental)
    {
        var bare = await ListAsync(rental.Admin);
        await rental.Faults.StopAsync(rental.Site.OperatorPart);
        var (since, log) = (TimeProvider.System.GetUtcNow(), new OperatorLog(rental.Federation, rental.Site.OperatorPart));
        await rental.Faults.StartAsync(rental.Site.OperatorPart);
        var begin = Stopwatch.GetTimestamp();
        await Rental.UntilAsync(() => log.HasSince("have been compared"));
        yield return new Figure("restart until every lease was compared", Stopwatch.GetElapsedTime(begin).TotalSeconds, "s", Target: 5, Ceiling: bare);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        yield return Writes("writes of the restart", rental, since);
    }

    private static Figure PerLease(Rental rental, DateTimeOffset since)
    {
        var (writes, leases) = (OperatorProcess.WritesSince(rental.Datacenter, since), (double)rental.Running);
        var kinds = writes.GroupBy(w => w).OrderByDescending(k => k.Count()).Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Count() / leases:0.00} {k.Key}"));
        return new Figure($"operator's writes per lease, holds and quotes included ({string.Join(", ", kinds)})", writes.Count / leases, "", Target: 12);
    }

    private static Figure Writes(string what, Rental rental, DateTimeOffset since)
    {
        var writes = OperatorProcess.WritesSince(rental.Datacenter, since);
        foreach (var kind in writes.GroupBy(w => w)) what += $", {kind.Count()} {kind.Key}";
        return new Figure(what, writes.Count, "", Target: 0);
    }

    private static int Process(Rental rental) => Parts.ProcessId(rental.Federation, rental.Site.OperatorPart)
        ?? throw new InvalidOperationException("The operator has ended.");
}
