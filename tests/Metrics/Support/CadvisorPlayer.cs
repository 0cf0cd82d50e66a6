using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Federation.Domain.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics.Tests.Support;

/// <summary>One row of cAdvisor's exposition, whose value grows (or swings) from scrape to scrape.</summary>
internal sealed record PlayedRow(string Metric, string Labels, Func<int, double?> At);

/// <summary>Serves cAdvisor rows with their own timestamps, as the kubelet does, and remembers what it served.</summary>
internal sealed class CadvisorPlayer(WebApplication app, IReadOnlyList<PlayedRow> rows) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<PlayedRow, List<UsageSample>> served = [];
    private readonly TaskCompletionSource played = new();
    private int scrapes;
    private int wanted = int.MaxValue;

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

    public IReadOnlyList<UsageSample> Served(PlayedRow row)
    {
        lock (served) return [.. served.GetValueOrDefault(row, [])];
    }

    /// <summary>Ends when so many scrapes were served from now on.</summary>
    public Task PlayedAsync(int count)
    {
        wanted = scrapes + count;
        return played.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

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
                    if (row.At(scrapes) is not { } value) continue;
                    text.Append(CultureInfo.InvariantCulture, $"{row.Metric}{{{row.Labels}}} {value} {now}\n");
                    served.GetOrAdd(row, _ => []).Add(new UsageSample(now, value));
                }
            }

            if (++scrapes >= wanted) played.TrySetResult();
        }

        return text.ToString();
    }
}
