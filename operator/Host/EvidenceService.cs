using Federation.Application.Metering;

namespace Federation.Host;

/// <summary>Evidence that is owed is written as soon as it can be, whoever leads.</summary>
internal sealed class EvidenceService(EvidenceKeeper keeper, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Last = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => keeper.PayAsync(clock, Last, stoppingToken);
}
