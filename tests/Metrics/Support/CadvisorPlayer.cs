using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Federation.Domain.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics.Tests.Support;

/// <summary>One row of cAdvisor's exposition, whose value grows (or swings) from step to step.</summary>
internal sealed record PlayedRow(string Metric, string Labels, Func<int, double?> At);

/// <summary>
/// Serves cAdvisor rows with their own timestamps, as the kubelet does, and remembers what it served. A store drops a scrape that took
/// too long, as one may on a busy machine: each bears its number, those that the store lacks were never served, and the next step
/// comes when it has the one before.
/// </summary>
internal sealed class CadvisorPlayer(WebApplication app, IReadOnlyList<PlayedRow> rows) : IAsyncDisposable
{
    private const string Numbers = "played_scrape";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Dictionary<PlayedRow, List<(int Scrape, UsageSample Sample)>> served = [];
    private readonly DateTimeOffset started = TimeProvider.System.GetUtcNow();
    private readonly List<int> steps = [];
    private HashSet<int> kept = [];
    private int step;

    public string Address => new Uri(app.Urls.First()).Authority;

    public static async Task<CadvisorPlayer> StartAsync(IReadOnlyList<PlayedRow> rows)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var player = new CadvisorPlayer(app, rows);
        app.MapGet("/metrics/cadvisor", () => Results.Text(player.Play(), "text/plain; version=0.0.4"));
        await app.StartAsync();
        return player;
    }

    /// <summary>What the store had when it was played.</summary>
    public IReadOnlyList<UsageSample> Served(PlayedRow row)
    {
        lock (served) return [.. served.GetValueOrDefault(row, []).Where(s => kept.Contains(s.Scrape)).Select(s => s.Sample)];
    }

    /// <summary>Ends when the store has so many steps.</summary>
    public async Task PlayedAsync(int count, PrometheusProcess store)
    {
        using var http = new HttpClient { BaseAddress = store.Url };
        while (step < count)
        {
            Assert.True(TimeProvider.System.GetUtcNow() - started < Patience, $"{step} of {count} steps are in the store, {steps.Count} scrapes were served");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
            var numbers = await NumbersAsync(http);
            lock (served) (kept, step) = (numbers, numbers.Select(n => steps[n] + 1).DefaultIfEmpty().Max());
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    // Piece by piece: a store may be told to load few samples at once.
    private async Task<HashSet<int>> NumbersAsync(HttpClient http)
    {
        const int Piece = 4;
        var found = new HashSet<int>();
        for (var end = started.ToUnixTimeSeconds() + Piece; end < TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + Piece; end += Piece)
        {
            var answer = await http.GetFromJsonAsync<JsonElement>($"api/v1/query?query={Numbers}[{Piece + 1}s]&time={end}", TestContext.Current.CancellationToken);
            foreach (var series in answer.GetProperty("data").GetProperty("result").EnumerateArray())
                foreach (var sample in series.GetProperty("values").EnumerateArray())
                    found.Add(int.Parse(sample[1].GetString()!, CultureInfo.InvariantCulture));
        }

        return found;
    }

    private string Play()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var text = new StringBuilder();
        lock (served)
        {
            foreach (var group in rows.GroupBy(r => r.Metric))
            {
                text.Append(CultureInfo.InvariantCulture, $"# TYPE {group.Key} {(group.Key.EndsWith("_total", StringComparison.Ordinal) ? "counter" : "gauge")}\n");
                foreach (var row in group)
                {
                    if (row.At(step) is not { } value) continue;
                    text.Append(CultureInfo.InvariantCulture, $"{row.Metric}{{{row.Labels}}} {value} {now}\n");
                    if (!served.TryGetValue(row, out var samples)) served.Add(row, samples = []);
                    samples.Add((steps.Count, new UsageSample(now, value)));
                }
            }

            text.Append(CultureInfo.InvariantCulture, $"# TYPE {Numbers} gauge\n{Numbers} {steps.Count} {now}\n");
            steps.Add(step);
        }

        return text.ToString();
    }
}
