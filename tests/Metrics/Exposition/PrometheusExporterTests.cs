using System.Diagnostics;
using System.Diagnostics.Metrics;
using Federation.Metrics.Exposition;
using Federation.Metrics.Tests.Support;

namespace Federation.Metrics.Tests.Exposition;

public class PrometheusExporterTests
{
    [Fact]
    public async Task Scrape_EveryInstrument_PassesPromtool()
    {
        using var exporter = new PrometheusExporter([OperatorMetrics.MeterName, "Test"]);
        using var metrics = new OperatorMetrics();
        metrics.PrometheusQueries.Add(3, Tag("outcome", "a \"b\"\\\nc"));
        using var meter = new Meter("Test.Every");
        meter.CreateHistogram<double>("test_loop_seconds", "s", "d").Record(0.3, Tag("loop", "settle"));
        meter.CreateObservableGauge("test_ratio", () => 0.998, null, "d");
        meter.CreateObservableGauge("test_leases", () => new[] { new Measurement<long>(2, Tag("phase", "Running")), new(1, Tag("phase", "Closing")) }, null, "d");

        var text = exporter.Scrape();

        var (exit, output) = await PromtoolAsync(text);
        Assert.True(exit == 0, $"{output}\n{text}");
        Assert.Empty(output.Trim());
        Assert.Contains("test_leases{phase=\"Running\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("test_ratio 0.998\n", text, StringComparison.Ordinal);
        Assert.Contains("federation_prometheus_queries_total{outcome=\"a \\\"b\\\"\\\\\\nc\"} 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promtool_OnBrokenText_Fails() => Assert.NotEqual(0, (await PromtoolAsync("federation_x{a=\"1} 2\n")).Exit);

    [Fact]
    public void Instrument_OfANameThatPrometheusDoesNotRead_IsRefusedWhereItIsMade()
    {
        using var exporter = new PrometheusExporter(["Test.Named"]);
        using var meter = new Meter("Test.Named");
        var refused = Assert.Throws<ArgumentException>(() => meter.CreateCounter<long>("test.requests"));
        Assert.Contains("'test.requests'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scrape_Histogram_IsCumulativeUpToItsCount()
    {
        using var exporter = new PrometheusExporter(["Test.Histogram"]);
        using var meter = new Meter("Test.Histogram");
        var histogram = meter.CreateHistogram("test_seconds", "s", "d", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2] });
        foreach (var value in new[] { 0.5, 1, 1.5, 9 }) histogram.Record(value);
        Assert.Contains(
            "test_seconds_bucket{le=\"1\"} 2\ntest_seconds_bucket{le=\"2\"} 3\ntest_seconds_bucket{le=\"+Inf\"} 4\ntest_seconds_sum 12\ntest_seconds_count 4\n",
            exporter.Scrape(), StringComparison.Ordinal);
    }

    [Fact]
    public void Scrape_ObservableNoLongerStated_IsGone()
    {
        using var exporter = new PrometheusExporter(["Test.Observable"]);
        using var meter = new Meter("Test.Observable");
        var phases = new List<Measurement<long>> { new(1, Tag("phase", "Running")) };
        meter.CreateObservableGauge("test_leases", () => phases);
        Assert.Contains("phase=\"Running\"", exporter.Scrape(), StringComparison.Ordinal);
        phases.Clear();
        Assert.DoesNotContain("phase=\"Running\"", exporter.Scrape(), StringComparison.Ordinal);
    }

    [Fact]
    public void Record_TooManyLabelSets_AreDroppedAndCounted()
    {
        using var exporter = new PrometheusExporter(["Test.Bound"], maxSeriesPerInstrument: 2);
        using var meter = new Meter("Test.Bound");
        var counter = meter.CreateCounter<int>("test_total");
        for (var i = 0; i < 5; i++) counter.Add(1, Tag("i", i));
        counter.Add(1, Tag("i", 0));
        var text = exporter.Scrape();
        Assert.Contains("test_total{i=\"0\"} 2\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("i=\"2\"", text, StringComparison.Ordinal);
        Assert.Contains("federation_metrics_dropped_total 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_FromManyThreads_LosesNothing()
    {
        using var exporter = new PrometheusExporter(["Test.Threads"]);
        using var meter = new Meter("Test.Threads");
        var counter = meter.CreateCounter<long>("test_total");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++) counter.Add(1, Tag("t", t % 2));
        })));
        var text = exporter.Scrape();
        Assert.Contains("test_total{t=\"0\"} 4000\n", text, StringComparison.Ordinal);
        Assert.Contains("test_total{t=\"1\"} 4000\n", text, StringComparison.Ordinal);
    }

    private static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);

    private static async Task<(int Exit, string Output)> PromtoolAsync(string text)
    {
        using var promtool = Process.Start(new ProcessStartInfo(Tools.Find("promtool"), ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var output = promtool.StandardOutput.ReadToEndAsync();
        var error = promtool.StandardError.ReadToEndAsync();
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, await output + await error);
    }
}
