using System.Globalization;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests.Prometheus;

/// <summary>A store that speaks Prometheus' language and is another program: what is billed from it is the same.</summary>
public sealed class CompatibleStoreTests
{
    private const string Uid = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private const string Web = $"/kubepods/burstable/pod{Uid}";
    private const long MaxGapMs = 90_000;

    // It keeps fifteen digits, and not all of a double: of a second of a counter a year old, 50 ns.
    private const double Precision = 5e-15;
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('a', 16) + new string('0', 48));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Fractions of a second, a counter of years, a pod of a part of the hour, a gap, two that scrape, rows that nobody may bill.
    [Fact]
    public async Task SameScrapes_AreTheSameSamples_AndTheSameBill()
    {
        HourRow[] rows =
        [
            Row(PromQl.Cpu, Web, s => 31_536_000.123456789 + (s * 0.987654321), ",cpu=\"total\""),
            Row(PromQl.Cpu, Web, s => 31_536_000.023456789 + (s * 0.987654321), ",cpu=\"total\"", "b") with { First = 7 },
            Row(PromQl.Cpu, $"{Web}/c0ffee", s => s * 1.5, ",cpu=\"total\",container=\"web\""),
            Row(PromQl.Memory, Web, s => s is > 1500 and < 2100 ? null : 1_073_741_824 + (4096 * s), ""),
            Row(PromQl.Egress, $"{Web}/5f3a", s => s > 2700 ? null : 1e13 + (100 * s), ",interface=\"eth0\""),
            Row(PromQl.Egress, $"{Web}/5f3a", s => 1e9 * s, ",interface=\"lo\""),
        ];
        await using var prometheus = await StoredRows.OpenAsync(rows);
        await using var victoria = await VictoriaProcess.StartAsync();
        await victoria.StoreAsync(rows.SelectMany(r => StoredRows.Lines(r, prometheus.StartMs, "000")));
        var (one, other) = (Source(new PrometheusOptions { AnyJob = true, Url = prometheus.Url }), Source(victoria.Options));
        // Also without a pod that anybody knows: the store alone names it.
        foreach (var uids in new[] { new[] { Uid }, [] })
            foreach (var (from, through) in new[] { (-1L, 3_600_000L), (-1L, 614_999L), (614_999L, 1_800_000L), (1_800_000L, 3_530_001L), (3_530_001L, 3_600_000L) })
            {
                var here = await one.ReadAsync(Lease, uids, prometheus.StartMs + from, prometheus.StartMs + through, Cancellation);
                var there = await other.ReadAsync(Lease, uids, prometheus.StartMs + from, prometheus.StartMs + through, Cancellation);
                Assert.Equal(here.Select(Times).Order(), there.Select(Times).Order());
                foreach (var (mine, its) in Values(here).Zip(Values(there))) Assert.InRange(its, mine - (mine * Precision), mine + (mine * Precision));
                Assert.Equal(3, here.Count(s => s.Samples.Count > 0) + (from > 2_700_000 ? 1 : 0) + (from >= 1_800_000 && through < 2_100_000 ? 1 : 0));
            }

        var billed = await FoldAsync(other, prometheus);
        Assert.Equal(await FoldAsync(one, prometheus), billed);
        Assert.Equal(31_536_000_123ul + 3_555_556, billed.CpuMilliSeconds);
    }

    // Of the last half minute it answers by default as if it were not there yet, except raw samples.
    [Fact]
    public async Task PodOfTheLastSeconds_WhichOnlyTheStoreKnows_IsFound()
    {
        await using var victoria = await VictoriaProcess.StartAsync();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await victoria.StoreAsync(Enumerable.Range(0, 8).Select(n =>
            string.Create(CultureInfo.InvariantCulture, $"{PromQl.Cpu}{{job=\"kubelet\",namespace=\"{Lease.Namespace}\",pod=\"web-0\",container=\"\",id=\"{Web}\",cpu=\"total\"}} {n} {now - 14_000 + (n * 2000)}")));
        var series = Assert.Single(await Source(victoria.Options).ReadAsync(Lease, [], now - 20_000, now, Cancellation));
        Assert.Equal((Uid, Meter.Cpu, 8), (series.PodUid, series.Meter, series.Samples.Count));
        var found = await new StoreCheck(victoria.Options, TimeProvider.System).LookAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Equal(($"1 of {PromQl.Cpu}", null), found[0]);
        Assert.Equal(("8 samples within Times:MaxGap (00:01:00)", null), found[^1]);
    }

    // Of both stores: whether leases could be metered now is asked while none runs.
    [Fact]
    public async Task Probe_FindsTheKubeletsSeries_OrSaysWhatLacks()
    {
        await using var victoria = await VictoriaProcess.StartAsync();
        await using var old = await StoredRows.OpenAsync(Row(PromQl.Cpu, Web, s => s, ""), Row(PromQl.Memory, Web, _ => 1, ""));
        using var http = new HttpClient();
        Assert.Contains("see that it scrapes the kubelets' /metrics/cadvisor", await Probe(new PrometheusOptions { AnyJob = true, Url = old.Url }).FaultAsync(Cancellation), StringComparison.Ordinal);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await victoria.StoreAsync([$"{PromQl.Cpu}{{job=\"kubelet\"}} 1 {now}"]);
        Assert.NotNull(await Probe(victoria.Options).FaultAsync(Cancellation));
        await victoria.StoreAsync([$"{PromQl.Memory}{{job=\"kubelet\"}} 1 {now}"]);
        Assert.Null(await Probe(victoria.Options).FaultAsync(Cancellation));
        Assert.NotNull(await Probe(new PrometheusOptions { Url = victoria.Url, Authorization = VictoriaProcess.Authorization, Matchers = { ["job"] = "other" } }).FaultAsync(Cancellation));
        Assert.Contains("could not be asked", await Probe(new PrometheusOptions { AnyJob = true, Url = new Uri("http://127.0.0.1:1") }).FaultAsync(Cancellation), StringComparison.Ordinal);

        StoreProbe Probe(PrometheusOptions options) => new(http, options, TimeProvider.System);
    }

    [Fact]
    public async Task WrongPassword_IsSaid()
    {
        await using var victoria = await VictoriaProcess.StartAsync();
        var options = victoria.Options;
        options.Authorization = $"Basic {Convert.ToBase64String("operator:wrong"u8)}";
        var error = await Assert.ThrowsAsync<UsageUnavailableException>(() => Source(options).ReadAsync(Lease, [Uid], 1_000, 2_000, Cancellation));
        Assert.Contains("401", error.Message, StringComparison.Ordinal);
    }

    private static async Task<UsageVector> FoldAsync(PrometheusUsageSource source, StoredRows hour) => UsageFold.Fold(
        UsagePosition.StartingAt(hour.StartMs - 1), await source.ReadAsync(Lease, [Uid], hour.StartMs - 1, hour.EndMs, Cancellation), [], hour.EndMs, MaxGapMs,
        lives: [new PodLife(Uid, hour.StartMs, long.MaxValue)]).Position.ToVector();

    private static string Times(UsageSeries series) => $"{series.Key} {string.Join(' ', series.Samples.Select(s => s.AtMs))}";

    private static IEnumerable<double> Values(IEnumerable<UsageSeries> series) => series.OrderBy(Times).SelectMany(s => s.Samples).Select(s => s.Value);

    private static PrometheusUsageSource Source(PrometheusOptions options) =>
        new(new HttpClient(), options, TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance, maxGap: TimeSpan.FromMilliseconds(MaxGapMs));

    private static HourRow Row(string metric, string id, Func<int, double?> at, string more, string instance = "a") =>
        new(metric, $"job=\"kubelet\",instance=\"{instance}\",namespace=\"{Lease.Namespace}\",pod=\"web-0\",id=\"{id}\"{more}", at);
}
