using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Reconciling;

public sealed class DatacenterReporterTests
{
    private readonly FakeClock clock = new();
    private readonly InMemoryHolds holds = new();
    private readonly InMemoryCluster cluster = new(new PortGate()) { Datacenter = Quoting.QuoterTests.Datacenter };

    [Fact]
    public async Task NothingKnownOfTheChain_SaysSo_AndWritesOnce()
    {
        using var stop = new CancellationTokenSource();
        var health = new OperatorHealth(clock);
        var capacities = new CapacityReader(cluster, cluster, holds.Open(), health, FakeHasher.Instance, HoldLimits.Usual, clock);
        var running = new DatacenterReporter(cluster, capacities, holds.Open(), health, clock, NullLogger<DatacenterReporter>.Instance).RunAsync(TimeSpan.FromSeconds(10), stop.Token);
        for (var i = 0; i < 20; i++) clock.Advance(TimeSpan.FromSeconds(10));
        await WaitForReportAsync();
        Assert.Equal(1, cluster.Writes.Count);
        Assert.All(cluster.Report!.Conditions, c => Assert.Equal((ConditionStatus.False, "ChainUnavailable"), (c.Status, c.Reason)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private async Task WaitForReportAsync()
    {
        for (var i = 0; i < 1000 && cluster.Report is null; i++) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        Assert.NotNull(cluster.Report);
    }
}
