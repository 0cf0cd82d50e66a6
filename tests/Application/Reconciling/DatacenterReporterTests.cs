using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Reconciling;

public sealed class DatacenterReporterTests
{
    private readonly FakeClock clock = new();
    private readonly InMemoryCluster cluster = new(new PortGate()) { Datacenter = Quoting.QuoterTests.Datacenter };

    [Fact]
    public async Task NothingKnownOfTheChain_SaysSo_AndWritesOnce()
    {
        using var stop = new CancellationTokenSource();
        var running = new DatacenterReporter(cluster, new OperatorHealth(clock), clock, NullLogger<DatacenterReporter>.Instance).RunAsync(TimeSpan.FromSeconds(10), stop.Token);
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
