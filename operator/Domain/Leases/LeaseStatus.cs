using System.Numerics;
using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Results;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

public enum ConditionStatus
{
    Unknown,
    True,
    False,
}

/// <summary>One condition; every False names the reason, the resource and the next step.</summary>
/// <param name="Type">Verified, Scheduled, Ready, Metered, Settled or Finished; Posted where a result goes on chain, Routed where services have hostnames, Exported where volumes are to be sent.</param>
/// <param name="Reason">CamelCase, stable.</param>
public sealed record LeaseCondition(string Type, ConditionStatus Status, string Reason, string Message);

/// <summary>Phase shown to people; derived from the chain and the cluster, never read back.</summary>
public enum LeasePhase
{
    Reserved,
    WaitingForWorkload,
    Starting,
    Running,
    Suspended,
    Completed,
    Closing,
    Closed,
    Refused,
}

/// <summary>Money positions for people; the chain is the truth.</summary>
/// <param name="Escrow">Held and not yet claimed.</param>
/// <param name="Claimed">Moved out of the escrow by receipts, in all.</param>
/// <param name="Pending">Claimed and not yet matured or collected.</param>
/// <param name="Frozen">Claimed and in dispute.</param>
/// <param name="Paid">Gross: royalty and protocol fee are in it.</param>
/// <param name="Accrued">What usage measured so far is worth, claimed or not.</param>
/// <param name="ExpectedEnd">Unix seconds when escrow reaches the closing reserve at full load; 0 when not active.</param>
public sealed record LeaseMoney(
    BigInteger Escrow,
    BigInteger Claimed,
    BigInteger Pending,
    BigInteger Frozen,
    BigInteger Paid,
    BigInteger Accrued,
    BigInteger ClosingReserve,
    long ExpectedEnd);

/// <summary>Everything that the operator says of a lease. <see cref="Usage"/>, holdings, results and suspension are durable state; the rest is derived.</summary>
/// <param name="ObservedGeneration">Generation of the ComputeLease that this is about.</param>
/// <param name="Placement">Node by pod name.</param>
/// <param name="UsageEvidence">0x hex digest chain over the samples folded in so far.</param>
/// <param name="StoppedAtMs">Unix milliseconds when the workload was first seen stopped for good; 0 before.</param>
/// <param name="UsageIsFinal">No more usage can follow: the last window is closed.</param>
/// <param name="ClosedAtMs">Unix milliseconds when the finalized close was first seen; 0 before.</param>
public sealed record LeaseStatus(
    long ObservedGeneration,
    LeasePhase Phase,
    IReadOnlyList<LeaseCondition> Conditions,
    IReadOnlyList<LeaseEndpoint> Endpoints,
    IReadOnlyDictionary<string, string> Placement,
    UsagePosition? Usage,
    string UsageEvidence,
    uint SettledSeq,
    LeaseMoney? Money,
    long StoppedAtMs,
    bool UsageIsFinal,
    long ClosedAtMs)
{
    /// <summary>What the pods hold: durable, because a pod may be gone before its last window is read.</summary>
    public IReadOnlyList<PodHolding> Holdings { get; init; } = [];

    /// <summary>Number of the last window that was closed, from 1; 0 before. With <see cref="UsageEvidence"/> it names the window's evidence.</summary>
    public long UsageWindow { get; init; }

    /// <summary>What the jobs came to: durable, because pods may be gone before the result is posted. Null while none has ended.</summary>
    public LeaseResults? Results { get; init; }

    /// <summary>Where posting the result stands; null before anything is known of it.</summary>
    public ResultPost? Post { get; init; }

    /// <summary>What the chain last said: durable, because whoever begins while it is away hears nothing. Null before it said anything certain.</summary>
    public ChainMemory? Chain { get; init; }

    /// <summary>Null unless the workload stands still for want of money, or did so in time that is not measured yet.</summary>
    public Suspension? Suspension { get; init; }

    /// <summary>Unix seconds until which the namespace of a lease that is over stays; 0 before its end is final. It was promised, so it stands.</summary>
    public long RetainedUntil { get; init; }

    /// <summary>A container of it has run: durable, because what has once run is never given up for not starting.</summary>
    public bool HasStarted { get; init; }

    /// <summary>Unix seconds by the chain's clock since when it has had its place without a container starting; 0 when that is not so.</summary>
    public long StartingSince { get; init; }

    /// <summary>What the datacenter answers for that did not run: durable, because receipts credit it. Null while there was none.</summary>
    public Downtime? Downtime { get; init; }

    /// <summary>What the workload's tags mean: durable, because a tag may mean something else tomorrow. Null when it has none.</summary>
    public ImagePins? Images { get; init; }

    /// <summary>The names that its services are to be reached by: durable, because who holds one keeps it.</summary>
    public IReadOnlyList<HostnameClaim> Hostnames { get; init; } = [];

    /// <summary>What came of sending volumes, by their names: durable, because it is signed. One for each volume.</summary>
    public IReadOnlyList<VolumeExport> Exports { get; init; } = [];

    public static LeaseStatus New { get; } =
        new(0, LeasePhase.Reserved, [], [], new Dictionary<string, string>(), null, "", 0, null, 0, false, 0);
}
