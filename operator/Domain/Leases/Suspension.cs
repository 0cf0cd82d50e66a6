using Federation.Domain.Usage;

namespace Federation.Domain.Leases;

/// <summary>A workload that stands still for want of money, its volumes kept and its capacity held. Durable state: its end was promised.</summary>
/// <param name="Since">Unix seconds by the chain's clock.</param>
/// <param name="Until">Unix seconds by the chain's clock: without money by then the lease is closed.</param>
/// <param name="StoppedAtMs">Unix milliseconds when nothing was first seen to run; 0 before. From then on volumes are billed by themselves.</param>
/// <param name="EndedAtMs">Unix milliseconds when it was over; 0 while it lasts. It is remembered until that moment is measured.</param>
/// <param name="Volumes">Those that are kept.</param>
public sealed record Suspension(long Since, long Until, long StoppedAtMs, long EndedAtMs, IReadOnlyList<KeptVolume> Volumes)
{
    public bool Lasts => EndedAtMs == 0;

    /// <summary>Nothing runs and nothing changes: a look now and then is enough.</summary>
    public bool IsQuiet => Lasts && StoppedAtMs > 0;
}

/// <summary>What a datacenter keeps for whom, milliseconds.</summary>
/// <param name="GraceMs">How long a lease whose escrow is down to the closing reserve stands still before it is closed; 0: it is closed at once.</param>
/// <param name="RetentionMs">How long volumes of a lease that is over stay.</param>
public sealed record KeepPolicy(long GraceMs, long RetentionMs)
{
    /// <summary>How long a delivered workload may take to start its first container before its lease is closed; 0: for ever.</summary>
    public long StartMs { get; init; }

    public static KeepPolicy None { get; } = new(0, 0);
}
