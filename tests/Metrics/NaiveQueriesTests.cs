using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests;

/// <summary>
/// The eight ways in which a query that seems right bills wrongly. Each asks a real Prometheus the query, and shows by how much it is wrong;
/// then it reads the same store as metering does, and the bill is right to the unit. The truth is one core, 1 GiB, one device or 100 bytes a
/// second, unless said. More about each:
/// <list type="table">
/// <item><term>1 pod and container</term><description><see cref="PrometheusUsageSourceTests"/> (rows of pods, containers, sandboxes, cores)</description></item>
/// <item><term>2 half of the time</term><description><c>UsageFoldTests</c>, <c>UsageFoldPropertyTests</c> (gauges are never above the truth)</description></item>
/// <item><term>3 what lingers</term><description><see cref="NamesThatComeBackTests"/> (containers started again, pods of one name)</description></item>
/// <item><term>4 what is over</term><description><c>AllocationTests</c>, and <c>LedgerTests</c> of tests/Cluster on a real API server</description></item>
/// <item><term>5 two exporters</term><description><c>ScraperPairTests</c>, <c>TwoScrapersTests</c> (two that look at one node)</description></item>
/// <item><term>6 three scrapes</term><description><c>ShortPods</c> of tests/Benchmarks (200 pods beside their cgroups)</description></item>
/// <item><term>7 a gap</term><description><c>WindowSightTests</c>, <c>OutageTests</c> of e2e (a Prometheus that is killed)</description></item>
/// <item><term>8 egress</term><description><see cref="PrometheusUsageSourceTests"/> (links of sandboxes, the loopback)</description></item>
/// </list>
/// </summary>
public class NaiveQueriesTests
{
    private const string Uid = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private const string Web = $"/kubepods/burstable/pod{Uid}";
    private const long MaxGapMs = 90_000;
    private const double GiB = 1L << 30;
    private const string Devices = "kube_pod_container_resource_requests";
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('a', 16) + new string('0', 48));

    // Where a range begins, and where it stops to look back, Prometheus 2 counts the sample right there and Prometheus 3 does not: the same
    // query comes to a step more or less at each.
    private const double Step = StoredRows.ScrapeSeconds;

    [Fact]
    public async Task Row1_PodSummedWithItsContainer_CountsItsCpuTwice()
    {
        await using var store = await StoredRows.OpenAsync(Cpu(Web, "", s => s), Cpu($"{Web}/c0ffee", "web", s => s));
        await AssertAsksAsync(store, "sum by(namespace)(increase(container_cpu_usage_seconds_total[1h]))", 7200, Step);
        Assert.Equal(3_600_000ul, (await BilledAsync(store)).CpuMilliSeconds);
    }

    [Fact]
    public async Task Row2_AverageOfAContainerThatLivedForHalfOfTheTime_BillsAllOfIt()
    {
        await using var store = await StoredRows.OpenAsync(
            Cpu(Web, "", s => s <= 1800 ? s : null), Memory(Web, "", s => s <= 1800 ? GiB : null), Memory($"{Web}/c0ffee", "web", s => s <= 1800 ? GiB : null));
        await AssertAsksAsync(store, "sum by(namespace)(avg_over_time(container_memory_working_set_bytes{container!=\"\"}[1h]))*3600/2^30", 3600);
        Assert.Equal(1800ul * 1024, (await BilledAsync(store)).MemoryMiBSeconds);
    }

    // cadvisor#2844. Here the store has no markers of staleness, so the query goes on for five minutes after the four that it lingers.
    [Fact]
    public async Task Row3_ContainerThatRestarted_IsSummedWithItsOwnGhost()
    {
        await using var store = await StoredRows.OpenAsync(
            Cpu(Web, "", s => s), Memory(Web, "", _ => GiB), Memory($"{Web}/c0ffee", "web", s => s <= 2040 ? GiB : null), Memory($"{Web}/beef", "web", s => s >= 1800 ? GiB : null));
        await AssertAsksAsync(store, "sum_over_time(sum by(namespace)(container_memory_working_set_bytes{container!=\"\"})[1h:30s])*30/2^30", 3600 + 240 + 300, 2 * Step);
        Assert.Equal(3600ul * 1024, (await BilledAsync(store)).MemoryMiBSeconds);
    }

    [Fact]
    public async Task Row4_JobOfTwoDevicesThatIsOver_IsBilledAsLongAsItsObjectIsKept()
    {
        await using var store = await StoredRows.OpenAsync(Cpu(Web, "", s => s <= 1800 ? s : null), Device("a", 2));
        await AssertAsksAsync(store, $"sum_over_time(sum by(namespace)({Devices})[1h:30s])*30", 7200, 2 * Step);
        var billed = await BilledAsync(store, new PodHolding(Uid, 2, 0, 0) { FromMs = store.StartMs, EndedMs = store.StartMs + 1_800_000 });
        Assert.Equal((3_600_000ul, 1_800_000ul), (billed.GpuMilliSecondsA, billed.CpuMilliSeconds));
    }

    // What a device's time comes to is not asked of Prometheus at all; what is, is asked of two that scrape the same node.
    [Fact]
    public async Task Row5_TwoReplicasOfAnExporter_AreTwoDevices()
    {
        await using var store = await StoredRows.OpenAsync(
            Device("a", 1), Device("b", 1), Cpu(Web, "", s => s, "a"), Cpu(Web, "", s => Math.Max(0, s - 2), "b"), Net("eth0", s => 100 * s, "a"), Net("eth0", s => 100 * s, "b"));
        await AssertAsksAsync(store, $"sum by(namespace)({Devices})", 2);
        await AssertAsksAsync(store, "sum by(namespace)(increase(container_cpu_usage_seconds_total[1h]))", 7200, 2 * Step);
        var billed = await BilledAsync(store, new PodHolding(Uid, 1, 0, 0) { FromMs = store.StartMs });
        Assert.Equal((3_600_000ul, 3_600_000ul, 360_000ul / 1024), (billed.GpuMilliSecondsA, billed.CpuMilliSeconds, billed.EgressKiB));
    }

    [Fact]
    public async Task Row6_PodOfThreeScrapes_IsExtrapolatedBeyondWhatItUsed()
    {
        await using var store = await StoredRows.OpenAsync(Cpu(Web, "", s => s <= 1885 ? s - 1800 : null) with { First = 1825 });
        await AssertAsksAsync(store, "sum by(namespace)(increase(container_cpu_usage_seconds_total{id=~\".*/pod[^/]+\"}[1h]))", 100, 0.001);
        Assert.Equal(85_000ul, (await BilledAsync(store)).CpuMilliSeconds);
    }

    // A counter has it when it is back; of a gauge the query takes five minutes for seen that nobody saw.
    [Fact]
    public async Task Row7_GapOfTenMinutes_IsBilledInPartAsIfItHadBeenMeasured()
    {
        await using var store = await StoredRows.OpenAsync(Cpu(Web, "", s => IsInGap(s) ? null : s), Memory(Web, "", s => IsInGap(s) ? null : GiB), Memory($"{Web}/c0ffee", "web", s => IsInGap(s) ? null : GiB));
        await AssertAsksAsync(store, "sum_over_time(sum by(namespace)(container_memory_working_set_bytes{container!=\"\"})[1h:30s])*30/2^30", 3300, 2 * Step);
        var folded = await FoldAsync(store);
        var billed = folded.Position.ToVector();
        Assert.Equal((3_600_000ul, 3000ul * 1024), (billed.CpuMilliSeconds, billed.MemoryMiBSeconds));
        // And it says that it is a lower bound, and by how much.
        Assert.Equal((600_000L, 3_600_000L), (folded.Position.UnmeasuredMs, folded.Position.Window.LifeMs));
        Assert.Equal(2, folded.Findings.Count(f => f is { Kind: UsageFindingKind.Gap, Detail: 600_000 }));

        static bool IsInGap(int second) => second is > 1500 and < 2100;
    }

    [Fact]
    public async Task Row8_EgressOfContainers_IsNothing_ForItIsTheSandboxThatSends()
    {
        await using var store = await StoredRows.OpenAsync(Net("eth0", s => 100 * s), Net("lo", s => 1e6 * s));
        Assert.Null(await store.AskAsync("sum by(namespace)(increase(container_network_transmit_bytes_total{container!=\"\"}[1h]))"));
        var folded = await FoldAsync(store);
        Assert.Equal((UInt128)360_000, folded.Position.EgressBytes);
        Assert.Equal(360_000ul / 1024, folded.Position.ToVector().EgressKiB);
    }

    private static async Task AssertAsksAsync(StoredRows store, string query, double wrong, double within = 0)
    {
        var asked = await store.AskAsync(query);
        Assert.NotNull(asked);
        Assert.InRange(asked.Value, wrong - within, wrong + within);
    }

    private static async Task<UsageVector> BilledAsync(StoredRows store, params PodHolding[] holdings) => (await FoldAsync(store, holdings)).Position.ToVector();

    // The hour in one window, and in four: the same.
    private static async Task<FoldResult> FoldAsync(StoredRows store, params PodHolding[] holdings)
    {
        using var http = new HttpClient();
        var source = new PrometheusUsageSource(http, new PrometheusOptions { AnyJob = true, Url = store.Url }, TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance, maxGap: TimeSpan.FromMilliseconds(MaxGapMs));
        var began = UsagePosition.StartingAt(store.StartMs - 1);
        var whole = await ToAsync(began, holdings, store.EndMs);
        var (position, held) = (began, (IReadOnlyList<PodHolding>)holdings);
        foreach (var second in new[] { 615, 1800, 3530, StoredRows.HourSeconds })
        {
            var next = await ToAsync(position, held, store.StartMs + (second * 1000L));
            (position, held) = (next.Position, next.Holdings);
        }

        Assert.Equal(whole.Position.ToVector(), position.ToVector());
        return whole;

        async Task<FoldResult> ToAsync(UsagePosition from, IReadOnlyCollection<PodHolding> holds, long throughMs) => UsageFold.Fold(
            from, await source.ReadAsync(Lease, [Uid], from.ThroughMs, throughMs, TestContext.Current.CancellationToken), holds, throughMs, MaxGapMs,
            lives: [new PodLife(Uid, store.StartMs, long.MaxValue)]);
    }

    private static HourRow Cpu(string id, string container, Func<int, double?> at, string instance = "a") => Row(PromQl.Cpu, id, container, at, instance, ",cpu=\"total\"");

    private static HourRow Memory(string id, string container, Func<int, double?> at) => Row(PromQl.Memory, id, container, at, "a", "");

    private static HourRow Net(string link, Func<int, double?> at, string instance = "a") => Row(PromQl.Egress, $"{Web}/5f3a", "", at, instance, $",interface=\"{link}\"");

    private static HourRow Row(string metric, string id, string container, Func<int, double?> at, string instance, string more) =>
        new(metric, $"job=\"kubelet\",instance=\"{instance}\",namespace=\"{Lease.Namespace}\",pod=\"web-0\",container=\"{container}\",id=\"{id}\"{more}", at);

    // As kube-state-metrics has it: as long as there is the object.
    private static HourRow Device(string instance, int count) =>
        new(Devices, $"job=\"kube-state-metrics\",instance=\"{instance}\",namespace=\"{Lease.Namespace}\",pod=\"web-0\",uid=\"{Uid}\",container=\"web\",resource=\"nvidia_com_gpu\"", _ => count);
}
