using System.Net;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests;

/// <summary>Leases that are read together get what each gets alone: to the sample, whatever is wrong with the others.</summary>
public class UsageBatchTests
{
    private const long Minute = 60_000;
    private const long Begin = 1_764_370_800_000;
    private const string Timeout = """{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A store with pods of several leases whose labels change, which are scraped twice, and of which some are gone.
    [Fact]
    public void Together_IsAsAlone()
    {
        var asked = (Alone: 0, Together: 0);
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => Compare(seed, ref asked.Alone, ref asked.Together)));
        Assert.True(asked.Together < asked.Alone * 2 / 3, $"{asked.Together} of {asked.Alone}");
    }

    private static void Compare(int seed, ref int queriesAlone, ref int queriesTogether)
    {
        var random = new Random(seed);
        var asks = Enumerable.Range(0, 2 + random.Next(8)).Select(lease => AskOf(random, lease)).ToArray();
        var rows = asks.SelectMany(a => Rows(random, a)).ToArray();
        var alone = ReadAll(rows, asks, new PrometheusOptions { LeasesPerQuery = 1, PodsPerQuery = 1 + random.Next(5) }, out var one);
        var together = ReadAll(rows, asks, new PrometheusOptions { LeasesPerQuery = 32, PodsPerQuery = 1 + random.Next(5) }, out var other);
        foreach (var (single, shared) in alone.Zip(together)) AssertSame(single, shared);
        queriesAlone += Discoveries(one);
        queriesTogether += Discoveries(other);
    }

    [Fact]
    public void WindowsOfOneLength_AreReadWithOneSetOfQueries()
    {
        var random = new Random(1);
        var asks = Enumerable.Range(0, 34).Select(lease => new UsageAsk(Some.LeaseId(lease + 1), [], Begin, Begin + (60 * Minute) + lease)).ToArray();
        ReadAll([.. asks.SelectMany(a => Rows(random, a))], asks, new PrometheusOptions { PodsPerQuery = 500 }, out var store);
        // Those that come first wait for nobody; all others wait for them.
        Assert.InRange(Discoveries(store), 2, 3);
    }

    [Fact]
    public async Task OneLeaseWithBrokenSeries_IsUnavailableAlone()
    {
        var asks = Asks(8);
        var rows = asks.Select((a, i) => CpuOf(a) with { IsBroken = i == 5 }).ToArray();
        var source = Source(new MemoryStore(rows), new PrometheusOptions());
        var read = asks.Select(a => source.ReadAsync(a.Id, a.PodUids, a.FromMs, a.ThroughMs, Cancellation)).ToArray();
        for (var i = 0; i < read.Length; i++)
            if (i == 5) Assert.Contains("not its query API's JSON", (await Assert.ThrowsAsync<UsageUnavailableException>(() => read[5])).Message, StringComparison.Ordinal);
            else Assert.Equal(CpuOf(asks[i]).Samples, Assert.Single(await read[i]).Samples);
    }

    [Theory]
    [InlineData("""{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}""")]
    [InlineData(Timeout)]
    public async Task StoreAnswersForFewLeasesOnly_AllAreReadAllTheSame(string refusal)
    {
        var asks = Asks(12);
        var store = new MemoryStore([.. asks.Select(CpuOf)]) { Refuses = q => MemoryStore.NamesIn(q) > 3 * 2 ? (HttpStatusCode.UnprocessableEntity, refusal) : null };
        var source = Source(store, new PrometheusOptions());
        var read = await Task.WhenAll(asks.Select(a => source.ReadAsync(a.Id, a.PodUids, a.FromMs, a.ThroughMs, Cancellation)));
        Assert.All(asks.Zip(read), one => Assert.Equal(CpuOf(one.First).Samples, Assert.Single(one.Second).Samples));
    }

    // For one lease's sake; and then it is tried with two, and with four again.
    [Fact]
    public async Task StoreWasTooSlowForMany_AsksForEachAlone_AndForMoreOnceTimeHasPassed()
    {
        var (asks, clock, opened) = (Asks(10), new FakeClock(), new TaskCompletionSource());
        var isSlow = true;
        var store = new MemoryStore([.. asks.Select(CpuOf)]) { Refuses = q => isSlow && MemoryStore.NamesIn(q) > 2 ? (HttpStatusCode.ServiceUnavailable, Timeout) : null };
        var source = Source(store, new PrometheusOptions(), clock);
        async Task<int> DiscoveriesAsync()
        {
            store.Queries.Clear();
            await Task.WhenAll(asks.Select(a => source.ReadAsync(a.Id, a.PodUids, a.FromMs, a.ThroughMs, Cancellation)));
            return Discoveries(store);
        }

        await DiscoveriesAsync();
        isSlow = false;
        Assert.Equal(10, await DiscoveriesAsync());
        for (var look = 0; look < 4; look++)
        {
            clock.Advance(TimeSpan.FromMinutes(11));
            await DiscoveriesAsync();
        }

        Assert.InRange(await DiscoveriesAsync(), 1, 6);
    }

    [Fact]
    public async Task StoreHangs_IsNotWaitedForOnceForEachLease()
    {
        var asks = Asks(20);
        var store = new MemoryStore([]) { Refuses = _ => (HttpStatusCode.ServiceUnavailable, Timeout) };
        var source = Source(store, new PrometheusOptions());
        foreach (var read in asks.Select(a => source.ReadAsync(a.Id, a.PodUids, a.FromMs, a.ThroughMs, Cancellation)).ToArray())
            Assert.Contains("timed out", (await Assert.ThrowsAsync<UsageUnavailableException>(() => read)).Message, StringComparison.Ordinal);
        Assert.InRange(store.Queries.Count, 2, 10);
    }

    [Fact]
    public async Task OneThatGivesUp_LeavesTheOthersTheirAnswers()
    {
        var (asks, opened) = (Asks(6), new TaskCompletionSource());
        var source = Source(new MemoryStore([.. asks.Select(CpuOf)]) { Opened = opened.Task }, new PrometheusOptions());
        using var gone = new CancellationTokenSource();
        var read = asks.Select((a, i) => source.ReadAsync(a.Id, a.PodUids, a.FromMs, a.ThroughMs, i % 2 == 0 ? gone.Token : Cancellation)).ToArray();
        await gone.CancelAsync();
        opened.SetResult();
        for (var i = 0; i < read.Length; i++)
            if (i % 2 == 0) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read[i]);
            else Assert.Single(await read[i]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public void LeasesPerQuery_HasBounds(int leases) =>
        Assert.Contains("Prometheus:LeasesPerQuery must be between 1 and 200.", new PrometheusOptions { Url = new Uri("http://store"), AnyJob = true, LeasesPerQuery = leases }.Faults());

    private static IReadOnlyList<UsageSeries>[] ReadAll(StoredRow[] rows, UsageAsk[] asks, PrometheusOptions options, out MemoryStore store)
    {
        var opened = new TaskCompletionSource();
        store = new MemoryStore(rows) { Opened = opened.Task };
        var source = Source(store, options);
        var read = asks.Select(a => source.ReadAsync(a.Id, a.PodUids, a.FromMs, a.ThroughMs, CancellationToken.None)).ToArray();
        opened.SetResult();
        return Task.WhenAll(read).GetAwaiter().GetResult();
    }

    private static void AssertSame(IReadOnlyList<UsageSeries> alone, IReadOnlyList<UsageSeries> together)
    {
        Assert.Equal(alone.Select(s => s.Key).Order(StringComparer.Ordinal), together.Select(s => s.Key).Order(StringComparer.Ordinal));
        var others = together.ToDictionary(s => s.Key);
        foreach (var series in alone) Assert.Equal(series.Samples.AsEnumerable(), others[series.Key].Samples);
    }

    private static int Discoveries(MemoryStore store) => store.Queries.Count(q => q.StartsWith("count by", StringComparison.Ordinal));

    private static PrometheusUsageSource Source(MemoryStore store, PrometheusOptions options, TimeProvider? clock = null)
    {
        (options.Url, options.AnyJob) = (new Uri("http://store"), true);
        return new PrometheusUsageSource(new HttpClient(store), options, clock ?? TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance);
    }

    private static UsageAsk[] Asks(int count) => [.. Enumerable.Range(0, count).Select(i => new UsageAsk(Some.LeaseId(i + 1), [], Begin, Begin + (60 * Minute) + i))];

    private static StoredRow CpuOf(UsageAsk ask) => Row(PromQl.Cpu, $"/kubepods/burstable/pod{Uid(ask, 0)}", ask.Id.Namespace, "a", Samples(new Random(7), 0, 40));

    private static UsageAsk AskOf(Random random, int lease)
    {
        var id = Some.LeaseId(lease + 1);
        var from = Begin + random.Next(30) * Minute + random.Next(1000);
        var ask = new UsageAsk(id, [], from, from + (5 + random.Next(60)) * Minute);
        // Of some pods the API server knows, also of ones whose names the kubelet has forgotten.
        return ask with { PodUids = [.. Enumerable.Range(0, 4).Where(_ => random.Next(2) == 0).Select(pod => Uid(ask, pod))] };
    }

    private static string Uid(UsageAsk ask, int pod) => $"{ask.Id.ToString()[10..18]}-{pod:x4}-4b63-9d60-1c9f4f9a1c11";

    // Four pods: their own cgroups and what is below them, with names for all of their lives, or some, or none.
    private static IEnumerable<StoredRow> Rows(Random random, UsageAsk ask)
    {
        for (var pod = 0; pod < 4; pod++)
        {
            var uid = Uid(ask, pod);
            var own = random.Next(2) == 0 ? $"/kubepods/burstable/pod{uid}" : $"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid.Replace('-', '_')}.slice";
            var (begin, count) = (random.Next(60), 1 + random.Next(80));
            foreach (var job in random.Next(4) == 0 ? ["a", "b"] : new[] { "a" })
                foreach (var (metric, id) in new[] { (PromQl.Cpu, own), (PromQl.Memory, own), (PromQl.Cpu, $"{own}/c0ffee"), (PromQl.Egress, $"{own}/5f3a") })
                {
                    var samples = Samples(random, begin, count);
                    var named = random.Next(3) switch { 0 => count, 1 => 0, _ => random.Next(count) };
                    if (named > 0) yield return Row(metric, id, ask.Id.Namespace, job, samples[..named]);
                    if (named < count) yield return Row(metric, id, "", job, samples[named..]);
                }
        }
    }

    private static UsageSample[] Samples(Random random, int begin, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new UsageSample(Begin + ((begin + i) * Minute) + random.Next(500), (i * 3.25) + random.NextDouble()))];

    private static StoredRow Row(string metric, string id, string ns, string job, UsageSample[] samples)
    {
        var labels = new Dictionary<string, string> { ["id"] = id, ["job"] = job };
        if (ns.Length > 0) (labels["namespace"], labels["pod"]) = (ns, "web-1");
        if (metric == PromQl.Egress) labels["interface"] = "eth0";
        return new StoredRow(metric, labels, samples);
    }
}
