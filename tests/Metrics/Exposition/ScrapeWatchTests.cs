using Federation.Metrics.Exposition;
using Federation.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics.Tests.Exposition;

/// <summary>Whether anybody reads the page is known by who serves it.</summary>
public sealed class ScrapeWatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task PageThatIsRead_IsScraped_UntilNobodyReadsItAnyMore()
    {
        var clock = new FakeClock();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(clock).AddMetricsExporter();
        await using var app = builder.Build();
        app.MapMetrics();
        app.MapGet("/healthz", () => "ok");
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var watch = app.Services.GetRequiredService<ScrapeWatch>();

        // What has just begun cannot tell, and who asks for something else scrapes nothing.
        await http.GetStringAsync("healthz", TestContext.Current.CancellationToken);
        clock.Advance(Patience - TimeSpan.FromSeconds(1));
        Assert.Null(watch.IsScraped(Patience));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(watch.IsScraped(Patience));

        for (var i = 0; i < 3; i++)
        {
            Assert.Contains("federation_metrics_dropped_total", await http.GetStringAsync("metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
            clock.Advance(Patience - TimeSpan.FromSeconds(1));
            Assert.True(watch.IsScraped(Patience));
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(watch.IsScraped(Patience));
    }

    [Fact]
    public void FirstScrape_IsKnownAtOnce()
    {
        var watch = new ScrapeWatch(new FakeClock());
        watch.Seen();
        Assert.True(watch.IsScraped(Patience));
    }
}
