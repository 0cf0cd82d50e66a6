using Federation.Kubernetes.Client;

namespace Federation.Kubernetes.Leadership;

/// <summary>
/// One term of leading. Whether it still runs is computed from the clock at every question and never remembered:
/// a process that was stopped and wakes up knows at once, before any timer had a chance to run.
/// </summary>
public sealed class LeadershipTerm : IWriteFence, IDisposable
{
    private readonly TimeProvider time;
    private readonly TimeSpan deadline;
    private readonly CancellationTokenSource lost = new();
    private (long Ticks, DateTimeOffset Wall) renewed;
    private readonly Lock guard = new();
    private bool ended;

    internal LeadershipTerm(TimeProvider time, TimeSpan deadline, long epoch, long renewedTicks, DateTimeOffset renewedWall)
    {
        (this.time, this.deadline, Epoch) = (time, deadline, epoch);
        renewed = (renewedTicks, renewedWall);
        LeadershipLost = lost.Token;
    }

    /// <summary>Grows from term to term, over all candidates: write it down with an effect to tell old from new.</summary>
    public long Epoch { get; }

    /// <summary>Cancelled when the term ends. It follows from a timer: ask <see cref="IsLeader"/> right before an effect.</summary>
    public CancellationToken LeadershipLost { get; }

    /// <summary>True until the renew deadline after the start of the last successful renewal.</summary>
    public bool IsLeader => Remaining > TimeSpan.Zero;

    /// <summary>How long this is still certain without another renewal.</summary>
    public TimeSpan Remaining
    {
        get
        {
            lock (guard)
            {
                if (ended)
                {
                    return TimeSpan.Zero;
                }

                // The monotonic clock stands still while a machine is suspended, the wall clock does not.
                var steady = time.GetElapsedTime(renewed.Ticks);
                var wall = time.GetUtcNow() - renewed.Wall;
                var left = deadline - (steady > wall ? steady : wall);
                ended = left <= TimeSpan.Zero;
                return ended ? TimeSpan.Zero : left;
            }
        }
    }

    public void ThrowIfLost()
    {
        if (!IsLeader)
        {
            throw new LeadershipLostException();
        }
    }

    public void Dispose() => lost.Dispose();

    /// <returns>False when the term had ended before: it cannot be revived, only a new one begun.</returns>
    internal bool Renew(long ticks, DateTimeOffset wall)
    {
        if (!IsLeader)
        {
            return false;
        }

        lock (guard)
        {
            renewed = (ticks, wall);
            return !ended;
        }
    }

    internal void End()
    {
        lock (guard)
        {
            ended = true;
        }

        lost.Cancel();
    }

    /// <summary>Tells the work to stop while the term still runs, so that it can end in good order.</summary>
    internal void Announce() => lost.Cancel();
}
