using System.Globalization;
using System.Text;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Application.Metering;

/// <summary>Closes a lease's metering window when it is due: raw samples in, position and evidence out. Writes nothing.</summary>
public sealed class WindowReader(IUsageSource source, IHasher hasher)
{
    // One window never asks for more than this: a long outage is read in pieces, one per look.
    private const long LongestWindowMs = 3_600_000;

    public async Task<MeteringNews> ReadAsync(LeaseView view, LeaseStatus status, ClusterFacts cluster, LeasePolicy policy, long nowMs, CancellationToken cancellation)
    {
        if (status.Usage is null && view.Confirmed.ActivatedAt == 0) return new MeteringNews(null, "", null);
        var before = status.Usage ?? UsagePosition.StartingAt(view.Confirmed.ActivatedAt * 1000);
        var paidUntil = view.Confirmed.EndsAt > 0 ? view.Confirmed.EndsAt * 1000 : long.MaxValue;
        var through = Math.Min(Math.Min(nowMs - policy.ScrapeDelayMs, before.ThroughMs + LongestWindowMs), paidUntil);
        var end = status.StoppedAtMs > 0 ? Math.Min(status.StoppedAtMs, paidUntil) : paidUntil;
        if (IsOver(view, status) || !IsDue(before, through, end, policy.WindowMs(EscrowOutlook.Of(view, before.ToVector(), before.ThroughMs / 1000)))) return new MeteringNews(status.Usage ?? before, status.UsageEvidence, null);
        try
        {
            var uids = cluster.Pods.Select(p => p.Uid).ToArray();
            var series = await source.ReadAsync(view.Id, uids, before.ThroughMs, through, cancellation);
            var holdings = Holdings.Merge(status.Holdings, cluster.Pods);
            var known = uids.Concat(holdings.Select(h => h.PodUid)).Concat(before.Series.Select(s => s.PodUid)).ToHashSet();
            if (Unseen(series, known, nowMs - policy.ScrapeDelayMs - policy.MaxGapMs) is { } uid)
                return new MeteringNews(before, status.UsageEvidence, $"Prometheus has samples of pod {uid}, which the API server has not shown yet; the window stays open until it has.");
            var folded = UsageFold.Fold(before, series, holdings, through, policy.MaxGapMs, Idle(cluster));
            return new MeteringNews(folded.Position, Chain(status.UsageEvidence, series, through), null);
        }
        catch (UsageUnavailableException error)
        {
            return new MeteringNews(before, status.UsageEvidence, error.Message);
        }
    }

    // Caches that stand still show none of the pods that came since, so what those hold would not be billed. A pod that has
    // ended meanwhile will never be shown: it is not waited for, nor is one in a window that ends longer ago than this.
    private static string? Unseen(IReadOnlyList<UsageSeries> series, HashSet<string> known, long aliveMs) =>
        series.FirstOrDefault(s => !known.Contains(s.PodUid) && s.Samples.Any(sample => sample.AtMs > aliveMs))?.PodUid;

    private static HashSet<string> Idle(ClusterFacts cluster) => [.. cluster.Pods.Where(p => !p.HasStarted).Select(p => p.Uid)];

    private static bool IsOver(LeaseView view, LeaseStatus status) => status.UsageIsFinal || view.Confirmed.State == LeaseState.Closed;

    // The last window ends with the last paid second, or when the workload was seen stopped: it is shorter than an epoch.
    private static bool IsDue(UsagePosition before, long through, long end, long windowMs) =>
        through > before.ThroughMs && (through >= end || through - before.ThroughMs >= windowMs);

    // Each window's digest covers the one before, so one hash on chain commits to all samples of the lease.
    private string Chain(string before, IReadOnlyList<UsageSeries> series, long through)
    {
        var text = new StringBuilder(before).Append('\n').Append(through).Append('\n');
        foreach (var one in series.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            text.Append(one.Key);
            foreach (var sample in one.Samples) text.Append(CultureInfo.InvariantCulture, $" {sample.AtMs}={sample.Value:R}");
            text.Append('\n');
        }

        return hasher.Keccak256(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
