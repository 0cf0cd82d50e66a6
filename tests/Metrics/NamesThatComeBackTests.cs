using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests;

/// <summary>A real Prometheus scrapes what a kubelet shows when a name comes back: a StatefulSet's next pod, and a container that is started again. The bill is that of what ran.</summary>
public class NamesThatComeBackTests
{
    private const string First = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private const string Second = "4c1d9f8a-77aa-4b0e-8d7e-e2f1b0a9c922";
    private const int Replaced = 6;
    private const int Lingers = 9;
    private const long MaxGapMs = 90_000;
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('a', 16) + new string('0', 48));

    // The first is shown for a while after it ended, as cAdvisor does (cadvisor#2844); the second has its name, and counts from zero.
    [Fact]
    public async Task StatefulSetsNextPod_OfTheSameName_IsBilledBesideTheFirst_AndNeitherTwice()
    {
        var rows = new[]
        {
            Cpu(First, "", n => n < Lingers ? 1 + Math.Min(n, Replaced) : null), Cpu(Second, "", n => n >= Replaced ? (n - Replaced) * 0.5 : null),
            Memory(First, n => n < Lingers ? 4096 : null), Memory(Second, n => n >= Replaced ? 1024 : null),
            Net(First, "5f3a", n => n < Lingers ? 1000 * Math.Min(n, Replaced) : null), Net(Second, "77aa", n => n >= Replaced ? 10 * (n - Replaced) : null),
        };
        await BilledAsync(rows, 14, (served, billed, whole) =>
        {
            Assert.Equal(Nano(served(rows[0])[^1]) + Nano(served(rows[1])[^1]), billed.CpuNanoSeconds);
            Assert.Equal((UInt128)(served(rows[4])[^1].Value + served(rows[5])[^1].Value), billed.EgressBytes);
            // Memory of each for the time in which each was seen, and of nobody in between.
            Assert.Equal((UInt128)(4096 * Span(served(rows[2])) + 1024 * Span(served(rows[3]))), billed.MemoryByteMs);
            Assert.Equal([First, Second], whole.Select(s => s.PodUid).Distinct().Order(StringComparer.Ordinal));
        });
    }

    // The first one's end is known by the API server: what lingers after it bills no memory and no device.
    [Fact]
    public async Task PodThatEnded_AndLingersInTheStore_IsHeldUntilItsEnd()
    {
        var rows = new[] { Cpu(First, "", n => n < Lingers ? 1 : null), Memory(First, n => n < Lingers ? 4096 : null) };
        await BilledAsync(rows, 12, (served, _, whole) =>
        {
            var (began, ended) = (served(rows[1])[0].AtMs, served(rows[1])[3].AtMs);
            var cut = UsageFold.Fold(UsagePosition.StartingAt(began - 1), whole, [new PodHolding(First, 1, 0, 0) { EndedMs = ended }], served(rows[1])[^1].AtMs + 1, MaxGapMs).Position;
            Assert.Equal((UInt128)(4096 * (ended - began)), cut.MemoryByteMs);
            Assert.Equal((UInt128)(ended - began), cut.GpuMsA);
        });
    }

    // The pod's own cgroup lives through it; the container's row begins anew, under its name, while the old one is still shown.
    [Fact]
    public async Task ContainerThatIsStartedAgain_IsBilledOnce_ByThePodsOwnCount()
    {
        var rows = new[]
        {
            Cpu(First, "", n => 1 + (n * 0.25)), Cpu(First, "c0ffee", n => n < Lingers ? Math.Min(n, Replaced) * 0.25 : null), Cpu(First, "beef", n => n >= Replaced ? (n - Replaced) * 0.25 : null),
            Memory(First, n => n == Replaced ? 100 : 4096), Net(First, "5f3a", n => 100 * n),
        };
        await BilledAsync(rows, 12, (served, billed, whole) =>
        {
            Assert.Equal(Nano(served(rows[0])[^1]), billed.CpuNanoSeconds);
            Assert.Equal((UInt128)served(rows[4])[^1].Value, billed.EgressBytes);
            Assert.Equal([$"{First}/Cpu/", $"{First}/Egress/eth0@5f3a", $"{First}/Memory/"], whole.Select(s => s.Key).Order(StringComparer.Ordinal));
        });
    }

    // By windows of each length it is the same.
    private static async Task BilledAsync(PlayedRow[] rows, int scrapes, Action<Func<PlayedRow, IReadOnlyList<UsageSample>>, UsagePosition, IReadOnlyList<UsageSeries>> check)
    {
        await using var player = await CadvisorPlayer.StartAsync(rows);
        await using var prometheus = await PrometheusProcess.StartAsync(player.Address);
        await player.PlayedAsync(scrapes, prometheus);
        var all = rows.SelectMany(player.Served).Select(s => s.AtMs).Distinct().Order().ToArray();
        var (from, through) = (all[0] - 1, all[^2]);
        var source = new PrometheusUsageSource(new HttpClient(), new PrometheusOptions { AnyJob = true, Url = prometheus.Url }, TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance);
        var whole = await ReadAsync(from, through);
        var billed = UsageFold.Fold(UsagePosition.StartingAt(from), whole, [], through, MaxGapMs).Position;
        check(row => [.. player.Served(row).Where(s => s.AtMs <= through)], billed, whole);

        var position = UsagePosition.StartingAt(from);
        foreach (var end in new[] { all[2] + 1, all[Replaced] - 1, all[Replaced], all[^3] + 1, through })
            position = UsageFold.Fold(position, await ReadAsync(position.ThroughMs, end), [], end, MaxGapMs).Position;
        Assert.Equal((billed.CpuNanoSeconds, billed.MemoryByteMs, billed.EgressBytes), (position.CpuNanoSeconds, position.MemoryByteMs, position.EgressBytes));

        Task<IReadOnlyList<UsageSeries>> ReadAsync(long after, long until) => source.ReadAsync(Lease, [First], after, until, TestContext.Current.CancellationToken);
    }

    private static UInt128 Nano(UsageSample sample) => (UInt128)Math.Round(sample.Value * 1e9);

    private static long Span(IReadOnlyList<UsageSample> samples) => samples[^1].AtMs - samples[0].AtMs;

    private static PlayedRow Cpu(string uid, string child, Func<int, double?> at) => Row(PromQl.Cpu, uid, child, child.Length == 0 ? "" : "web", ",cpu=\"total\"", at);

    private static PlayedRow Memory(string uid, Func<int, double?> at) => Row(PromQl.Memory, uid, "", "", "", at);

    private static PlayedRow Net(string uid, string sandbox, Func<int, double?> at) => Row("container_network_transmit_bytes_total", uid, sandbox, "", ",interface=\"eth0\"", at);

    private static PlayedRow Row(string metric, string uid, string child, string container, string more, Func<int, double?> at) => new(
        metric, $"container=\"{container}\",id=\"/kubepods/burstable/pod{uid}{(child.Length == 0 ? "" : "/" + child)}\",namespace=\"{Lease.Namespace}\",pod=\"web-0\"{more}", at);
}
