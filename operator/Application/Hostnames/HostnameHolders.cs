using Federation.Application.Ports;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;

namespace Federation.Application.Hostnames;

/// <summary>
/// Which lease of the datacenter holds which name. What counts is in the leases' statuses; here are only the names that were
/// got since they were read, so that two looks at the same moment do not give one name away twice.
/// </summary>
internal sealed class HostnameHolders
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LeaseId> fresh = new(StringComparer.Ordinal);
    private IReadOnlyList<LeaseRecord> records = [];
    private Dictionary<string, LeaseId> stored = [];
    private HashSet<LeaseId> known = [];

    /// <summary>No other lease has it.</summary>
    public bool IsFree(string name, LeaseId asker, IReadOnlyList<LeaseRecord> all)
    {
        lock (gate) return Holder(name, all) is not { } holder || holder == asker;
    }

    /// <summary>It is the asker's from now on, unless another lease has it.</summary>
    public bool TryHold(string name, LeaseId asker, IReadOnlyList<LeaseRecord> all)
    {
        lock (gate)
        {
            if (Holder(name, all) is { } holder && holder != asker) return false;
            fresh[name] = asker;
            return true;
        }
    }

    /// <summary>The lease got these names and no others; what its status still says of more holds until that is written.</summary>
    public void Keep(LeaseId id, IReadOnlyCollection<string> names)
    {
        lock (gate)
            foreach (var gone in fresh.Where(f => f.Value == id && !names.Contains(f.Key)).Select(f => f.Key).ToArray()) fresh.Remove(gone);
    }

    private LeaseId? Holder(string name, IReadOnlyList<LeaseRecord> all)
    {
        if (!ReferenceEquals(all, records)) Read(all);
        if (stored.TryGetValue(name, out var holder)) return holder;
        // One whose object is gone holds nothing any more, also when no look came by it.
        return fresh.TryGetValue(name, out var got) && known.Contains(got) ? got : null;
    }

    private void Read(IReadOnlyList<LeaseRecord> all)
    {
        var holds = from record in all
                    from claim in record.Status.Hostnames
                    where claim.IsHeld
                    group new HostnameHold(record.Id, claim.HeldSinceMs) by claim.Name;
        (records, known) = (all, all.Select(r => r.Id).ToHashSet());
        stored = holds.ToDictionary(h => h.Key, h => HostnameRules.First(h)!.Lease, StringComparer.Ordinal);
    }
}
