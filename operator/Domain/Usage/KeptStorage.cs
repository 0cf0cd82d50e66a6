namespace Federation.Domain.Usage;

/// <summary>A volume that is kept while nothing runs on it. The UID stands for its whole life: seen twice, it was there in between.</summary>
public sealed record KeptVolume(string Uid, uint MiB);

/// <summary>Storage without a pod: no sample proves it, so it is billed by the volumes themselves, for the time in which no pod was there to bill it by.</summary>
public static class KeptStorage
{
    /// <summary>From when to when volumes count by themselves in the window that was just folded; nothing when both are the same.</summary>
    /// <param name="before">End of the last window, unix milliseconds.</param>
    /// <param name="fromMs">Since when nothing runs.</param>
    /// <param name="untilMs">When something may run again.</param>
    public static (long FromMs, long UntilMs) Span(long before, UsagePosition folded, long fromMs, long untilMs)
    {
        var end = Math.Min(folded.ThroughMs, untilMs);
        // A pod that was gone by the cluster's word and went on by its samples has billed its volumes up to the last of them.
        var measured = folded.Series.Where(s => s.AtMs <= end).Select(s => s.AtMs).DefaultIfEmpty(0).Max();
        var start = Math.Max(Math.Max(before, fromMs), measured);
        return start < end ? (start, end) : (end, end);
    }

    public static UsagePosition Add(UsagePosition folded, IEnumerable<KeptVolume> volumes, (long FromMs, long UntilMs) span) => folded with
    {
        StorageMiBMs = folded.StorageMiBMs + (UInt128)volumes.Sum(v => (long)v.MiB) * (UInt128)(span.UntilMs - span.FromMs),
    };
}
