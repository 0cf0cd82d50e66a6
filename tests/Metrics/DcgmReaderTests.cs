using Federation.Domain.Leases;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Metrics.Tests;

public class DcgmReaderTests
{
    private const string Blank = "9223372036854775794";
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('a', 16) + new string('0', 48));

    [Theory]
    // Half busy for ten seconds, then whole; the sample before the window only says since when.
    [InlineData(DcgmReader.Active, "[[0,\"0.1\"],[10,\"0.5\"],[20,\"1\"]]", 15_000L)]
    [InlineData(DcgmReader.Utilization, "[[0,\"7\"],[10,\"50\"],[20,\"100\"]]", 15_000L)]
    // Nobody knows what was in a gap, nor what the device did not tell.
    [InlineData(DcgmReader.Active, "[[0,\"1\"],[20,\"1\"],[30,\"0.25\"]]", 2500L)]
    [InlineData(DcgmReader.Active, "[[0,\"1\"],[10,\"" + Blank + "\"],[15,\"1\"]]", 15_000L)]
    [InlineData(DcgmReader.Active, "[[0,\"0\"],[10,\"0\"]]", 0L)]
    [InlineData(DcgmReader.Active, "[[0,\"" + Blank + "\"],[10,\"NaN\"],[20,\"-1\"]]", null)]
    public void BusyTime_IsWhatSamplesSay(string metric, string values, long? busyMs) =>
        Assert.Equal(busyMs, DcgmReader.BusyMs(Rows(Row(metric, "GPU-1", values)), 0, 30_000, 15_000));

    [Fact]
    public void DevicesAddUp_AndEachCountsByItsBetterMetric()
    {
        var rows = Rows(
            Row(DcgmReader.Utilization, "GPU-1", "[[0,\"100\"],[10,\"100\"]]"), Row(DcgmReader.Active, "GPU-1", "[[0,\"0.5\"],[10,\"0.5\"]]"),
            Row(DcgmReader.Utilization, "GPU-2", "[[0,\"100\"],[10,\"100\"]]"), Row(DcgmReader.Active, "GPU-2", "[[0,\"" + Blank + "\"]]"));
        Assert.Equal(15_000, DcgmReader.BusyMs(rows, 0, 30_000, 15_000));
        Assert.Null(DcgmReader.BusyMs([], 0, 30_000, 15_000));
    }

    [Fact]
    public void AnySplit_GivesTheSame()
    {
        var rows = Rows(Row(DcgmReader.Active, "GPU-1", "[[1,\"0.5\"],[11,\"0.25\"],[21,\"1\"],[31,\"0.75\"]]"));
        Assert.Equal(20_000, DcgmReader.BusyMs(rows, 0, 40_000, 15_000));
        for (var cut = 0; cut <= 40_000; cut += 500) Assert.Equal(20_000, DcgmReader.BusyMs(rows, 0, cut, 15_000) + DcgmReader.BusyMs(rows, cut, 40_000, 15_000));
    }

    [Theory]
    [InlineData("namespace")]
    [InlineData("exported_namespace")]
    public async Task RealStore_IsAskedByTheLeasesNamespace(string label)
    {
        PlayedRow[] rows =
        [
            new(DcgmReader.Active, $"UUID=\"GPU-1\",{label}=\"{Lease.Namespace}\",pod=\"web-1\"", _ => 0.5),
            new(DcgmReader.Active, $"UUID=\"GPU-2\",{label}=\"lease-bbbbbbbbbbbbbbbb\",pod=\"web-1\"", _ => 1),
        ];
        await using var player = await CadvisorPlayer.StartAsync(rows);
        await using var prometheus = await PrometheusProcess.StartAsync(player.Address);
        await player.PlayedAsync(6, prometheus);
        var served = player.Served(rows[0]);
        var reader = new DcgmReader(new HttpClient(), new PrometheusOptions { AnyJob = true, Url = prometheus.Url }, TimeSpan.FromSeconds(90), TimeProvider.System, NullLogger<DcgmReader>.Instance);
        var busy = await reader.ReadAsync(Lease, served[2].AtMs, served[4].AtMs, TestContext.Current.CancellationToken);
        Assert.InRange(busy!.Value - ((served[4].AtMs - served[2].AtMs) / 2), -1, 1);
        Assert.Null(await reader.ReadAsync(LeaseId.Parse("0x" + new string('c', 64)), served[2].AtMs, served[4].AtMs, TestContext.Current.CancellationToken));
    }

    private static string Row(string metric, string device, string values) =>
        "{\"metric\":{\"__name__\":\"" + metric + "\",\"UUID\":\"" + device + "\"},\"values\":" + values + "}";

    private static IReadOnlyList<RawSeries> Rows(params string[] rows) =>
        QueryJson.Parse(System.Text.Encoding.UTF8.GetBytes("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[" + string.Join(',', rows) + "]}}"), 200).Series;
}
