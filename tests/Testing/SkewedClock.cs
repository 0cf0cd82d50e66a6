namespace Federation.Testing;

/// <summary>The clock of a machine that somebody sets: the time that passes is the other one's, the time that it tells is not.</summary>
public sealed class SkewedClock(TimeProvider inner) : TimeProvider
{
    /// <summary>By how much it is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Ahead;

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
}
