namespace Federation.Testing;

/// <summary>Time that the test moves; timers fire while it moves, in their order.</summary>
public sealed class FakeClock(long startMs = FakeClock.StartMs) : TimeProvider
{
    /// <summary>A whole second, so that block times and milliseconds agree.</summary>
    public const long StartMs = 1_800_000_000_000;

    private readonly Lock gate = new();
    private readonly List<Timer> timers = [];
    private readonly long origin = startMs - 1_000_000;
    private long nowMs = startMs;

    public long NowMs => Interlocked.Read(ref nowMs);

    public long NowSeconds => NowMs / 1000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);

    public override long TimestampFrequency => 1000;

    // Like a machine's, of no known beginning: who mixes it with the time of day sees it.
    public override long GetTimestamp() => NowMs - origin;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        lock (gate) timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var target = NowMs + (long)by.TotalMilliseconds;
        while (NextDue(target) is { } next)
        {
            Interlocked.Exchange(ref nowMs, Math.Max(NowMs, next.DueMs));
            next.Fire();
        }

        Interlocked.Exchange(ref nowMs, target);
    }

    private Timer? NextDue(long target)
    {
        lock (gate) return timers.Where(t => t.DueMs <= target).MinBy(t => t.DueMs);
    }

    private sealed class Timer(FakeClock clock, TimerCallback callback, object? state) : ITimer
    {
        private long periodMs = long.MaxValue;

        public long DueMs { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            DueMs = dueTime < TimeSpan.Zero ? long.MaxValue : clock.NowMs + (long)Math.Ceiling(dueTime.TotalMilliseconds);
            periodMs = period <= TimeSpan.Zero ? long.MaxValue : (long)period.TotalMilliseconds;
            return true;
        }

        public void Fire()
        {
            DueMs = periodMs == long.MaxValue ? long.MaxValue : DueMs + periodMs;
            callback(state);
        }

        public void Dispose()
        {
            lock (clock.gate) clock.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
