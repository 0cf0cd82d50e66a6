using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Placement;
using Federation.Domain.Results;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

/// <summary>Everything that a decision may look at, read once.</summary>
/// <param name="Reservation">Whether what is reserved fits this datacenter; looked up while the lease is Reserved, and once it was amended.</param>
/// <param name="Status">As last written; its usage is durable state.</param>
/// <param name="Metering">What this pass's reading gave.</param>
/// <param name="LastFailure">What the last transaction for this lease failed with, that of its result aside; null when it did not.</param>
/// <param name="ActivationMined">Our activation is in a block, though not yet in one of the confirmed depth.</param>
/// <param name="NowMs">Unix milliseconds, as far ahead of the chain as clocks may differ: for windows and retention, never for money.</param>
public sealed record LeaseObservation(
    LeaseView View,
    DeliveredWorkload Workload,
    ClusterFacts Cluster,
    PlacementResult? Reservation,
    LeaseStatus Status,
    MeteringNews Metering,
    string? LastFailure,
    bool ActivationMined,
    LeasePolicy Policy,
    long Generation,
    long NowMs)
{
    /// <summary>The chain cannot be read: the view is what it last said.</summary>
    public bool IsChainAway { get; init; }

    /// <summary>Milliseconds since the chain last had a new block, as far as it was heard.</summary>
    public long ChainSilenceMs { get; init; }

    /// <summary>Whether the datacenter wants its leases to end.</summary>
    public Intake Intake { get; init; }

    /// <summary>What the jobs came to, with what this look saw.</summary>
    public LeaseResults? Results { get; init; }

    public PostNews Post { get; init; } = PostNews.None;

    public ImageNews Images { get; init; } = ImageNews.None;

    public HostnameNews Hostnames { get; init; } = HostnameNews.None;

    public ExportNews Exports { get; init; } = ExportNews.None;

    /// <summary>Where the pods that are missing of the delivered workload go.</summary>
    public PlaceNews Place { get; init; } = PlaceNews.None;

    /// <summary>The nodes that take pods now would hold the whole workload if nothing were on them. Told of one whose pods the scheduler has no node for.</summary>
    public bool FitsWhenEmpty { get; init; } = true;
}

/// <summary>The tenant's manifest after parsing; nothing is delivered when all are empty.</summary>
/// <param name="Hash">Keccak-256 of its canonical JSON; null when it has none.</param>
public sealed record DeliveredWorkload(
    WorkloadSpec? Spec,
    string? Hash,
    IReadOnlyList<WorkloadFault> Faults,
    IReadOnlyDictionary<string, GpuPlacement> GpuPlacements)
{
    public static DeliveredWorkload None { get; } = new(null, null, [], new Dictionary<string, GpuPlacement>());

    public bool IsDelivered => Hash is not null || Faults.Count > 0;

    /// <summary>The result goes on chain: the terms say so, or the workload that they are for.</summary>
    public bool PostsResult(LeaseTerms terms) => terms.Callback || (Spec is { PostResult: true } && Hash == terms.SpecHash);

    /// <returns>What to say when this is not the workload that the lease was matched for; null when it is, or has no hash.</returns>
    public string? HashProblem(LeaseTerms terms) => Hash is null || Hash == terms.SpecHash
        ? null
        : $"The workload hashes to {Hash}, the lease is for {terms.SpecHash}. Apply the manifest that was hashed, unchanged; after an amendment, the new one.";
}

/// <param name="Position">Where metering stands after this pass.</param>
/// <param name="Evidence">Digest over all samples folded in so far.</param>
/// <param name="Error">Why the window could not be closed; null when it was, or was not due.</param>
public sealed record MeteringNews(UsagePosition? Position, string Evidence, string? Error)
{
    /// <summary>Number of the last window that was closed, from 1; 0 before.</summary>
    public long Window { get; init; }

    /// <summary>The lease's object was lost or set back, and what is measured does not reach what was settled: no receipt says less.</summary>
    public bool IsBelowSettled { get; init; }

    /// <summary>What the pods hold, with how far it is counted; null when no window was closed.</summary>
    public IReadOnlyList<PodHolding>? Holdings { get; init; }
}

/// <summary>Times of the operator, milliseconds.</summary>
/// <param name="EpochMs">Metering window.</param>
/// <param name="SettleEveryMs">A receipt is worth a transaction after this long.</param>
/// <param name="RetentionMs">A closed lease's namespace stays this long at least.</param>
/// <param name="ScrapeDelayMs">Samples of a moment are all there after this long.</param>
/// <param name="MaxGapMs">Samples further apart leave a gap.</param>
/// <param name="CoverageThreshold">Below this share of measured time Metered is False.</param>
public sealed record LeasePolicy(
    long EpochMs,
    long SettleEveryMs,
    long RetentionMs,
    long ScrapeDelayMs,
    long MaxGapMs,
    double CoverageThreshold)
{
    private const long ShortestWindowMs = 1_000;

    /// <summary>How late samples may come: a window waits for them, and the next one reads them, for this long at most. Never longer than an epoch.</summary>
    public long LatenessMs { get => Math.Min(field, EpochMs); init; } = 600_000;

    /// <summary>A receipt that is worth a transaction waits so much longer for others to share it with.</summary>
    public long SettlePatienceMs { get; init; }

    /// <summary>What is kept of leases that cannot pay any more, or are over.</summary>
    public KeepPolicy Keep { get; init; } = KeepPolicy.None;

    /// <summary>The datacenter has an image that volumes are sent with.</summary>
    public bool ExportsVolumes { get; init; }

    /// <summary>
    /// Length of the next window. It shrinks as the escrow nears its end, so that what runs beyond it is a second's work and
    /// not an epoch's. Where nothing runs there is nothing to be quick about.
    /// </summary>
    public long WindowMs(EscrowOutlook outlook, Suspension? suspension) => suspension is { IsQuiet: true } ? EpochMs : Math.Clamp(outlook.FullLoadMsLeft, Math.Min(ShortestWindowMs, EpochMs), EpochMs);
}
