using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Metering;

/// <summary>Looks whether what leases use could be measured, also where nothing runs that would miss it: else no more of it is sold.</summary>
/// <param name="patience">For how long the store may be away before nothing new is promised.</param>
/// <param name="isSpooled">The nodes keep processor and memory themselves meanwhile: leases are sold on.</param>
public sealed class MeterWatch(IMeterProbe probe, OperatorHealth health, TimeSpan patience, bool isSpooled, TimeProvider clock, ILogger<MeterWatch> log)
{
    public const string Type = "MetersReadable";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    // One that is away is asked sooner: it may be back, and leases be sold again.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    private long failingSince;

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true) await Task.Delay(await PassAsync(cancellation), clock, cancellation);
    }

    /// <summary>Looks once.</summary>
    /// <returns>How long to wait before the next time.</returns>
    public async Task<TimeSpan> PassAsync(CancellationToken cancellation)
    {
        var fault = await LookAsync(cancellation);
        var before = health.Meters;
        if (fault is null) failingSince = 0;
        else if (failingSince == 0) failingSince = clock.GetTimestamp();
        health.MetersSeen(new MeterStanding(fault, !isSpooled && fault is not null && clock.GetElapsedTime(failingSince) >= patience, isSpooled));
        if (fault is not null && before?.Fault is null) log.LogWarning("What leases use cannot be measured now: {Fault}", fault);
        if (fault is null && before?.Fault is not null) log.LogInformation("What leases use can be measured again");
        return fault is null ? Interval : Retry;
    }

    internal static LeaseCondition Judge(MeterStanding standing) => standing switch
    {
        { Fault: { } fault, IsSpooled: true } => new LeaseCondition(Type, ConditionStatus.False, "SourceUnavailable", $"{fault} The nodes' spools have processor and memory meanwhile."),
        { Fault: { } fault } => new LeaseCondition(Type, ConditionStatus.False, "SourceUnavailable", $"{fault} Leases that run go on, and are billed when it can be read again, as far as it was measured; if it lasts, no new ones are taken."),
        _ => new LeaseCondition(Type, ConditionStatus.True, "Reading", "The store has the kubelets' series of processor and memory."),
    };

    internal static QuoteRefusal? Refusal(MeterStanding? standing) => standing is { Stops: true }
        ? new QuoteRefusal(QuoteReasons.MetersUnavailable, "This datacenter cannot measure what a lease would use now; ask another one, or this one later.")
        : null;

    private async Task<string?> LookAsync(CancellationToken cancellation)
    {
        try
        {
            return await probe.FaultAsync(cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            return error.Message;
        }
    }
}

/// <param name="Fault">Why what leases use cannot be read; null when it can.</param>
/// <param name="Stops">It has been so for long enough that nothing new is promised.</param>
/// <param name="IsSpooled">The nodes keep it meanwhile.</param>
public sealed record MeterStanding(string? Fault, bool Stops, bool IsSpooled);
