using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>What a live lease has a right to, whatever its pods use of it now.</summary>
/// <param name="IsRunning">It was activated: nothing may refuse it any more.</param>
/// <param name="Bound">Where it was promised; empty when nobody remembers.</param>
/// <param name="Used">What its pods take: it is off the nodes' free amounts already.</param>
public sealed record LeaseClaim(LeaseId Id, Resources Resources, bool IsRunning, IReadOnlyList<NodeShare> Bound, IReadOnlyList<NodeUse> Used)
{
    /// <summary>What it had a right to before amendments that are not final: sold to nobody before they are.</summary>
    public IReadOnlyList<Resources> Earlier { get; init; } = [];

    /// <summary>What its persistent volumes ask for.</summary>
    public long VolumesMiB { get; init; }
}

/// <summary>One class of capacity over all nodes that take pods. What is in none of the last three, other pods of the datacenter have.</summary>
/// <param name="Class">cpu, memory, storage or the canonical text of a GPU class.</param>
/// <param name="Allocatable">Millicores, bytes or devices.</param>
/// <param name="Held">Promised by quotes and bids.</param>
/// <param name="Leased">Promised by leases, used or not; of storage also volumes that are kept of leases that are over.</param>
/// <param name="Free">May be promised.</param>
public sealed record ClassCapacity(string Class, long Allocatable, long Held, long Leased, long Free)
{
    public const string Cpu = "cpu";
    public const string Memory = "memory";

    /// <summary>Volumes and scratch space, of all nodes and none.</summary>
    public const string Storage = "storage";

    /// <summary>It counts devices.</summary>
    public bool IsDevices => Class is not (Cpu or Memory or Storage);

    /// <summary>Part that may not be promised any more, basis points rounded down; all of it where there is nothing.</summary>
    public int UtilisationBps => Allocatable <= 0 ? 10_000 : (int)Int128.Clamp((Int128)(Allocatable - Free) * 10_000 / Allocatable, 0, 10_000);
}
