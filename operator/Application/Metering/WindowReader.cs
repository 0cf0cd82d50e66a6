using Federation.Application.Ports;
using Federation.Application.Telemetry;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Application.Metering;

/// <summary>Closes a lease's metering window when it is due: raw samples in, position and evidence out. The evidence is kept before anything says that the window is closed.</summary>
/// <param name="evidence">Null: nothing is kept.</param>
/// <param name="busy">Null: how busy devices were is not shown.</param>
/// <param name="calls">Null: nobody waits for a window.</param>
public sealed class WindowReader(IUsageSource source, IHasher hasher, UsageMetrics? metrics = null, EvidenceKeeper? evidence = null, IGpuBusySource? busy = null, WindowCalls? calls = null)
{
    // One window never asks for more than this: a long outage is read in pieces, one per look.
    private const long LongestWindowMs = 3_600_000;

    // What pods that came and went held is kept until a window is closed: where they are many, that is now, and not with the epoch.
    private const int MostUncounted = 240;

    private readonly EvidenceKeeper keeper = evidence ?? new EvidenceKeeper(hasher);

    /// <summary>The lease is looked at no more.</summary>
    internal void Forget(LeaseId id) => calls?.Forget(id);

    public async Task<MeteringNews> ReadAsync(LeaseView view, LeaseStatus status, ClusterFacts cluster, LeasePolicy policy, long nowMs, CancellationToken cancellation)
    {
        if (status.Usage is null && view.Confirmed.ActivatedAt == 0) return new MeteringNews(null, "", null);
        var before = status.Usage ?? UsagePosition.StartingAt(view.Confirmed.ActivatedAt * 1000);
        var paidUntil = view.Confirmed.EndsAt > 0 ? view.Confirmed.EndsAt * 1000 : long.MaxValue;
        // A close that is not confirmed yet may lie after that block, and what is used after a close is nobody's to pay.
        var known = Math.Min(nowMs - policy.ScrapeDelayMs, view.BlockTime * 1000);
        var through = Math.Min(Math.Min(known, before.ThroughMs + LongestWindowMs), paidUntil);
        var end = status.StoppedAtMs > 0 ? Math.Min(status.StoppedAtMs, paidUntil) : paidUntil;
        var earliest = Math.Min(before.ThroughMs, Math.Max(view.Confirmed.ActivatedAt * 1000, Holdings.Earliest(status.Holdings, before.ThroughMs)));
        // What pods held until then is in the receipt that metering went on from.
        if (before.ResumedMs is { } resumed) earliest = Math.Max(earliest, resumed);
        var pods = cluster.PodsSince(status.Usage?.ThroughMs ?? 0);
        var holdings = Holdings.Heard(Allocation.NotBefore(Holdings.Merge(status.Holdings, pods, Math.Max(nowMs, view.BlockTime * 1000), Math.Max(nowMs, cluster.LookedAtMs)), earliest), pods);
        var idle = Idle(cluster, status.Holdings);
        var outlook = EscrowOutlook.Of(view, before.ToVector(), before.ThroughMs / 1000, status.Downtime?.Seconds(nowMs, (before.ThroughMs / 1000) - view.Confirmed.ActivatedAt) ?? 0);
        var isCalled = calls?.IsCalled(view.Id, before.ThroughMs) == true;
        var windowMs = Math.Min(LongestWindowMs, isCalled || Holdings.Uncounted(status.Holdings, before.ThroughMs) > MostUncounted ? 1 : policy.WindowMs(outlook, status.Suspension));
        var isFound = through >= before.ThroughMs && IsFound(before, holdings, idle);
        var unchanged = Unmoved(status.Usage ?? before, null);
        if (IsOver(view, status) || !(IsDue(before, through, end, windowMs) || isFound)) return unchanged;
        using var reading = Spans.Start("metering.window", view.Id);
        try
        {
            var (uids, lives) = (cluster.Pods.Select(p => p.Uid).ToArray(), Holdings.Lives(cluster.Pods));
            // What came late of the time before is read again; the fold knows what it has. A reorg may have moved the activation past
            // where metering stands: what ran from there on ran for this lease.
            var from = Math.Min(before.ThroughMs, Math.Max(view.Confirmed.ActivatedAt * 1000, before.ThroughMs - policy.LatenessMs));
            var read = await source.ReadAsync(view.Id, uids, from, through, cancellation);
            var (isLast, charged) = (through >= end, ChargedMeters.Of(view.Terms.Prices));
            PodLife[] gone = [.. WindowSight.LivesOf(holdings.Where(h => !uids.Contains(h.PodUid)), before, read)];
            // Only the last window waits for the samples of pods that are gone; that they are lacking is said of each.
            if (isLast) (lives, gone) = ([.. lives, .. gone], []);
            var waited = known - (isLast ? end : Math.Min(before.ThroughMs + windowMs, end));
            if (waited < (isLast ? policy.LatenessMs : Math.Min(policy.LatenessMs, windowMs)) && !IsOutOfTime(view)) through = WindowSight.Reach(before, read, lives, through, policy.MaxGapMs, isLast, charged);
            if (!IsDue(before, through, end, windowMs) && !isFound) return unchanged;
            before = Resumption.Forget(before, read, cluster);
            UsageSeries[] series = [.. read.Select(s => s with { Samples = s.Samples.Within(long.MinValue, through) })];
            var folded = UsageFold.Fold(before, series, holdings, through, policy.MaxGapMs, idle, [.. lives, .. gone], from, isLast && through >= end, cluster.AsOfMs, charged);
            foreach (var finding in folded.Findings) metrics?.Found(finding);
            if (through > before.ThroughMs) metrics?.Closed(folded.Position.Window);
            var (kept, span) = Kept(before, folded.Position, status.Suspension, cluster);
            var after = KeptStorage.Add(folded.Position, kept, span) with
            {
                ReservedMs = Reservation.Held(before, view.Confirmed.ActivatedAt * 1000, folded.Position.ThroughMs, status.Downtime?.Until(folded.Position.ThroughMs) ?? 0, view.Terms.DowntimeBps),
            };
            var record = new WindowRecord(
                view.Id, status.UsageWindow + 1, status.UsageEvidence.Length > 0 ? status.UsageEvidence : WindowRecord.NoRoot, before, from, News(before, series), [.. holdings], idle, kept, span,
                policy.MaxGapMs, folded.Findings, after) { AsOfMs = cluster.AsOfMs };
            // What is used while it stays open has to be paid as well.
            var mayWait = windowMs == Math.Min(policy.EpochMs, LongestWindowMs) && through < end && view.Confirmed.State == LeaseState.Active && nowMs - before.ThroughMs < outlook.FullLoadMsLeft;
            after = after with { GpuBusyMs = await BusyMsAsync(view.Id, before, holdings, through, cancellation) };
            return new MeteringNews(after, await CloseAsync(record, view.Terms, mayWait, nowMs, cancellation), null) { Window = record.Number, Holdings = folded.Holdings };
        }
        catch (Exception error) when (error is UsageUnavailableException or EvidenceException)
        {
            reading?.Failed(error.Message);
            return Unmoved(before, error.Message);
        }

        MeteringNews Unmoved(UsagePosition position, string? why) => new(position, status.UsageEvidence, why) { Window = status.UsageWindow };
    }

    private async Task<string> CloseAsync(WindowRecord record, LeaseTerms terms, bool mayWait, long nowMs, CancellationToken cancellation)
    {
        using var span = Spans.Start("metering.close", record.Lease);
        span?.SetTag("federation.window.number", record.Number);
        return await keeper.KeepAsync(record, terms, mayWait, nowMs, cancellation);
    }

    // Not in the record: it is not billed, and nobody vouches for it.
    private async Task<long?> BusyMsAsync(LeaseId id, UsagePosition before, IEnumerable<PodHolding> holdings, long throughMs, CancellationToken cancellation)
    {
        if (busy is null || !holdings.Any(h => h.GpuA > 0 || h.GpuB > 0)) return before.GpuBusyMs;
        return await busy.ReadAsync(id, before.ThroughMs, throughMs, cancellation) is { } ms ? (before.GpuBusyMs ?? 0) + ms : before.GpuBusyMs;
    }

    // What was read before is in the record of its window: short windows would else keep the same minutes again and again.
    private static UsageSeries[] News(UsagePosition before, UsageSeries[] series)
    {
        var stands = before.Series.ToDictionary(p => p.Key, p => p.AtMs);
        return [.. series.Select(s => s with { Samples = s.Samples.Within(stands.GetValueOrDefault(s.Key, long.MinValue), long.MaxValue) }).Where(s => s.Samples.Count > 0)];
    }

    private static bool IsOutOfTime(LeaseView view) => view.Confirmed.EndsAt > 0 && LeaseMachine.IsOutOfTime(view);

    // Volumes of a lease that stands still; those that are gone, whoever deleted them, are paid no longer.
    private static (KeptVolume[] Volumes, (long FromMs, long UntilMs) Span) Kept(UsagePosition before, UsagePosition folded, Suspension? suspension, ClusterFacts cluster)
    {
        if (suspension is not { StoppedAtMs: > 0 }) return ([], default);
        var span = KeptStorage.Span(before.ThroughMs, folded, suspension.StoppedAtMs, suspension.Lasts ? long.MaxValue : suspension.EndedAtMs);
        return span.FromMs == span.UntilMs ? ([], default) : ([.. suspension.Volumes.Intersect(cluster.Volumes)], span);
    }

    // What holds something has started before, whatever its status says now: an eviction may leave no container in it. What is foreign is
    // walked over in the same way: its counters stand where they were read, whoever's it is called later.
    private static HashSet<string> Idle(ClusterFacts cluster, IReadOnlyList<PodHolding> held) =>
        [.. cluster.Pods.Where(p => !p.HasStarted).Select(p => p.Uid).Concat(cluster.Foreign).Except(held.Select(h => h.PodUid))];

    private static bool IsOver(LeaseView view, LeaseStatus status) => status.UsageIsFinal || view.Confirmed.State == LeaseState.Closed;

    // The last window ends with the last paid second, or when the workload was seen stopped: it is shorter than an epoch.
    private static bool IsDue(UsagePosition before, long through, long end, long windowMs) =>
        through > before.ThroughMs && ((through >= end && before.ThroughMs < end) || through - before.ThroughMs >= windowMs);

    // A pod that was measured before the cluster showed it is there now: what it held is billed at once, for no window may follow.
    private static bool IsFound(UsagePosition before, IReadOnlyList<PodHolding> holdings, HashSet<string> idle) =>
        before.Series.Any(s => s.UnheldMs is not null && (idle.Contains(s.PodUid) || holdings.Any(h => h.PodUid == s.PodUid)));
}
