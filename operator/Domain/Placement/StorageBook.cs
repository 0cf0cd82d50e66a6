using System.Globalization;
using Federation.Domain.Leases;

namespace Federation.Domain.Placement;

/// <summary>
/// Storage, which is the datacenter's and no node's: how much of it will be volumes, and how much scratch space, only the workload
/// tells, so a lease has a right to all of it as either. What is promised is one sum below one bound.
/// </summary>
internal sealed class StorageBook
{
    private const long MiB = 1024 * 1024;

    private readonly CapacityInput input;
    private readonly Dictionary<LeaseId, long> refused = [];
    private readonly Dictionary<string, NodeSnapshot> nodes;
    private readonly bool isKnown;
    private readonly Disk open;
    private readonly Disk there;
    private readonly long held;
    private readonly long leased;
    private readonly long free;

    private StorageBook(CapacityInput input)
    {
        this.input = input;
        nodes = input.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        isKnown = input.StorageMiB is not null || input.Nodes.Any(n => n.Total.EphemeralBytes > 0);
        open = DiskOf([.. input.Nodes.Where(n => n.Blocked is null)]);
        there = DiskOf(input.Nodes);
        held = input.Holds.Sum(h => (long)h.Resources.StorageMiB);
        var promised = input.KeptMiB + input.Leases.Sum(Of);
        leased = promised - input.Leases.Sum(OnBlocked);
        // Nor is anything promised that would be refused as soon as it is matched.
        free = Math.Min(open.Left - leased, there.Left - promised) - held;
        if (!input.IsStorageRead) return;
        // Leases that may still be refused get what is left by those that may not. A node that takes no pods is there, with what runs on it:
        // that passes, and a refusal does not.
        var left = there.Left - held - input.KeptMiB - input.Leases.Where(l => l.IsRunning).Sum(Of);
        foreach (var lease in input.Leases.Where(l => !l.IsRunning && Of(l) > 0))
        {
            if (Of(lease) > left) refused[lease.Id] = Math.Max(0, left);
            else left -= Of(lease);
        }
    }

    /// <summary>MiB that may be promised. What is refused counts until it is refused on chain.</summary>
    public long Free => Math.Max(0, free);

    public static StorageBook Draw(CapacityInput input) => new(input);

    /// <summary>Its sums in bytes, for people. What is taken on nodes that take no pods is as little among them as the rest of these nodes.</summary>
    public ClassCapacity Sums() => new(ClassCapacity.Storage, Bytes(open.All), Bytes(held), Bytes(leased), Bytes(Free));

    /// <summary>Why a lease that may still be refused does not have its storage; null when it has.</summary>
    public PlacementResult? Refused(LeaseId id) =>
        refused.TryGetValue(id, out var left) ? Why(Of(input.Leases.First(l => l.Id == id)), left, there, []) : null;

    /// <summary>Why so much more cannot be promised; null when it can.</summary>
    public PlacementResult? Refuse(long wanted) => wanted <= 0 || wanted <= Free ? null : Why(wanted, Free, open, input.Holds);

    private PlacementResult Why(long wanted, long left, Disk disk, IReadOnlyList<Hold> holds)
    {
        if (!input.IsStorageRead)
            return Shortage.Refused(PlacementReasons.StorageUnknown, "nobody knows now how much storage this datacenter has: since its operator started, its Datacenter object was not there or could not be understood, which its administrator mends; a lease that reserves none may be had");
        if (!isKnown)
            return Shortage.Refused(PlacementReasons.StorageUnknown, "nobody knows how much storage this datacenter has: its nodes tell of none, and its administrator names none (spec.storageMiB); a lease that reserves none may be had");
        var source = input.StorageMiB is null ? "what its nodes have as scratch space, for its administrator names no other (spec.storageMiB)" : "named by its administrator";
        if (wanted > there.Left)
            return Shortage.Refused(PlacementReasons.ExceedsDatacenter, $"more than this datacenter has, even with nothing on it: needs {wanted} MiB of storage, there are {there.Left} for leases ({source})");
        return Until(wanted, holds) is { } until
            ? Shortage.Refused(PlacementReasons.Held, $"needs {wanted} MiB of storage, free are {left}: quotes of others hold the rest; unless they are matched it is free after {until}")
            : Shortage.Refused(PlacementReasons.NotEnoughStorage, $"needs {wanted} MiB of storage, free are {left} of {disk.All} ({source})");
    }

    // Quotes end by themselves: the first moment at which enough of them may have ended.
    private string? Until(long wanted, IReadOnlyList<Hold> holds)
    {
        var then = free;
        foreach (var hold in holds.OrderBy(h => h.ExpiresAt))
        {
            then += hold.Resources.StorageMiB;
            if (wanted <= then) return DateTimeOffset.FromUnixTimeSeconds(hold.ExpiresAt).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        }

        return null;
    }

    // What a reorg brings back is owed, and volumes and scratch space are taken whatever the terms say.
    private long Of(LeaseClaim lease) =>
        Math.Max(lease.VolumesMiB + Whole(ScratchIn(lease)), lease.Earlier.Select(e => e.StorageMiB).Append(lease.Resources.StorageMiB).Max());

    // Of pods on nodes that are there: the others run no more.
    private long ScratchIn(LeaseClaim lease) => lease.Used.Sum(u => nodes.ContainsKey(u.Node) ? u.Amount.EphemeralBytes : 0);

    private static long Whole(long bytes) => (bytes + MiB - 1) / MiB;

    // Where storage is the nodes', what runs on a blocked one is on a disk that is not counted: elsewhere it lessens nothing.
    private long OnBlocked(LeaseClaim lease) => input.StorageMiB is not null ? 0
        : lease.Used.Sum(u => nodes.GetValueOrDefault(u.Node) is { Blocked: not null } ? u.Amount.EphemeralBytes : 0) / MiB;

    private Disk DiskOf(IReadOnlyCollection<NodeSnapshot> on)
    {
        if (!input.IsStorageRead) return new Disk(0, 0);
        if (input.StorageMiB is { } named) return new Disk(named, 0);
        var names = on.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        var used = on.Sum(n => Math.Max(0, n.Total.EphemeralBytes - n.Free.EphemeralBytes));
        var own = input.Leases.SelectMany(l => l.Used).Where(u => names.Contains(u.Node)).Sum(u => u.Amount.EphemeralBytes);
        return new Disk(on.Sum(n => n.Total.EphemeralBytes / MiB), Whole(Math.Max(0, used - own)));
    }

    private static long Bytes(long mib) => Math.Min(mib, long.MaxValue / MiB) * MiB;

    /// <param name="All">MiB that there are.</param>
    /// <param name="Others">Taken by pods of others.</param>
    private readonly record struct Disk(long All, long Others)
    {
        public long Left => All - Others;
    }
}
