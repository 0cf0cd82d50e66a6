namespace Federation.Metrics.Exposition;

/// <summary>When somebody last asked for this program's metrics, from when this is made.</summary>
public sealed class ScrapeWatch(TimeProvider clock)
{
    private const long Never = long.MinValue;

    private readonly long started = clock.GetTimestamp();
    private long last = Never;

    internal void Seen() => Interlocked.Exchange(ref last, clock.GetTimestamp());

    /// <returns>Whether it was within that time; null while the program has not run for as long and nobody has.</returns>
    public bool? IsScraped(TimeSpan patience)
    {
        var seen = Interlocked.Read(ref last);
        if (seen != Never) return clock.GetElapsedTime(seen) < patience;
        return clock.GetElapsedTime(started) < patience ? null : false;
    }
}
