using System.Text.Json;
using Federation.Application.Metering;
using Federation.Chain;
using Federation.Domain.Leases;
using Federation.Metrics;
using Federation.Metrics.Evidence;
using Federation.Metrics.Prometheus;
using Federation.Testing.Builders;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Benchmarks.Metering;

/// <summary>An hour of every lease is closed at once: read from a real Prometheus, folded, its evidence on the disk, and the status that says so in a real API server.</summary>
internal sealed class CloseHour : IBenchmark
{
    private const int Pods = 2;

    // As many leases as the operator looks at at once.
    private const int Workers = 32;

    private const int Warmup = 600;
    private const int Hour = 3600;

    private static readonly int Leases = int.TryParse(Environment.GetEnvironmentVariable("LEASES"), out var leases) ? leases : 1_000;
    private static readonly ParallelOptions Parallelism = new() { MaxDegreeOfParallelism = Workers };
    private static readonly LeasePolicy Policy = new(EpochMs: Hour * 1000, SettleEveryMs: Hour * 1000, RetentionMs: 0, ScrapeDelayMs: 60_000, MaxGapMs: 90_000, CoverageThreshold: 0.95);

    public string Name => "close-hour";

    public string What => $"an hour of {Leases} leases (LEASES=n) with {Pods} pods each, a sample every {StoredHour.ScrapeSeconds} s, {Workers} leases at a time; a real Prometheus with the hour in its own blocks; evidence on this disk; statuses in a kube-apiserver whose etcd flushes each write";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await using var store = new StoredHour(Leases, Pods);
        await store.OpenAsync();
        using var queries = new QueryLog(Path.Combine(store.Folder, "queries"));
        using var http = new HttpClient(queries);
        var source = new PrometheusUsageSource(http, new PrometheusOptions { Url = store.Url, Matchers = { ["job"] = "kubelet" } }, TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance);
        var hasher = new KeccakHasher();
        var evidence = new FolderEvidence(new EvidenceOptions { Folder = Path.Combine(store.Folder, "evidence") });
        await using var housed = await HousedLeases.OpenAsync(Leases, store.Start, Workers);

        // Ten minutes first: so much of the time before is read again with each hour, and counters stand somewhere.
        var first = await CloseAsync(Reader("evidence"), store, Policy with { EpochMs = Warmup * 1000 }, store.Start + Warmup, new MeteringNews?[Leases], housed);
        queries.Clear();
        MeteringNews[] second = [];
        var closing = await Effort.OfAsync(async () => second = await CloseAsync(Reader("evidence"), store, Policy, store.Start + Warmup + Hour, first, housed));
        var unwritten = await housed.CountOtherThanAsync(second);
        queries.Clear();
        var reading = await Effort.OfAsync(() => CloseAsync(Reader("evidence-again"), store, Policy, store.Start + Warmup + Hour, first, null));
        var bare = await housed.WriteBareAsync();

        var bodies = Path.Combine(store.Folder, "bodies");
        var asking = await Effort.OfAsync(() => queries.ReplayAsync(store.Url, bodies, Workers));
        var parsing = await Effort.OfAsync(() => Parallel.ForEachAsync(QueryLog.Bodies(bodies), Parallelism, (body, _) =>
        {
            using var document = JsonDocument.Parse(body);
            return ValueTask.CompletedTask;
        }));
        Console.WriteLine($"  {store.Samples} samples in the store; {queries.Count} queries, {new FileInfo(bodies).Length >> 20} MiB of answers; an object is {housed.ObjectBytes} bytes");
        yield return new Figure("windows that hold not what was written", first.Zip(second).Count(w => !IsWhole(w.First, w.Second)), "", Target: 0);
        yield return new Figure("statuses that do not say what was closed", unwritten, "", Target: 0);
        // The machine's ceiling: the same answers parsed, and as many objects of that size written, and nothing else.
        yield return new Figure("closing all, each with its status written", closing.Seconds, "s", Target: 2, Ceiling: parsing.Seconds + bare.Seconds);
        yield return new Figure("closing all, the write of each status aside", reading.Seconds, "s", Ceiling: parsing.Seconds);
        yield return new Figure("bare writes of as many objects of that size", bare.Seconds, "s");
        yield return new Figure("the same queries, and nothing done with the answers", asking.Seconds, "s");
        yield return new Figure("closing all, processor time of this process alone", closing.ProcessorSeconds, "s", Ceiling: parsing.ProcessorSeconds);
        yield return new Figure("memory at most, beyond what was used before", closing.MiB, "MiB", Target: 100, Ceiling: parsing.MiB);

        WindowReader Reader(string folder) => new(source, hasher, null, new EvidenceKeeper(hasher, new FolderEvidence(new EvidenceOptions { Folder = Path.Combine(store.Folder, folder) })));
    }

    // No two leases' windows end at the same moment: each is looked at when its turn comes.
    private static async Task<MeteringNews[]> CloseAsync(WindowReader reader, StoredHour store, LeasePolicy policy, long until, MeteringNews?[] before, HousedLeases? housed)
    {
        var news = new MeteringNews[Leases];
        if (housed is not null) await housed.LookAsync();
        await Parallel.ForAsync(0, Leases, Parallelism, async (lease, cancellation) =>
        {
            var (view, cluster, now) = (View(store, lease, until), Cluster(store, lease), (until * 1000) + (lease % 1000) + policy.ScrapeDelayMs);
            news[lease] = await reader.ReadAsync(view, housed?.StatusOf(lease) ?? Status(before[lease]), cluster, policy, now, cancellation);
            if (housed is not null) await housed.WriteAsync(lease, view, cluster, news[lease], policy, now, cancellation);
        });
        return news.FirstOrDefault(n => n.Error is not null) is { } failed ? throw new InvalidOperationException(failed.Error) : news;
    }

    private static bool IsWhole(MeteringNews before, MeteringNews after) =>
        after.Position!.CpuNanoSeconds - before.Position!.CpuNanoSeconds == (UInt128)(Pods * (long)Hour * StoredHour.MilliCores) * 1_000_000 && after.Position.Window.Coverage >= Policy.CoverageThreshold;

    private static LeaseView View(StoredHour store, int lease, long until)
    {
        var state = ChainLease.Unknown with { State = LeaseState.Active, Escrow = Some.Deposit * 1_000_000, ActivatedAt = store.Start, Through = store.Start, EndsAt = store.Start + (10 * Hour) };
        return new LeaseView(StoredHour.Lease(lease), Some.Terms with { DurationSeconds = 10 * Hour }, state, state, 1, 1, 1, until + 1 + (Policy.ScrapeDelayMs / 1000));
    }

    private static LeaseStatus Status(MeteringNews? before) =>
        before is null ? LeaseStatus.New : LeaseStatus.New with { Usage = before.Position, UsageEvidence = before.Evidence, UsageWindow = before.Window };

    private static ClusterFacts Cluster(StoredHour store, int lease) => ClusterFacts.Nothing with
    {
        NamespaceExists = true,
        Pods = [.. Enumerable.Range(0, Pods).Select(pod => new PodFact(StoredHour.Pod(lease, pod), $"web-{pod}", "web", "node-a", true, false, null, 0, 0, 0) { StartedAtMs = store.Start * 1000 })],
    };
}
