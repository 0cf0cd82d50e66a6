using Federation.Domain.Leases;
using Federation.Harness.Demo;

namespace Federation.Scenarios.MainJob;

/// <summary>What a lease costs the API server, by its own audit log.</summary>
[Collection(MainJobCollection.Name)]
public sealed class WriteBudgetTests(MainJobFixture fixture)
{
    private const int Most = 12;

    [Fact]
    public async Task NewLease_TakesAtMostTwelveWrites_AndAnIdleOneIsWrittenOncePerWindowAndSettlement()
    {
        var lease = await fixture.OpenAsync("budget", Workloads.Web);
        var running = TimeProvider.System.GetUtcNow();
        var opening = Writes(lease).Count(at => at <= running);
        Assert.True(opening <= Most, $"{opening} writes for a new lease; at most {Most} are allowed");

        const int windows = 4;
        await Task.Delay(windows * FederationStage.Epoch, TimeProvider.System, TestContext.Current.CancellationToken);
        var idle = Writes(lease).Where(at => at > running).ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine($"opening {opening}; then {string.Join(" ", idle.Select(at => (at - running).TotalSeconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)))}");
        // A window's usage is durable before it is settled, and what the chain then says is shown: two writes per window.
        Assert.True(idle.Length <= 2 * (windows + 1), $"{idle.Length} writes in {windows} windows");
        await lease.CloseAsync();
    }

    private static DateTimeOffset[] Writes(TenantLease lease) => [.. DemoFigures.WritesOf(lease.Demo)];
}
