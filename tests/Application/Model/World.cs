using System.Numerics;
using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Federation.Testing.Usage;

namespace Federation.Application.Tests.Model;

/// <summary>A chain, a cluster, pods that burn, a scraper, and an operator that may be killed: all moved by one clock.</summary>
internal sealed class World
{
    public const int StepSeconds = 5;

    private readonly LeasePolicy policy;
    private readonly HashSet<string> failedRemovals = [];
    private OperatorProcess process;

    /// <param name="finality">Blocks behind the latest that no reorg takes away.</param>
    public World(LeasePolicy? policy = null, ulong finality = 4)
    {
        this.policy = policy ?? Some.Policy;
        Machine = new SkewedClock(Clock);
        Chain = new InMemoryChain(Clock, Gate, finality: finality);
        Holds = new InMemoryHolds(Gate);
        Cluster = new InMemoryCluster(Gate) { Now = () => Clock.NowMs, Removing = CheckRemoval, Holds = Holds, Keep = new KeepPolicy(GraceMs: 200_000, RetentionMs: 0) };
        Usage = new InMemoryUsage(Gate);
        process = NewProcess();
    }

    public FakeClock Clock { get; } = new();

    /// <summary>The operator's.</summary>
    public SkewedClock Machine { get; }

    public PortGate Gate { get; } = new();

    public InMemoryChain Chain { get; }

    public InMemoryCluster Cluster { get; }

    public InMemoryUsage Usage { get; }

    public InMemoryHolds Holds { get; }

    public InMemoryEvidence Evidence { get; } = new();

    public InMemoryImages Images { get; } = new();

    public InMemoryNames Names { get; } = new();

    public InMemoryExportSigner Signer { get; } = new();

    /// <summary>The kubelet cannot be scraped: pods run on, samples are missing for good.</summary>
    public bool IsScrapeDown { get; set; }

    public long CpuMilli { get; set; } = 700;

    public int Restarts { get; private set; }

    /// <summary>Namespaces that the operator removed without a finalized reason.</summary>
    public IReadOnlyCollection<string> WrongRemovals => failedRemovals;

    public LeaseId Match(int number, BigInteger? deposit = null, Func<LeaseTerms, LeaseTerms>? change = null)
    {
        var terms = Some.Terms with { ActivateBy = Chain.Blocks.NextTime + 600 };
        return Chain.Match(Some.LeaseId(number), (change ?? (t => t))(terms), deposit ?? Some.Deposit);
    }

    /// <summary>A contract rents: its job runs, and it wants to be called with the result.</summary>
    public LeaseId MatchJob(int number, Func<LeaseTerms, LeaseTerms>? change = null) =>
        Match(number, change: t => (change ?? (c => c))(t with { SpecHash = Some.HashOf(Some.JobWorkload), Callback = true }));

    /// <summary>Its service keeps its data on a volume.</summary>
    public LeaseId MatchVolume(int number, BigInteger? deposit = null, Func<LeaseTerms, LeaseTerms>? change = null) =>
        Match(number, deposit, t => (change ?? (c => c))(t with { SpecHash = Some.HashOf(Some.VolumeWorkload) }));

    /// <summary>The workload that the lease is for; nothing for one that the chain does not know.</summary>
    public void DeliverRight(LeaseId id)
    {
        if (Chain.Find(id) is { } stored) Deliver(id, Some.WorkloadOf(stored.Terms.SpecHash));
    }

    public void Deliver(LeaseId id, JsonElement workload) => Cluster.Deliver(id, workload);

    public void TenantCloses(LeaseId id) => Chain.TryTransact(id, (lease, time) => LeaseContract.Close(lease, CloseReason.Tenant, time));

    /// <summary>The tenant wants another workload in the lease; it is delivered with the amendment.</summary>
    public void TenantAmends(LeaseId id, JsonElement workload)
    {
        if (Chain.TryTransact(id, (lease, _) => LeaseContract.AmendSpec(lease, Some.HashOf(workload)))) Deliver(id, workload);
    }

    /// <summary>The process ends and another one starts from nothing, with caches that are filled anew.</summary>
    public void Restart()
    {
        Gate.Restart();
        Cluster.IsStale = false;
        process = NewProcess();
        Restarts++;
    }

    public void Pass(int seconds)
    {
        for (var end = Clock.NowMs + seconds * 1000L; Clock.NowMs < end;) Step();
    }

    public void Calm()
    {
        (Chain.IsDown, Chain.LosesReplies, Usage.IsDown, IsScrapeDown) = (false, false, false, false);
        (Cluster.Fault, Cluster.IsStale) = (ApiFault.None, false);
    }

    /// <summary>
    /// What a perfect meter saw of the paid time. It knows what a pod held if the cluster ever showed the pod, however late: at most for
    /// all its life, and where nobody saw how that ended, at least for as long as its samples show.
    /// </summary>
    public UsageVector TrueUsage(LeaseId id, long untilMs, bool isSampled = false) => Usage.PodsOf(id)
        .Select(p => (p.Uid, Usage: isSampled ? p.Measure(untilMs, policy.MaxGapMs) : p.MeasureLife(untilMs, policy.MaxGapMs)))
        .Select(p => Cluster.ShownPods.Contains(p.Uid) ? p.Usage : p.Usage.Unseen())
        .Aggregate(Kept.TrueUsage(id, untilMs), (sum, usage) => sum.Plus(usage))
        .ToVector();

    /// <summary>Volumes of leases that stood still.</summary>
    public KeptTime Kept { get; } = new();

    /// <summary>What the provider has earned by true usage until the lease's settled end, as cap and deposit bound it.</summary>
    public BigInteger Earned(StoredLease stored, LeaseId id, bool isSampled = false)
    {
        var (lease, terms) = (stored.Lease, stored.Terms);
        var due = Accrual.Due(terms, TrueUsage(id, lease.EndsAt * 1000, isSampled), 0);
        var cap = terms.StartFee + Accrual.RateCap(terms.Prices, terms.Resources, Math.Min(lease.Through, lease.EndsAt) - lease.ActivatedAt);
        return BigInteger.Min(due, cap);
    }

    private void Step()
    {
        Clock.Advance(TimeSpan.FromSeconds(StepSeconds));
        RunPods();
        TurnControllers();
        Chain.Mine();
        process.Step();
        Kept.Look(Cluster, Clock.NowMs);
        if (Gate.IsDead) Restart();
    }

    private void RunPods()
    {
        foreach (var (id, space) in Cluster.Spaces)
            foreach (var pod in space.Pods.Where(p => !p.Ended))
            {
                Usage.Burn(id, pod, Clock.NowMs, CpuMilli, 300L << 20, 20_000);
                if (!IsScrapeDown && Clock.NowSeconds % 10 == 0) Usage.Scrape(id, pod.Uid);
            }
    }

    private void TurnControllers()
    {
        var before = Cluster.Spaces.ToDictionary(s => s.Key, s => s.Value.Pods.Select(p => (p.Uid, p.Ended)).ToHashSet());
        Cluster.Turn();
        foreach (var (id, space) in Cluster.Spaces)
            if (!before[id].SetEquals(space.Pods.Select(p => (p.Uid, p.Ended)))) process.Wake(id);
    }

    private void CheckRemoval(LeaseId id)
    {
        var final = Chain.Blocks.Finalized.Leases.GetValueOrDefault(id)?.Lease.State ?? LeaseState.None;
        if (final is not (LeaseState.None or LeaseState.Closed)) failedRemovals.Add($"{id.Namespace} while {final}");
    }

    private OperatorProcess NewProcess() => new(Machine, Chain, Cluster, Usage, Holds, Images, Names, Signer, new GatedEvidence(Gate, Evidence), policy);
}
