using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Tests.Support;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests;

/// <summary>A real Prometheus scrapes recorded cAdvisor rows; what is read back must be what was served, and nothing else.</summary>
public class PrometheusUsageSourceTests
{
    private const string Web = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private const string Job = "4c1d9f8a-77aa-4b0e-8d7e-e2f1b0a9c922";
    private const string Foreign = "99999999-2a5f-4b63-9d60-1c9f4f9a1c99";
    private const string Sender = "77777777-2a5f-4b63-9d60-1c9f4f9a1c77";
    private const string Gone = "5e5e5e5e-2a5f-4b63-9d60-1c9f4f9a1c55";
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('a', 16) + new string('0', 48));

    // The rows that must be read back.
    private static readonly PlayedRow WebCpu = Cpu($"/kubepods/burstable/pod{Web}", "", "web-1", Lease.Namespace, n => 0.1 + n * 0.05);
    private static readonly PlayedRow WebMemory = Row(PromQl.Memory, $"/kubepods/burstable/pod{Web}", "", "web-1", Lease.Namespace, n => 1e6 + n % 3 * 4096);
    private static readonly PlayedRow WebEgress = Net($"/kubepods/burstable/pod{Web}/5f3a", "eth0", "web-1", Lease.Namespace, n => 100 * n);
    private static readonly PlayedRow JobCpu = Cpu(Systemd(Job), "", "job-1", Lease.Namespace, n => n * 0.25);
    private static readonly PlayedRow JobEgress = Net($"{Systemd(Job)}/cri-containerd-77.scope", "eth0", "job-1", Lease.Namespace, n => 7 * n);

    // A pod whose name the kubelet has forgotten: known by the UID that the caller gives.
    private static readonly PlayedRow GoneCpu = Cpu($"/kubepods/burstable/pod{Gone}", "", "", "", n => n < 4 ? n : null);

    private static readonly PlayedRow[] Rows =
    [
        WebCpu, WebMemory, WebEgress, JobCpu, JobEgress, GoneCpu,
        // A container that restarts, and the pause container: parts of the pod's row already.
        Cpu($"/kubepods/burstable/pod{Web}/c0ffee", "web", "web-1", Lease.Namespace, n => n % 4 * 0.05),
        Cpu($"/kubepods/burstable/pod{Web}/5f3a", "", "web-1", Lease.Namespace, n => 0.01),
        Net($"/kubepods/burstable/pod{Web}/5f3a", "lo", "web-1", Lease.Namespace, n => 1e9 * n),
        // A pod that sends a volume of the lease: nobody pays for it.
        Cpu($"/kubepods/burstable/pod{Sender}", "", "export.volume-x7k2p", Lease.Namespace, n => n),
        Net($"/kubepods/burstable/pod{Sender}/9e1d", "eth0", "export.volume-x7k2p", Lease.Namespace, n => 1e6 * n),
        // Another lease, and a tenant that nests a cgroup named like a pod of ours in its own.
        Cpu($"/kubepods/burstable/pod{Foreign}", "", "web-1", "lease-bbbbbbbbbbbbbbbb", n => n),
        Cpu($"/kubepods/burstable/pod{Foreign}/c0ffee/pod{Web}", "", "web-1", "lease-bbbbbbbbbbbbbbbb", n => 1e6 * n),
        Cpu("/", "", "", "", n => 1e3 * n),
    ];

    [Fact]
    public async Task Read_ServedRows_ComeBackToTheBit()
    {
        await using var player = await CadvisorPlayer.StartAsync(Rows);
        await using var prometheus = await PrometheusProcess.StartAsync(player.Address);
        await player.PlayedAsync(12, prometheus);
        var (from, through) = Window(player);

        var whole = await ReadAsync(prometheus, player, new PrometheusOptions { AnyJob = true }, from, through);
        AssertServed(player, whole, from, through);

        // Windows of one second, one pod per query, answers that must be cut: the same samples.
        var cut = await ReadAsync(prometheus, player, new PrometheusOptions { AnyJob = true, Window = TimeSpan.FromSeconds(1), PodsPerQuery = 1 }, from, through);
        AssertServed(player, cut, from, through);

        // Two half-open windows share no sample and lose none.
        var middle = player.Served(WebCpu)[6].AtMs;
        var left = await ReadAsync(prometheus, player, new PrometheusOptions { AnyJob = true }, from, middle);
        var right = await ReadAsync(prometheus, player, new PrometheusOptions { AnyJob = true }, middle, through);
        AssertServed(player, left, from, middle);
        AssertServed(player, right, middle, through);

        Assert.Empty(await ReadAsync(prometheus, player, new PrometheusOptions { AnyJob = true }, through, through));
        Assert.Empty(await ReadAsync(prometheus, player, new PrometheusOptions { Matchers = { ["job"] = "other" } }, from, through));
        Assert.Empty(await ReadAsync(prometheus, player, new PrometheusOptions { AnyJob = true, CgroupRoot = "/elsewhere" }, from, through));
    }

    [Fact]
    public async Task Check_FindsEachSeries_OrSaysWhatBringsIt()
    {
        await using var player = await CadvisorPlayer.StartAsync([WebCpu, WebMemory]);
        await using var prometheus = await PrometheusProcess.StartAsync(player.Address);
        await player.PlayedAsync(4, prometheus);
        var found = await CheckAsync("kubelet", TimeSpan.FromMinutes(1));
        Assert.Equal(["1 of container_cpu_usage_seconds_total", "1 of container_memory_working_set_bytes", "there is no container_network_transmit_bytes_total with these labels"], found.Take(3).Select(f => f.Found));
        Assert.Equal([true, true, false, true], found.Select(f => f.Fix is null));
        Assert.Contains("/metrics/cadvisor", found[2].Fix, StringComparison.Ordinal);
        Assert.Contains("raise Times:MaxGap", (await CheckAsync("kubelet", TimeSpan.FromMilliseconds(1)))[^1].Fix, StringComparison.Ordinal);
        Assert.All(await CheckAsync("nobody", TimeSpan.FromMinutes(1)), f => Assert.NotNull(f.Fix));

        Task<IReadOnlyList<(string Found, string? Fix)>> CheckAsync(string job, TimeSpan maxGap) =>
            new StoreCheck(new PrometheusOptions { Url = prometheus.Url, Matchers = { ["job"] = job } }, TimeProvider.System).LookAsync(maxGap, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Read_StoreTakesFewSamples_WindowsShrinkUntilItAnswers()
    {
        await using var player = await CadvisorPlayer.StartAsync(Rows);
        await using var prometheus = await PrometheusProcess.StartAsync(player.Address, "--query.max-samples=25");
        await player.PlayedAsync(12, prometheus);
        var (from, through) = Window(player);
        AssertServed(player, await ReadAsync(prometheus, player, new PrometheusOptions { AnyJob = true }, from, through), from, through);
    }

    [Fact]
    public async Task Read_NoPrometheus_IsUnavailable()
    {
        var source = Source(new PrometheusOptions { AnyJob = true, Url = new Uri("http://127.0.0.1:1") });
        var e = await Assert.ThrowsAsync<UsageUnavailableException>(() => source.ReadAsync(Lease, [Web], 0, 1000, TestContext.Current.CancellationToken));
        Assert.Contains("127.0.0.1:1 could not be asked", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_IncompleteAnswer_KeepsTheWindowOpenUnlessAccepted(bool accepted)
    {
        using var http = new HttpClient(new Partial());
        var options = new PrometheusOptions { AnyJob = true, Url = new Uri("http://store"), AcceptWarnings = accepted };
        var source = new PrometheusUsageSource(http, options, TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance);
        var read = source.ReadAsync(Lease, [Web], 0, 1000, TestContext.Current.CancellationToken);
        if (accepted) Assert.Empty(await read);
        else Assert.Contains("eu-1 unreachable", (await Assert.ThrowsAsync<UsageUnavailableException>(() => read)).Message, StringComparison.Ordinal);
    }

    // Not in one look: a store that is away is not waited for once for every size.
    [Fact]
    public async Task Read_StoreIsTooSlowForLongWindows_LaterLooksAskForShorterOnes_AndForLongOnesOnceItIsNot()
    {
        var slow = new Slow { LongestMs = 1_000_000 };
        using var http = new HttpClient(slow);
        var clock = new FakeClock();
        var source = new PrometheusUsageSource(http, new PrometheusOptions { AnyJob = true, Url = new Uri("http://store") }, clock, NullLogger<PrometheusUsageSource>.Instance);
        Task<IReadOnlyList<UsageSeries>> ReadAsync() => source.ReadAsync(Lease, [Web], 0, 5_400_000, TestContext.Current.CancellationToken);
        for (var half = 0; half < 3; half++) Assert.Contains("timed out", (await Assert.ThrowsAsync<UsageUnavailableException>(ReadAsync)).Message, StringComparison.Ordinal);
        Assert.Equal(3, slow.Asked);
        Assert.Empty(await ReadAsync());
        slow.LongestMs = long.MaxValue;
        for (var look = 0; look < 3; look++)
        {
            clock.Advance(TimeSpan.FromMinutes(11));
            await ReadAsync();
        }

        var before = slow.Asked;
        await ReadAsync();
        // Whose pods there are, and one query of each meter.
        Assert.True(slow.Asked - before <= 5, $"{slow.Asked - before} queries");
    }

    private sealed class Slow : HttpMessageHandler
    {
        public long LongestMs { get; set; }

        public int Asked { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            var query = Uri.UnescapeDataString(await request.Content!.ReadAsStringAsync(cancellationToken));
            var isSlow = Regex.Matches(query, @"\[(\d+)ms\]").Any(m => long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) > LongestMs);
            return new HttpResponseMessage(isSlow ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK)
            {
                Content = new StringContent(isSlow
                    ? """{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}"""
                    : """{"status":"success","data":{"resultType":"matrix","result":[]}}"""),
            };
        }
    }

    private sealed class Partial : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage
            {
                Content = new StringContent("""{"status":"success","warnings":["eu-1 unreachable"],"data":{"resultType":"matrix","result":[]}}"""),
            });
    }

    [Theory]
    [InlineData("not-a-uid")]
    [InlineData($"{Web}|.*")]
    [InlineData("")]
    public async Task Read_OddUid_IsRefused(string uid)
    {
        var source = Source(new PrometheusOptions { AnyJob = true, Url = new Uri("http://127.0.0.1:1") });
        await Assert.ThrowsAsync<ArgumentException>(() => source.ReadAsync(Lease, [uid], 0, 1000, TestContext.Current.CancellationToken));
    }

    private static void AssertServed(CadvisorPlayer player, IReadOnlyList<UsageSeries> read, long from, long through)
    {
        var expected = new Dictionary<string, PlayedRow>
        {
            [$"{Web}/Cpu/"] = WebCpu,
            [$"{Web}/Memory/"] = WebMemory,
            [$"{Web}/Egress/eth0@5f3a"] = WebEgress,
            [$"{Job}/Cpu/"] = JobCpu,
            [$"{Job}/Egress/eth0@cri-containerd-77.scope"] = JobEgress,
            [$"{Gone}/Cpu/"] = GoneCpu,
        }.ToDictionary(e => e.Key, e => player.Served(e.Value).Where(s => s.AtMs > from && s.AtMs <= through).ToArray());
        Assert.Equal(expected.Where(e => e.Value.Length > 0).Select(e => e.Key).Order(), read.Select(s => s.Key).Order());
        foreach (var series in read) Assert.Equal(expected[series.Key], series.Samples.AsEnumerable());
    }

    // Of some before, and some after: what is read are those between.
    private static (long From, long Through) Window(CadvisorPlayer player)
    {
        var served = player.Served(WebCpu);
        return (served[2].AtMs - 1, served[^2].AtMs);
    }

    private static Task<IReadOnlyList<UsageSeries>> ReadAsync(PrometheusProcess prometheus, CadvisorPlayer player, PrometheusOptions options, long from, long through)
    {
        Assert.NotEmpty(player.Served(WebCpu));
        options.Url = prometheus.Url;
        return Source(options).ReadAsync(Lease, [Gone], from, through, TestContext.Current.CancellationToken);
    }

    private static PrometheusUsageSource Source(PrometheusOptions options) =>
        new(new HttpClient(), options, TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance);

    private static string Systemd(string uid) =>
        $"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid.Replace('-', '_')}.slice";

    private static PlayedRow Cpu(string id, string container, string pod, string ns, Func<int, double?> at) =>
        Row(PromQl.Cpu, id, container, pod, ns, at, ",cpu=\"total\"");

    private static PlayedRow Net(string id, string link, string pod, string ns, Func<int, double?> at) =>
        Row(PromQl.Egress, id, "", pod, ns, at, $",interface=\"{link}\"");

    private static PlayedRow Row(string metric, string id, string container, string pod, string ns, Func<int, double?> at, string more = "") =>
        new(metric, $"container=\"{container}\",id=\"{id}\",image=\"\",name=\"\",namespace=\"{ns}\",pod=\"{pod}\"{more}", at);
}
