using Federation.Domain.Leases;
using Federation.Testing.Cluster;
using Federation.Testing.Usage;

namespace Federation.Application.Tests.Model;

/// <summary>
/// When the operator has said, for good, that volumes were kept without a pod; and that it was so. What it says is what may be
/// billed, whatever windows, restarts and positions made of it.
/// </summary>
internal sealed class KeptTime
{
    private readonly Dictionary<(LeaseId Id, long StoppedAtMs), (long UntilMs, uint MiB)> spans = [];

    public void Look(InMemoryCluster cluster, long nowMs)
    {
        foreach (var (id, space) in cluster.Spaces)
        {
            if (space.Status.Suspension is not { StoppedAtMs: > 0 } said) continue;
            spans[(id, said.StoppedAtMs)] = (said.Lasts ? nowMs : said.EndedAtMs, (uint)said.Volumes.Sum(v => v.MiB));
            if (!said.Lasts || cluster.IsStale) continue;
            Assert.DoesNotContain(space.Pods, p => !p.Ended);
            Assert.Subset(space.Volumes.ToHashSet(), said.Volumes.ToHashSet());
        }
    }

    public TrueUsage TrueUsage(LeaseId id, long untilMs) => spans.Where(s => s.Key.Id == id)
        .Aggregate(Federation.Testing.Usage.TrueUsage.Zero, (sum, s) => sum.Keep(s.Value.MiB, Math.Max(0, Math.Min(s.Value.UntilMs, untilMs) - s.Key.StoppedAtMs)));
}
