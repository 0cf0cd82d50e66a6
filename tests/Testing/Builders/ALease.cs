using System.Numerics;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Results;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;

namespace Federation.Testing.Builders;

/// <summary>An observation of a lease, from an ordinary one: <c>ALease.Active().With(escrow: 5).Seen()</c>.</summary>
public sealed record ALease
{
    private static readonly long Start = FakeClock.StartMs / 1000;

    private ChainLease Confirmed { get; init; } = ChainLease.Unknown;
    private ChainLease? Finalized { get; init; }
    private LeaseTerms Terms { get; init; } = Some.Terms;
    private long Time { get; init; } = Start;
    private ulong FinalizedBlock { get; init; } = 90;
    private long? Finality { get; init; }
    private DeliveredWorkload Workload { get; init; } = DeliveredWorkload.None;
    private ClusterFacts Cluster { get; init; } = ClusterFacts.Nothing with { NamespaceExists = true };
    private PlacementResult? Reservation { get; init; }
    private LeaseStatus Status { get; init; } = LeaseStatus.New;
    private UsagePosition? Usage { get; init; }
    private string? MeteringError { get; init; }
    private string? Failure { get; init; }
    private bool IsActivationMined { get; init; }
    private Intake Intake { get; init; }
    private KeepPolicy Keep { get; init; } = KeepPolicy.None;
    private long Patience { get; init; }
    private LeaseResults? Results { get; init; }
    private PostNews Post { get; init; } = PostNews.None;
    private ImageNews Images { get; init; } = ImageNews.None;
    private ExportNews Exports { get; init; } = ExportNews.None;
    private bool ExportsVolumes { get; init; } = true;
    private PlaceNews Place { get; init; } = PlaceNews.None;

    private bool FitsWhenEmpty { get; init; } = true;

    public static ALease Unknown() => new();

    public static ALease Reserved() => new() { Confirmed = ChainLease.Unknown with { State = LeaseState.Reserved, Escrow = Some.Deposit }, Reservation = Some.Fitting };

    /// <summary>Activated at the clock's start, isolated, workload not yet delivered.</summary>
    public static ALease Active() => new()
    {
        Confirmed = new ChainLease(LeaseState.Active, CloseReason.None, Some.Deposit, 0, 0, Start, Start, Start + Some.Terms.DurationSeconds),
        Cluster = ClusterFacts.Nothing with { NamespaceExists = true, IsolationHash = "isolated" },
    };

    /// <summary>Closing since one minute after activation, its notice over a minute later; seen at both depths.</summary>
    public static ALease Closing(CloseReason reason = CloseReason.Tenant) =>
        Active() is var active ? active with { Confirmed = active.Confirmed with { State = LeaseState.Closing, Reason = reason, EndsAt = Start + 120 }, Time = Start + 60 } : new();

    public static ALease Closed(CloseReason reason = CloseReason.Tenant) =>
        Closing(reason) is var closing ? closing with { Confirmed = closing.Confirmed with { State = LeaseState.Closed, Escrow = 0 } } : new();

    public ALease With(BigInteger? escrow = null, BigInteger? claimed = null, uint? seq = null, long? through = null, bool? termsMatch = null) => this with
    {
        Confirmed = Confirmed with
        {
            Escrow = escrow ?? Confirmed.Escrow, Claimed = claimed ?? Confirmed.Claimed, Seq = seq ?? Confirmed.Seq,
            Through = Start + (through ?? Confirmed.Through - Start), TermsMatch = termsMatch ?? Confirmed.TermsMatch,
        },
    };

    public ALease WithChain(Func<ChainLease, ChainLease> change) => this with { Confirmed = change(Confirmed) };

    /// <param name="seconds">Of the confirmed block and of this machine, since activation.</param>
    public ALease After(long seconds) => this with { Time = Start + seconds };

    public ALease WithTerms(Func<LeaseTerms, LeaseTerms> change) => this with { Terms = change(Terms) };

    /// <summary>The finalized block still shows the lease like that.</summary>
    public ALease FinalizedAs(LeaseState state, ulong block = 90) =>
        this with { Finalized = state == LeaseState.None ? ChainLease.Unknown : Confirmed with { State = state, Reason = CloseReason.None }, FinalizedBlock = block };

    /// <summary>The finalized block is so many seconds older than the confirmed one.</summary>
    public ALease WithFinality(long seconds) => this with { Finality = seconds };

    public ALease WithWorkload(string? hash = null, params string[] faults) => this with
    {
        Workload = new DeliveredWorkload(
            Domain.Workloads.WorkloadParser.Parse(Some.Workload).Workload,
            hash ?? Some.SpecHash,
            [.. faults.Select(f => new Domain.Workloads.WorkloadFault("services[0]", f))],
            new Dictionary<string, GpuPlacement> { [Some.GpuClass] = Some.GpuPlacement }),
    };

    /// <summary>The same workload with more replicas.</summary>
    public ALease WithWorkload(int replicas) => WithWorkload() is var one ? one with
    {
        Workload = one.Workload with { Spec = one.Workload.Spec! with { Services = [.. one.Workload.Spec.Services.Select(s => s with { Container = s.Container with { Replicas = replicas } })] } },
    } : this;

    /// <summary>Its programs have these files.</summary>
    public ALease WithFiles(params Domain.Workloads.FilesSpec[] files) => this with
    {
        Workload = Workload with
        {
            Spec = Workload.Spec! with { Services = [.. Workload.Spec.Services.Select(s => s with { Container = s.Container with { Files = files } })] },
        },
    };

    /// <summary>Its workload is applied, with one pod.</summary>
    public ALease Running(Func<PodFact, PodFact>? change = null) => WithWorkload() with
    {
        Cluster = Cluster with
        {
            AppliedSpecHash = Some.SpecHash,
            Items = [new ItemFact("web", "Deployment", 1, 1, 0, false, "")],
            Pods = [(change ?? (p => p))(new PodFact("uid-1", "web-1", "web", "node-a", true, false, null, 1, 0, 1024))],
        },
    };

    public ALease WithCluster(Func<ClusterFacts, ClusterFacts> change) => this with { Cluster = change(Cluster) };

    public ALease WithReservation(PlacementResult reservation) => this with { Reservation = reservation };

    public ALease WithStatus(Func<LeaseStatus, LeaseStatus> change) => this with { Status = change(Status) };

    /// <param name="through">Seconds since activation that usage is measured until.</param>
    /// <param name="cpuSeconds">Core-seconds.</param>
    public ALease Measured(long through, ulong cpuSeconds, params SeriesPosition[] series) => this with
    {
        Usage = UsagePosition.StartingAt((Start + through) * 1000) with { CpuNanoSeconds = (UInt128)cpuSeconds * 1_000_000_000, ExpectedMs = 1000, ObservedMs = 1000, Series = series },
    };

    /// <summary>Measured, with MiB-seconds of storage.</summary>
    public ALease Stored(long through, ulong cpuSeconds, ulong mibSeconds) =>
        Measured(through, cpuSeconds) is var measured ? measured with { Usage = measured.Usage! with { StorageMiBMs = (UInt128)mibSeconds * 1000 } } : this;

    public ALease WithMeteringError(string error) => this with { MeteringError = error };

    /// <summary>Our activation is in a block that is not confirmed yet.</summary>
    public ALease WithActivationMined() => this with { IsActivationMined = true };

    public ALease WithIntake(Intake intake) => this with { Intake = intake };

    /// <summary>Its datacenter has patience; seconds.</summary>
    public ALease Keeping(long grace, long retention = 0) => this with { Keep = new KeepPolicy(grace * 1000, retention * 1000) };

    /// <summary>Its settlements wait so many seconds for others.</summary>
    public ALease Patient(long seconds) => this with { Patience = seconds };

    /// <summary>Its first container has this long to start; seconds.</summary>
    public ALease WithStart(long seconds) => this with { Keep = Keep with { StartMs = seconds * 1000 } };

    /// <summary>It has one persistent volume.</summary>
    public ALease WithVolume(uint mib) => WithCluster(c => c with { Volumes = [new KeptVolume("volume", mib)] });

    public ALease WithImages(ImageNews images) => this with { Images = images };

    public ALease WithPlace(PlaceNews place) => this with { Place = place };

    /// <summary>The nodes that take pods would not hold its workload with nothing on them.</summary>
    public ALease NotFittingWhenEmpty() => this with { FitsWhenEmpty = false };

    /// <summary>Its tenant wants these volumes, which it has.</summary>
    /// <param name="signature">Of what was sent last; null: it is not signed.</param>
    public ALease Exporting(ExportWish? wish, string? signature = null) => WithCluster(c => c with { VolumeNames = ["data-a", "data-b"] }) with { Exports = new ExportNews(wish, signature) };

    /// <summary>Its datacenter has no image for it.</summary>
    public ALease WithoutExports() => this with { ExportsVolumes = false };

    public ALease WithFailure(string failure) => this with { Failure = failure };

    /// <param name="outcome">What its jobs came to; null: they go on.</param>
    /// <param name="post">Where posting it stands; null: not known.</param>
    /// <param name="failure">Of the last transaction that was to post it.</param>
    public ALease WithResult(ResultOutcome? outcome, ResultPost? post, string? failure = null) =>
        this with { Results = new LeaseResults(Terms.SpecHash, [], outcome), Post = new PostNews(post, failure) };

    /// <summary>Its workload wants the result on chain.</summary>
    public ALease AskingForPost() => this with { Workload = Workload with { Spec = Workload.Spec! with { PostResult = true } } };

    public LeaseObservation Seen() => new(
        new LeaseView(Some.LeaseId(1), Terms, Confirmed, Finalized ?? Confirmed, 50, 100, FinalizedBlock, Time) { FinalizedTime = Finality is { } lag ? Time - lag : 0 },
        Workload, Cluster, Reservation, Status, new MeteringNews(Usage ?? Status.Usage, Status.UsageEvidence, MeteringError) { Window = Status.UsageWindow }, Failure, IsActivationMined, Some.Policy with { Keep = Keep, SettlePatienceMs = Patience * 1000, ExportsVolumes = ExportsVolumes }, 1, Time * 1000)
    {
        Intake = Intake,
        Results = Results ?? Status.Results,
        Post = Post,
        Images = Images,
        Exports = Exports,
        Place = Place,
        FitsWhenEmpty = FitsWhenEmpty,
    };

    public LeaseDecision Decide() => LeaseMachine.Decide(Seen());
}
