using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Exposition;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Spool;
using Federation.Metrics.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests;

/// <summary>
/// Row 22 of the fault matrix: Prometheus is away for half an hour, and what it had not yet written to a block, its head with the log of it,
/// is lost: ten minutes more. Two real ones, before and after; the hour is played.
/// </summary>
public class HalfHourOutageTests
{
    private const int AwayFrom = 900;
    private const int HeadFrom = 300;
    private const int BackAt = AwayFrom + 1800;
    private const long MiB = 1024 * 1024;
    private const string Uid = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private const string Path = $"/kubepods/burstable/pod{Uid}";
    private const string CoverageMetric = "federation_window_coverage_ratio";
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('a', 16) + new string('0', 48));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WithoutASpool_CountersCatchUp_WhatAGaugeLackedIsALowerBound_AndTheLeaseSaysSo()
    {
        using var exporter = new PrometheusExporter(["Federation.Metering"]);
        using var metrics = new UsageMetrics();
        var story = new Story(metrics, egressPrice: 5_003);
        await using (var before = await StoreAsync(second => second <= AwayFrom))
        {
            await story.LookAsync(Source(before.Url), before.StartMs, 600);
            Assert.Equal((600_000ul, 600ul * 1024), (story.Usage.ToVector().CpuMilliSeconds, story.Usage.ToVector().MemoryMiBSeconds));
            AssertMetered(story, ConditionStatus.True, "Covered", "Every window so far was measured.");
        }

        await using var after = await StoreAsync(second => second is <= HeadFrom or >= BackAt);
        foreach (var second in new[] { 1200, 2400 })
        {
            await story.LookAsync(Source(Away), after.StartMs, second);
            AssertMetered(story, ConditionStatus.False, "SourceUnavailable", "The workload goes on; the window stays open");
            Assert.Equal(after.StartMs + 600_000, story.Usage.ThroughMs);
        }

        await story.LookAsync(Source(after.Url), after.StartMs, 3600);
        Assert.Equal(3_600_000ul, story.Usage.ToVector().CpuMilliSeconds);
        Assert.Equal((UInt128)360_000, story.Usage.EgressBytes);
        // Of the time between the last sample that was read before and the first one after nothing is billed: 35 minutes of memory.
        Assert.Equal(1024ul * (600 + 3600 - BackAt), story.Usage.ToVector().MemoryMiBSeconds);
        Assert.Equal((3_000_000L, 2_100_000L, 2_100_000L), (story.Usage.Window.LifeMs, story.Usage.Window.UnmeasuredMs, story.Usage.UnmeasuredMs));
        AssertMetered(story, ConditionStatus.False, "CoverageLow", "Of 3000 s of pods in the last window 2100 s have no samples");
        AssertMetered(story, ConditionStatus.False, "CoverageLow", "usage is a lower bound");
        // Two windows: the one that was seen whole, and the one of which three tenths were.
        Assert.Contains($"{CoverageMetric}_sum 1.3\n", exporter.Scrape(), StringComparison.Ordinal);
        Assert.Contains($"{CoverageMetric}_count 2\n", exporter.Scrape(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithTheNodesSpool_NothingOfCpuAndMemoryIsLost_AndReceiptsGoOn()
    {
        var story = new Story(null, egressPrice: 0);
        await using var after = await StoreAsync(second => second is <= HeadFrom or >= BackAt);
        await using var node = await SpoolNode.StartAsync(after.StartMs - 1000);
        var pod = new SpooledPod(Path, Lease.Namespace, "web-0");
        node.Keep([.. Enumerable.Range(0, 1801).Select(n => n * 2).Select(s => new SpoolSample(pod, after.StartMs + (s * 1000), (ulong)s * 1_000_000_000, 1024 * (ulong)MiB))], after.EndMs);
        await using (var before = await StoreAsync(second => second <= AwayFrom)) await story.LookAsync(Spooled(before.Url, node), after.StartMs, 600);
        foreach (var second in new[] { 1200, 1800, 2400 })
        {
            await story.LookAsync(Spooled(Away, node), after.StartMs, second);
            Assert.Equal(after.StartMs + (second * 1000), story.Usage.ThroughMs);
            Assert.Equal(((ulong)second * 1000, (ulong)second * 1024), (story.Usage.ToVector().CpuMilliSeconds, story.Usage.ToVector().MemoryMiBSeconds));
        }

        await story.LookAsync(Spooled(after.Url, node), after.StartMs, 3600);
        Assert.Equal((3_600_000ul, 3600ul * 1024), (story.Usage.ToVector().CpuMilliSeconds, story.Usage.ToVector().MemoryMiBSeconds));
        Assert.Equal((UInt128)360_000, story.Usage.EgressBytes);
        Assert.Equal(0, story.Usage.UnmeasuredMs);
        AssertMetered(story, ConditionStatus.True, "Covered", "Every window so far was measured.");
    }

    // The spool has no bytes: of a pod that lives on they catch up, and that nobody saw them is said.
    [Fact]
    public async Task WithTheNodesSpool_EgressThatIsChargedIsALowerBound_AndTheLeaseSaysSo()
    {
        var story = new Story(null, egressPrice: 5_003);
        await using var after = await StoreAsync(second => second is <= HeadFrom or >= BackAt);
        await using var node = await SpoolNode.StartAsync(after.StartMs - 1000);
        var pod = new SpooledPod(Path, Lease.Namespace, "web-0");
        node.Keep([.. Enumerable.Range(0, 1801).Select(n => n * 2).Select(s => new SpoolSample(pod, after.StartMs + (s * 1000), (ulong)s * 1_000_000_000, 1024 * (ulong)MiB))], after.EndMs);
        await using (var before = await StoreAsync(second => second <= AwayFrom)) await story.LookAsync(Spooled(before.Url, node), after.StartMs, 600);
        await story.LookAsync(Spooled(Away, node), after.StartMs, 2400);
        AssertMetered(story, ConditionStatus.False, "CoverageLow", "have no samples of bytes sent");
        await story.LookAsync(Spooled(after.Url, node), after.StartMs, 3600);
        Assert.Equal((3_600_000ul, 3600ul * 1024, 360_000ul / 1024), (story.Usage.ToVector().CpuMilliSeconds, story.Usage.ToVector().MemoryMiBSeconds, story.Usage.ToVector().EgressKiB));
        Assert.Equal(2_100_000, story.Usage.UnmeasuredMs);
        Assert.Contains("lower bound", story.Metered.Message, StringComparison.Ordinal);
    }

    private static readonly Uri Away = new("http://127.0.0.1:1");

    // One core, 1 GiB, 100 bytes a second.
    private static Task<StoredRows> StoreAsync(Func<int, bool> has) => StoredRows.OpenAsync(
        Row(PromQl.Cpu, Path, s => s, has, ",cpu=\"total\""), Row(PromQl.Memory, Path, _ => 1024 * MiB, has, ""), Row(PromQl.Egress, $"{Path}/5f3a", s => 100 * s, has, ",interface=\"eth0\""));

    private static HourRow Row(string metric, string id, Func<int, double> at, Func<int, bool> has, string more) =>
        new(metric, $"job=\"kubelet\",namespace=\"{Lease.Namespace}\",pod=\"web-0\",container=\"\",id=\"{id}\"{more}", s => has(s) ? at(s) : null);

    private static PrometheusUsageSource Source(Uri url) => new(
        new HttpClient(), new PrometheusOptions { AnyJob = true, Url = url }, TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance, maxGap: TimeSpan.FromMilliseconds(Story.Policy.MaxGapMs));

    private static SpooledUsageSource Spooled(Uri url, SpoolNode node)
    {
        var finder = new SpoolFinder(new SpoolSourceOptions { Urls = [node.Url], BearerTokenFile = node.TokenFile }, "", TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance);
        return new SpooledUsageSource(Source(url), finder.FindAsync, TimeSpan.FromMilliseconds(Story.Policy.MaxGapMs), NullLogger<SpooledUsageSource>.Instance);
    }

    private static void AssertMetered(Story story, ConditionStatus status, string reason, string words)
    {
        Assert.Equal((status, reason), (story.Metered.Status, story.Metered.Reason));
        Assert.Contains(words, story.Metered.Message, StringComparison.Ordinal);
    }

    /// <summary>A lease of the hour, as the operator looks at it: window, position and conditions are its own.</summary>
    private sealed class Story(UsageMetrics? metrics, int egressPrice)
    {
        public static readonly LeasePolicy Policy = Some.Policy with { EpochMs = 600_000, ScrapeDelayMs = 0, MaxGapMs = 90_000 };

        private LeaseStatus status = LeaseStatus.New;

        public UsagePosition Usage => status.Usage!;

        public LeaseCondition Metered { get; private set; } = null!;

        public async Task LookAsync(IUsageSource source, long startMs, int second)
        {
            // Active since a second before the first sample: a gauge counts between samples.
            var active = (startMs / 1000) - 1;
            var lease = ALease.Active().Running(p => p with { Uid = Uid, StartedAtMs = startMs, GpuA = 0, StorageMiB = 0 })
                .WithTerms(t => t with { Prices = t.Prices with { Egress = egressPrice } })
                .WithChain(c => c with { ActivatedAt = active, Through = active, EndsAt = 0 }).WithStatus(_ => status).Seen();
            var seen = lease with { Policy = Policy, NowMs = startMs + (second * 1000L), View = lease.View with { Id = Lease, BlockTime = (startMs / 1000) + second } };
            var news = await new WindowReader(source, FakeHasher.Instance, metrics).ReadAsync(seen.View, status, seen.Cluster, Policy, seen.NowMs, Cancellation);
            var decided = LeaseMachine.Decide(seen with { Metering = news });
            status = decided.Status;
            Metered = status.Conditions.Single(c => c.Type == "Metered");
        }
    }
}
