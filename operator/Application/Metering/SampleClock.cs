using Federation.Application.Ports;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Metering;

/// <summary>
/// This machine's clock as long as it agrees with the clock that samples are stamped by, and that one when it does not: a window
/// that is cut by another clock ends before its samples come, or leaves the last ones out. Between two readings time runs by the
/// monotonic clock, so that a jump of this machine's time moves nothing.
/// </summary>
public sealed class SampleClock(TimeProvider own, ILogger<SampleClock> log) : TimeProvider
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(30);

    // Less than this is the way of the answer; windows wait longer for their samples anyway.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    private volatile Reading? last;
    private bool differs;

    public override long TimestampFrequency => own.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => own.LocalTimeZone;

    public override DateTimeOffset GetUtcNow()
    {
        var now = own.GetUtcNow();
        if (last is not { } seen) return now;
        var there = seen.Time + own.GetElapsedTime(seen.At);
        return (now - there).Duration() <= Tolerance ? now : there;
    }

    public override long GetTimestamp() => own.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => own.CreateTimer(callback, state, dueTime, period);

    /// <summary>Compares now. Where the store cannot be read, what was known of it before still holds.</summary>
    public async Task CompareAsync(ISampleTime samples, CancellationToken cancellation)
    {
        try
        {
            // It was true at some time while it was asked for: the latest moment is taken, which no sample is past.
            var time = await samples.ReadTimeAsync(cancellation);
            last = new Reading(time, own.GetTimestamp());
            Tell(own.GetUtcNow() - time);
        }
        catch (UsageUnavailableException error)
        {
            log.LogDebug("The clock of the samples could not be read: {Error}", error.Message);
        }
    }

    /// <summary>Compares now and then, until cancelled.</summary>
    public Task FollowAsync(ISampleTime samples, CancellationToken cancellation) => Periodic.RunAsync(
        ReadEvery, own, c => CompareAsync(samples, c), e => log.LogWarning("The clock of the samples could not be compared: {Error}", e.Message), cancellation);

    private void Tell(TimeSpan ahead)
    {
        var now = ahead.Duration() > Tolerance;
        if (now == differs) return;
        differs = now;
        if (now) log.LogWarning("This machine's clock is {Seconds} s ahead of the clock that samples are stamped by, and is not used until they agree: set both by the same time servers.", (long)ahead.TotalSeconds);
        else log.LogInformation("This machine's clock agrees with that of the samples again.");
    }

    private sealed record Reading(DateTimeOffset Time, long At);
}
