namespace Federation.Host;

/// <summary>
/// Gives memory back that a burst has left behind: at the start of a term, when leases come, when informers list again. The collector
/// itself keeps what it once took, and a quiet operator allocates too little for it to look again for hours.
/// </summary>
internal static class HeapKeeper
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Collects whenever <see cref="HeapRule"/> says so.</summary>
    public static async Task RunAsync(TimeProvider clock, CancellationToken cancellation)
    {
        var (rule, before) = (new HeapRule(), 0L);
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            var allocated = GC.GetTotalAllocatedBytes();
            var lately = allocated - before;
            before = allocated;
            if (!rule.IsDue(Committed, lately)) continue;
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            NativeHeap.Trim();
            rule.Collected(Committed, lately);
        }
    }

    // As of the last collection, whichever that was.
    private static long Committed => GC.GetGCMemoryInfo().TotalCommittedBytes;
}
