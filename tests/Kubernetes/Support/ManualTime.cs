namespace Federation.Kubernetes.Tests.Support;

/// <summary>A clock that goes on only when told; its monotonic and wall hands can be moved apart.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock guard = new();
    private readonly List<ManualTimer> timers = [];
    private DateTimeOffset wall = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long ticks = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref ticks);

    public override DateTimeOffset GetUtcNow() => wall;

    public void Advance(TimeSpan by)
    {
        wall += by;
        Interlocked.Add(ref ticks, by.Ticks);
        List<ManualTimer> due;
        lock (guard)
        {
            due = [.. timers.Where(timer => timer.Due is { } at && at <= ticks)];
        }

        due.ForEach(timer => timer.Fire());
    }

    /// <summary>What a suspended machine sees: the wall clock went on, the monotonic one did not.</summary>
    public void AdvanceWallOnly(TimeSpan by) => wall += by;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (guard)
        {
            timers.Add(timer);
        }

        return timer;
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public long? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? null : time.GetTimestamp() + dueTime.Ticks;
            return true;
        }

        public void Fire()
        {
            Due = null;
            callback(state);
        }

        public void Dispose() => Due = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
