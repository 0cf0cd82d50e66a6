using System.Diagnostics;
using System.Globalization;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Tests.Support;

/// <summary>A series of an exporter, by the second of the hour; null where it shows none.</summary>
internal sealed record HourRow(string Metric, string Labels, Func<int, double?> At)
{
    /// <summary>Of the hour, when it was first scraped; then every 30 s.</summary>
    public int First { get; init; }
}

/// <summary>An hour of scrapes, each half a minute, in a real Prometheus: written as its own blocks, so that times are exact and nobody waits.</summary>
internal sealed class StoredRows : IAsyncDisposable
{
    public const int ScrapeSeconds = 30;

    public const int HourSeconds = 3600;

    private const int BlockSeconds = 7200;

    private readonly PrometheusProcess prometheus;
    private readonly HttpClient http = new();

    private StoredRows(PrometheusProcess prometheus, long start) => (this.prometheus, StartMs) = (prometheus, start * 1000);

    /// <summary>Of the hour, unix milliseconds.</summary>
    public long StartMs { get; }

    public long EndMs => StartMs + (HourSeconds * 1000);

    public Uri Url => prometheus.Url;

    public static async Task<StoredRows> OpenAsync(params HourRow[] rows)
    {
        var folder = Directory.CreateTempSubdirectory("federation-hour-");
        // The whole hour is in one block, and long enough ago.
        var start = ((TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / BlockSeconds) - 2) * BlockSeconds;
        var text = Path.Combine(folder.FullName, "samples.txt");
        await File.WriteAllLinesAsync(text, rows.SelectMany(r => Lines(r, start * 1000, "")).Append("# EOF"));
        await StoreAsync(text, Path.Combine(folder.FullName, "data"));
        return new StoredRows(await PrometheusProcess.ServeAsync(folder), start);
    }

    /// <summary>An exporter's lines, with their times in seconds.</summary>
    /// <param name="fraction">Digits that make another unit of them.</param>
    public static IEnumerable<string> Lines(HourRow row, long startMs, string fraction)
    {
        for (var second = row.First; second <= HourSeconds; second += ScrapeSeconds)
            if (row.At(second) is { } value) yield return string.Create(CultureInfo.InvariantCulture, $"{row.Metric}{{{row.Labels}}} {value} {(startMs / 1000) + second}{fraction}");
    }

    /// <summary>What a query comes to at the hour's end; null when it comes to nothing.</summary>
    public async Task<double?> AskAsync(string query)
    {
        var client = new PrometheusClient(http, new PrometheusOptions { AnyJob = true, Url = Url }, TimeProvider.System);
        var series = (await client.QueryAsync(query, EndMs, TestContext.Current.CancellationToken)).Series;
        return series.Count == 0 ? null : Assert.Single(Assert.Single(series).Samples).Value;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await prometheus.DisposeAsync();
    }

    private static async Task StoreAsync(string text, string data)
    {
        using var promtool = Process.Start(new ProcessStartInfo(Tools.Find("promtool"), ["tsdb", "create-blocks-from", "openmetrics", text, data]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.WaitForExitAsync();
        if (promtool.ExitCode != 0) throw new InvalidOperationException($"promtool stored nothing: {await output}{await error}");
    }
}
