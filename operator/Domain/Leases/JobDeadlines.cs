namespace Federation.Domain.Leases;

/// <summary>Deadlines of jobs that their controller has forgotten.</summary>
internal static class JobDeadlines
{
    // A controller that has not forgotten one is done with it by then.
    private const long PatienceMs = 15_000;

    /// <summary>Those that are over, each to be reminded of.</summary>
    public static IEnumerable<LeaseEffect> Reminders(LeaseObservation seen) =>
        Open(seen).Where(i => i.DeadlineMs + PatienceMs <= seen.NowMs).Select(i => new RemindJob(seen.View.Id, i.Name, seen.NowMs));

    /// <summary>Unix milliseconds when the next is to be looked at; null when there is none.</summary>
    public static long? NextMs(LeaseObservation seen) => Open(seen).Select(i => (long?)(i.DeadlineMs + PatienceMs)).Min();

    private static IEnumerable<ItemFact> Open(LeaseObservation seen) =>
        seen.Cluster.NamespaceTerminating ? [] : seen.Cluster.Items.Where(i => i is { DeadlineMs: > 0, IsOver: false, IsSuspended: false });
}
