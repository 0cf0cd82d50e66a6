namespace Federation.Kubernetes.Queueing;

/// <summary>Growing pauses between attempts, capped in length and never in number.</summary>
/// <param name="First">Pause after the first failure.</param>
/// <param name="Cap">Longest pause.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Cap)
{
    /// <summary>Half a second, doubling up to five minutes.</summary>
    public static Backoff Default { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5));

    /// <summary>The pause after a number of failures: between half of the grown pause and all of it.</summary>
    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="random">In [0, 1): spreads those that failed together.</param>
    public TimeSpan After(int failures, double random)
    {
        // In seconds, because a TimeSpan would overflow long before the cap is applied.
        var grown = First.TotalSeconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 60));
        var whole = TimeSpan.FromSeconds(Math.Min(grown, Cap.TotalSeconds));
        return whole * (0.5 + (random / 2));
    }

    /// <inheritdoc cref="After(int, double)"/>
#pragma warning disable CA5394 // Spreading load needs no secrecy.
    public TimeSpan After(int failures) => After(failures, Random.Shared.NextDouble());
#pragma warning restore CA5394
}
