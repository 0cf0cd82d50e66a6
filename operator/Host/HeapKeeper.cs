namespace Federation.Host;

/// <summary>
/// Gives memory back that lists of everything have left behind: at the start of a term, when informers list again, after a burst.
/// A quiet operator allocates too little for the collector to look at it by itself for hours.
/// </summary>
internal static class HeapKeeper
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Collects whenever the heap has grown by a tenth since the last time.</summary>
    public static async Task RunAsync(TimeProvider clock, CancellationToken cancellation)
    {
        var kept = 0L;
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (Committed * 10 <= kept * 11) continue;
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            NativeHeap.Trim();
            kept = Committed;
        }
    }

    private static long Committed => GC.GetGCMemoryInfo().TotalCommittedBytes;
}
