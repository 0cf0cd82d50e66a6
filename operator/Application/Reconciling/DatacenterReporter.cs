using Federation.Application.Ports;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Reconciling;

/// <summary>Keeps the Datacenter's status true: what the operator knows of the chain, and whether it can work.</summary>
public sealed class DatacenterReporter(IDatacenterStore datacenters, OperatorHealth health, TimeProvider clock, ILogger<DatacenterReporter> log)
{
    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(interval, clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                if (await datacenters.ReadAsync(cancellation) is { } datacenter) await datacenters.WriteStatusAsync(datacenter, Report(), cancellation);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                log.LogWarning("The Datacenter's status could not be written: {Error}", error.Message);
            }
        }
    }

    private DatacenterReport Report()
    {
        var head = health.Head;
        var lag = head is null ? 0 : Math.Max(0, clock.GetUtcNow().ToUnixTimeSeconds() - head.ConfirmedTime);
        LeaseCondition[] conditions =
        [
            health.ChainError is { } error
                ? new LeaseCondition("ChainReachable", ConditionStatus.False, "ChainUnavailable", error)
                : new LeaseCondition("ChainReachable", ConditionStatus.True, "Reading", "The chain is read at the configured depth."),
            health.ChainError is { } cause
                ? new LeaseCondition("Ready", ConditionStatus.False, "ChainUnavailable", $"Workloads go on; nothing is opened or ended. {cause}")
                : new LeaseCondition("Ready", ConditionStatus.True, "Serving", "Leases are reconciled."),
        ];
        return new DatacenterReport(conditions, head?.Latest ?? 0, head?.Finalized ?? 0, lag, health.Leases, health.Earned);
    }
}
