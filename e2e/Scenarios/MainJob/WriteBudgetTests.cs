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
        var opening = Writes(lease).Where(at => at <= running).ToArray();
        // One that waits long for its pod has windows meanwhile.
        var most = Most + (2 * Math.Max(0, (int)((running - opening.Min()) / FederationStage.Epoch) - 1));
        Assert.True(opening.Length <= most, $"{opening.Length} writes for a new lease in {(running - opening.Min()).TotalSeconds:0.0} s; at most {most} are allowed");

        await Task.Delay(4 * FederationStage.Epoch, TimeProvider.System, TestContext.Current.CancellationToken);
        var windows = (int)Math.Ceiling((TimeProvider.System.GetUtcNow() - running) / FederationStage.Epoch);
        var idle = Writes(lease).Where(at => at > running).ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine($"opening {opening.Length}; then {string.Join(" ", idle.Select(at => (at - running).TotalSeconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)))}");
        // A window's usage is durable before it is settled, and what the chain then says is shown: two writes per window.
        Assert.True(idle.Length <= 2 * (windows + 1), $"{idle.Length} writes in {windows} windows");
        await lease.CloseAsync();
    }

    private static DateTimeOffset[] Writes(TenantLease lease) => [.. DemoFigures.WritesOf(lease.Demo)];
}
