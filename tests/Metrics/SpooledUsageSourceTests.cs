using System.Net;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Spool;
using Federation.Metrics.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests;

/// <summary>A real Prometheus and spools as they are served: what either lacks the other has.</summary>
public class SpooledUsageSourceTests
{
    private const string Web = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private const string Short = "4c1d9f8a-77aa-4b0e-8d7e-e2f1b0a9c922";
    private const long Start = 1_764_372_000_000;
    private static readonly Uri Away = new("http://127.0.0.1:1");
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('a', 16) + new string('0', 48));
    private static readonly SpooledPod WebPod = new($"/kubepods/burstable/pod{Web}", Lease.Namespace, "web-1");
    private static readonly SpooledPod ShortPod = new($"/kubepods.slice/kubepods-pod{Short.Replace('-', '_')}.slice", Lease.Namespace, "job-1");
    private static readonly SpooledPod ForeignPod = new("/kubepods/burstable/pod99999999-2a5f-4b63-9d60-1c9f4f9a1c99", "lease-bbbbbbbbbbbbbbbb", "web-1");
    private static readonly PlayedRow WebCpu = new(PromQl.Cpu, $"container=\"\",id=\"{WebPod.Path}\",namespace=\"{Lease.Namespace}\",pod=\"web-1\",cpu=\"total\"", n => 0.1 + (n * 0.05));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StoreIsAway_SpoolsSayAll_ToTheBit()
    {
        await using var one = await SpoolNode.StartAsync(Start);
        await using var two = await SpoolNode.StartAsync(Start);
        one.Keep([new(WebPod, Start + 1000, 123_456_789, 4096), new(ForeignPod, Start + 1000, 9, 9), new(WebPod, Start + 3000, 1_123_456_789, null)], Start + 8000);
        two.Keep([new(ShortPod, Start + 1500, 77, 100), new(ShortPod, Start + 1700, 5_000_000_001, null), new(ShortPod, Start + 9000, 5_000_000_009, null)], Start + 9000);

        var read = await Source(Away, [one, two]).ReadAsync(Lease, [Web], Start, Start + 8000, Cancellation);

        Assert.Equal([$"{Web}/Cpu/", $"{Web}/Memory/", $"{Short}/Cpu/", $"{Short}/Memory/"], read.Select(s => s.Key).Order(StringComparer.Ordinal));
        var position = UsageFold.Fold(UsagePosition.StartingAt(Start), read, [], Start + 8000, 90_000).Position;
        Assert.Equal((UInt128)(1_123_456_789 + 5_000_000_001UL), position.CpuNanoSeconds);
        Assert.Equal([4096], read.Single(s => s.Key == $"{Web}/Memory/").Samples.Select(s => s.Value));
    }

    [Fact]
    public async Task RealStore_GetsPodsThatItNeverSaw_AndTheirLastLooks()
    {
        await using var player = await CadvisorPlayer.StartAsync([WebCpu]);
        await using var prometheus = await PrometheusProcess.StartAsync(player.Address);
        await player.PlayedAsync(8, prometheus);
        var served = player.Served(WebCpu);
        var (from, last) = (served[2].AtMs - 1, served[^2].AtMs);
        await using var node = await SpoolNode.StartAsync(from);
        node.Keep([new(WebPod, served[3].AtMs + 1, 1, null), new(ShortPod, last - 100, 42, 1), new(WebPod, last + 7, 900_000_000, null)], last);

        var read = (await Source(prometheus.Url, [node]).ReadAsync(Lease, [Web], from, last + 10, Cancellation)).ToDictionary(s => s.Key);

        // Where the store has samples, nothing is put between them; one later scrape may be in time.
        var between = read[$"{Web}/Cpu/"].Samples.Where(s => s.AtMs <= last).ToArray();
        Assert.Equal(served.Where(s => s.AtMs > from && s.AtMs <= last), between);
        Assert.Contains(new UsageSample(last + 7, 0.9), read[$"{Web}/Cpu/"].Samples);
        Assert.Equal(42e-9, Assert.Single(read[$"{Short}/Cpu/"].Samples).Value);
    }

    [Fact]
    public async Task NeitherCanBeAsked_IsUnavailable_AndSaysBoth()
    {
        await using var node = await SpoolNode.StartAsync(Start);
        await File.WriteAllTextAsync(node.TokenFile + "2", "other", Cancellation);
        var error = await FailAsync(Source(Away, [node], node.TokenFile + "2"), [Web]);
        Assert.Contains("127.0.0.1:1 could not be asked", error, StringComparison.Ordinal);
        Assert.Contains("show the token", error, StringComparison.Ordinal);
    }

    // What lived before the spool did is in the store, which will be back.
    [Theory]
    [InlineData(Start + 1, "has seen every pod of its node since")]
    [InlineData(Start, "do not know pod 4c1d9f8a")]
    public async Task StoreIsAway_AndASpoolMissedSomething_KeepsTheWindowOpen(long start, string why)
    {
        await using var node = await SpoolNode.StartAsync(start);
        node.Keep([new(WebPod, Start + 1000, 1, 1)], Start + 8000);
        Assert.Contains(why, await FailAsync(Source(Away, [node]), [Web, Short]), StringComparison.Ordinal);
    }

    // Its disk is full, or it is not looking: what it has says nothing of the time after.
    [Fact]
    public async Task StoreIsAway_AndASpoolSawNoMore_KeepsTheWindowOpen()
    {
        await using var node = await SpoolNode.StartAsync(Start);
        node.Keep([new(WebPod, Start + 1000, 1, 1), new(WebPod, Start + 7000, 2, 1)], Start + 7999);
        Assert.Contains("has seen every pod of its node through", await FailAsync(Source(Away, [node]), [Web]), StringComparison.Ordinal);
        node.Keep([], Start + 8000);
        Assert.Equal(2, (await Source(Away, [node]).ReadAsync(Lease, [Web], Start, Start + 8000, Cancellation)).Count);
    }

    [Fact]
    public async Task SpoolIsAway_StoreCounts()
    {
        await using var player = await CadvisorPlayer.StartAsync([WebCpu]);
        await using var prometheus = await PrometheusProcess.StartAsync(player.Address);
        await player.PlayedAsync(5, prometheus);
        var served = player.Served(WebCpu);
        var node = await SpoolNode.StartAsync(Start);
        var source = Source(prometheus.Url, [node]);
        await node.DisposeAsync();
        var read = Assert.Single(await source.ReadAsync(Lease, [Web], served[2].AtMs - 1, served[3].AtMs, Cancellation));
        Assert.Equal(served.Where(s => s.AtMs >= served[2].AtMs && s.AtMs <= served[3].AtMs), read.Samples);
    }

    [Fact]
    public async Task OtherQueriesAndOtherPeople_AreRefused()
    {
        await using var node = await SpoolNode.StartAsync(Start);
        using var http = new HttpClient { BaseAddress = node.Url };
        async Task<HttpStatusCode> AskAsync(string query, string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/query") { Content = new FormUrlEncodedContent([new("query", query), new("time", "1")]) };
            if (token is not null) request.Headers.Authorization = new("Bearer", token);
            using var answer = await http.SendAsync(request, Cancellation);
            return answer.StatusCode;
        }

        var good = PromQl.PodRows(PromQl.Cpu, PromQl.Anywhere([Web]), 1000, new Dictionary<string, string>());
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(good, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(good, "secret2"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(good, "secret"));
        Assert.Equal(HttpStatusCode.BadRequest, await AskAsync("up", "secret"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await AskAsync(PromQl.PodRows(PromQl.Cpu, "(", 1000, new Dictionary<string, string>()), "secret"));
        await File.WriteAllTextAsync(node.TokenFile, " \n", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(good, ""));
        Assert.Equal("ok", await http.GetStringAsync("/healthz", Cancellation));
    }

    private static async Task<string> FailAsync(SpooledUsageSource source, string[] pods) =>
        (await Assert.ThrowsAsync<UsageUnavailableException>(() => source.ReadAsync(Lease, pods, Start, Start + 8000, Cancellation))).Message;

    private static SpooledUsageSource Source(Uri store, SpoolNode[] nodes, string? tokenFile = null)
    {
        var options = new SpoolSourceOptions { Urls = [.. nodes.Select(n => n.Url)], BearerTokenFile = tokenFile ?? nodes[0].TokenFile };
        Assert.Empty(options.Faults());
        var log = NullLogger<PrometheusUsageSource>.Instance;
        return new SpooledUsageSource(
            new PrometheusUsageSource(new HttpClient(), new PrometheusOptions { AnyJob = true, Url = store }, TimeProvider.System, log),
            new SpoolFinder(options, "", TimeProvider.System, log).FindAsync, TimeSpan.FromSeconds(90), NullLogger<SpooledUsageSource>.Instance);
    }
}
