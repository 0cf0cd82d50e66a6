using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Testing;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Tests.Metering;

/// <summary>Spools that do not answer are told of before anybody needs them.</summary>
public sealed class SpoolReporterTests : IDisposable
{
    private readonly FakeClock clock = new();
    private readonly SpoolMetrics metrics = new();
    private readonly Spools spools = new();
    private readonly Lines log = new();
    private readonly Scrape scrape;
    private readonly SpoolReporter reporter;

    public SpoolReporterTests() => (scrape, reporter) = (new Scrape(metrics.Meter), new SpoolReporter(spools, metrics, clock, log));

    public void Dispose()
    {
        scrape.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public async Task SpoolAway_IsCounted_AndSaidOnce_UntilItAnswersAgain()
    {
        Assert.Equal(0, scrape.Count("federation_spools"));
        Assert.Equal(TimeSpan.FromSeconds(30), await reporter.PassAsync(default));
        Assert.Equal((3, 0), Counted());
        Assert.Empty(log.Said);

        spools.Away = ["10.0.0.1"];
        for (var i = 0; i < 3; i++) Assert.Equal(TimeSpan.FromSeconds(10), await reporter.PassAsync(default));
        Assert.Equal((2, 1), Counted());
        var (level, said) = Assert.Single(log.Said);
        Assert.Equal((LogLevel.Warning, "1 of 3 spools do not answer, and what pods of their nodes use after their last scrape is not billed meanwhile: 10.0.0.1 is away"), (level, said));

        // As many as before, and another one.
        spools.Away = ["10.0.0.2"];
        await reporter.PassAsync(default);
        Assert.Contains("10.0.0.2 is away", log.Said[1].Text, StringComparison.Ordinal);

        spools.Away = [];
        Assert.Equal(TimeSpan.FromSeconds(30), await reporter.PassAsync(default));
        await reporter.PassAsync(default);
        Assert.Equal((3, 0), Counted());
        Assert.Equal([(LogLevel.Information, "All 3 spools answer again")], log.Said.Skip(2));
    }

    [Fact]
    public async Task ManyAway_AreAllCounted_AndTheFirstOnesNamed()
    {
        spools.All = 40;
        spools.Away = [.. Enumerable.Range(1, 30).Select(i => $"10.0.0.{i}")];
        await reporter.PassAsync(default);
        Assert.Equal((10, 30), Counted());
        Assert.EndsWith("10.0.0.5 is away; and 25 more", Assert.Single(log.Said).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LookThatFails_IsTriedAgain_AndWhatWasCountedStands()
    {
        spools.Away = ["10.0.0.1"];
        await reporter.PassAsync(default);
        spools.Error = new InvalidOperationException("No such thing.");
        Assert.Equal(TimeSpan.FromSeconds(10), await reporter.PassAsync(default));
        Assert.Equal((2, 1), Counted());
        Assert.EndsWith("No such thing.", log.Said[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TermThatIsOver_ShowsNothing()
    {
        using var stop = new CancellationTokenSource();
        var running = reporter.RunAsync(stop.Token);
        Assert.Equal((3, 0), Counted());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(0, scrape.Count("federation_spools"));
    }

    private (double Answering, double Away) Counted()
    {
        Assert.Equal(2, scrape.Count("federation_spools"));
        return (scrape.Now("federation_spools{answering}"), scrape.Now("federation_spools{away}"));
    }

    private sealed class Spools : ISpoolProbe
    {
        public int All { get; set; } = 3;

        public string[] Away { get; set; } = [];

        public Exception? Error { get; set; }

        public Task<SpoolStanding> StandingAsync(CancellationToken cancellation) => Error is { } error
            ? Task.FromException<SpoolStanding>(error)
            : Task.FromResult(new SpoolStanding(All - Away.Length, [.. Away.Select(a => new AwaySpool(a, $"{a} is away"))]));
    }

    private sealed class Lines : ILogger<SpoolReporter>
    {
        public List<(LogLevel Level, string Text)> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Said.Add((logLevel, formatter(state, exception)));
    }
}
