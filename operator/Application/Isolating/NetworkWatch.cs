using Federation.Application.Ports;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Isolating;

/// <summary>Finds out whether the cluster's network keeps leases apart: when a term begins, and every some hours, for networks get replaced.</summary>
/// <param name="probe">Null: none is configured.</param>
/// <param name="interval">From one answer to the next question.</param>
public sealed class NetworkWatch(INetworkProbe? probe, TimeSpan interval, TimeProvider clock, ILogger<NetworkWatch> log)
{
    // No answer is tried for again sooner: the image may be there by then.
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(5);

    private volatile LeaseCondition? found = probe is null ? NetworkPolicyRules.NotConfigured : null;

    /// <summary>What this term found; null before it has tried.</summary>
    public LeaseCondition? Found => found;

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true) await Task.Delay(await PassAsync(cancellation), clock, cancellation);
    }

    /// <summary>Probes once.</summary>
    /// <returns>How long to wait before the next time.</returns>
    public async Task<TimeSpan> PassAsync(CancellationToken cancellation)
    {
        if (probe is null) return interval;
        try
        {
            found = NetworkPolicyRules.Judge(await probe.ProbeAsync(cancellation));
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            found = NetworkPolicyRules.Failed(error.Message);
        }

        log.Log(found.Status == ConditionStatus.True ? LogLevel.Information : LogLevel.Warning, "{Condition}: {Reason}: {Message}", found.Type, found.Reason, found.Message);
        return found.Status == ConditionStatus.Unknown && Retry < interval ? Retry : interval;
    }
}
