using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Reconciling;

/// <summary>Keeps the Datacenter's status true: what the operator knows of the chain, and whether it can work.</summary>
public sealed class DatacenterReporter(
    IDatacenterStore datacenters, CapacityReader capacities, IHoldStore holds, OperatorHealth health, TimeProvider clock, ILogger<DatacenterReporter> log)
{
    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(interval, clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                await PassAsync(cancellation);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                log.LogWarning("The Datacenter's status could not be written: {Error}", error.Message);
            }
        }
    }

    /// <summary>Holds that have ended go, then the status is written; each only when there is something to write.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        var view = await capacities.ReadAsync(fresh: false, cancellation);
        // A quote in between has dropped them with its own write; if not, the next pass does.
        if (view is { HasEnded: true }) await holds.TryWriteAsync(view.Stored, view.Kept, cancellation);
        if (await datacenters.ReadAsync(cancellation) is { } datacenter)
            await datacenters.WriteStatusAsync(datacenter, Report() with { Capacity = view?.Book.Classes() }, cancellation);
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
