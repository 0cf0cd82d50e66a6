using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;

namespace Federation.Application.Tests.Model;

/// <summary>What may happen. The number is the kind, the argument which lease, how much, how deep.</summary>
internal enum Happening
{
    Match,
    MatchWithLittleEscrow,
    MatchJob,
    MatchVolumeWithLittleEscrow,
    DeliverRight,
    DeliverWrong,
    TopUp,
    TenantCloses,
    TenantAmends,
    ChainGoesOrComes,
    ChainLosesReplies,
    ApiFails,
    CachesFreeze,
    PrometheusGoesOrComes,
    ScraperGoesOrComes,
    Reorg,
    Kill,
    PodDies,
    WorkloadDeletedByHand,
    NamespaceDeletedByHand,
    TermsEditedByHand,
    LoadChanges,
    StrangerCloses,
    JoinsAReplicatedJob,
    TimePasses,
}

/// <summary>A history of one world, told from (kind, argument) pairs.</summary>
internal sealed class History(World world)
{
    private const int MostLeases = 3;
    // A watch that neither speaks nor ends is given up after half a minute, and everything is listed anew.
    private const long LongestStandstillMs = 240_000;
    private int matched;

    /// <summary>
    /// Leases that may be billed less: their namespace was deleted, and what pods held with it; or pods came and went while
    /// the operator could not look. What a pod holds is known only from having seen it.
    /// </summary>
    public HashSet<LeaseId> Bereaved { get; } = [];

    /// <summary>Leases that were amended once, on a branch of the chain that may be gone.</summary>
    public HashSet<LeaseId> Amended { get; } = [];

    /// <summary>Leases that were once part of a replicated job, on a branch of the chain that may be gone: their result was left alone.</summary>
    public HashSet<LeaseId> Replicas { get; } = [];

    public IEnumerable<LeaseId> Leases => Enumerable.Range(1, matched).Select(Some.LeaseId);

    public void Tell(Happening what, int argument)
    {
        var id = Some.LeaseId(matched == 0 ? 1 : argument % matched + 1);
        if (world.Cluster.StaleMs > LongestStandstillMs) world.Cluster.IsStale = false;
        Cause(what, argument, id);
        world.Pass(World.StepSeconds * (1 + argument % 5));
    }

    private void Cause(Happening what, int argument, LeaseId id)
    {
        switch (what)
        {
            case Happening.Match when matched < MostLeases: world.Match(++matched); break;
            case Happening.MatchWithLittleEscrow when matched < MostLeases: MatchWithLittle(argument); break;
            case Happening.MatchJob when matched < MostLeases: world.MatchJob(++matched); break;
            case Happening.MatchVolumeWithLittleEscrow when matched < MostLeases: world.MatchVolume(++matched, Accrual.ClosingReserve(Some.Terms) + 50 * argument + 14); break;
            case Happening.DeliverRight: world.DeliverRight(id); break;
            case Happening.DeliverWrong when !IsDelivered(id): world.Deliver(id, Some.OtherWorkload); break;
            case Happening.TopUp: world.Chain.TryTransact(id, (l, _) => LeaseContract.TopUp(l, 100 * (argument + 1))); break;
            case Happening.TenantCloses: world.TenantCloses(id); break;
            case Happening.TenantAmends: Amend(argument, id); break;
            case Happening.StrangerCloses: world.Chain.TryTransact(id, (l, time) => LeaseContract.Close(l, CloseReason.None, time)); break;
            case Happening.JoinsAReplicatedJob: JoinReplicas(id); break;
            case Happening.Reorg: world.Chain.Blocks.Reorg(1 + argument % 4); break;
            case Happening.Kill: world.Gate.KillAt(world.Gate.Calls + 1 + argument); break;
            case Happening.LoadChanges: world.CpuMilli = argument * 60; break;
            case Happening.TimePasses: world.Pass(30 * (1 + argument % 6)); break;
            default: Disturb(what, argument, id); break;
        }
    }

    private void Disturb(Happening what, int argument, LeaseId id)
    {
        var (chain, cluster) = (world.Chain, world.Cluster);
        switch (what)
        {
            case Happening.ChainGoesOrComes: chain.IsDown = !chain.IsDown; break;
            case Happening.ChainLosesReplies: chain.LosesReplies = !chain.LosesReplies; break;
            case Happening.ApiFails: cluster.Fault = (ApiFault)(argument % 4); break;
            case Happening.CachesFreeze: cluster.IsStale = !cluster.IsStale; break;
            case Happening.PrometheusGoesOrComes: world.Usage.IsDown = !world.Usage.IsDown; break;
            case Happening.ScraperGoesOrComes: world.IsScrapeDown = !world.IsScrapeDown; break;
            case Happening.PodDies:
                if (IsBlind) Bereaved.Add(id);
                cluster.Change(id, s => s with { Pods = [] });
                break;
            case Happening.WorkloadDeletedByHand:
                if (IsBlind) Bereaved.Add(id);
                cluster.Change(id, s => s with { AppliedSpecHash = null, Applied = null, IsIsolated = false });
                break;
            case Happening.TermsEditedByHand: cluster.Change(id, s => s with { Chain = s.Chain with { Terms = s.Chain.Terms with { MinCharge = 7 } } }); break;
            case Happening.NamespaceDeletedByHand:
                cluster.DeleteByHand(id);
                Bereaved.Add(id);
                break;
        }
    }

    // Caches that stand still are no reason: what they never showed is left out pod by pod, what they show later is not.
    private bool IsBlind => world.Chain.IsDown || world.Cluster.Fault != ApiFault.None;

    private void JoinReplicas(LeaseId id)
    {
        Replicas.Add(id);
        world.Chain.TryTransact(id, (l, _) => l.Results.IsEmpty ? l with { IsReplica = true } : l);
    }

    private void MatchWithLittle(int argument)
    {
        var reserve = Accrual.ClosingReserve(Some.Terms);
        world.Match(++matched, reserve + 50 * argument + 14, t => t with { StartFee = 4, MinCharge = 10, DurationSeconds = (uint)(300 + 30 * argument) });
    }

    // The pods of the old workload go: as when a pod dies, what they held is known only from having been seen.
    private void Amend(int argument, LeaseId id)
    {
        if (IsBlind) Bereaved.Add(id);
        Amended.Add(id);
        world.TenantAmends(id, argument % 2 == 0 ? Some.OtherWorkload : Some.Workload);
    }

    private bool IsDelivered(LeaseId id) => world.Cluster.Spaces.TryGetValue(id, out var space) && space.Workload is not null;
}
