namespace Federation.Cluster.Requests;

/// <summary>
/// How far this machine's clock is from the chain's. A block says what the time was when it was made: of a chain with a block a minute
/// the newest one is half a minute old as a rule, and no clock is wrong. So it is looked at when a block is first seen, and of some
/// blocks the one that was seen the soonest counts.
/// </summary>
internal sealed class ChainClock(TimeProvider clock)
{
    private const int Blocks = 8;

    private readonly Lock reading = new();
    private readonly Queue<(long Block, long SeenAt)> seen = new();
    private long newest = long.MinValue;

    /// <summary>The chain is at this block's time; unix seconds.</summary>
    public void Hear(long chainTime)
    {
        lock (reading)
        {
            if (chainTime <= newest) return;
            newest = chainTime;
            seen.Enqueue((chainTime, clock.GetTimestamp()));
            if (seen.Count > Blocks) seen.Dequeue();
        }
    }

    /// <summary>Whether this machine's clock is further than that from what was heard.</summary>
    public bool IsOffBy(TimeSpan tolerance)
    {
        lock (reading)
        {
            var now = clock.GetUtcNow();
            // What the clock of now would have said then: one that was set meanwhile is judged at once.
            return seen.Count > 0 && seen.Min(s => now - clock.GetElapsedTime(s.SeenAt) - DateTimeOffset.FromUnixTimeSeconds(s.Block)).Duration() > tolerance;
        }
    }
}
