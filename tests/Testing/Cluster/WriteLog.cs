using Federation.Domain.Leases;

namespace Federation.Testing.Cluster;

/// <summary>What the operator wrote into the cluster, one entry for each object that really changed.</summary>
public sealed class WriteLog
{
    private readonly List<(LeaseId? Lease, string What)> writes = [];

    public int Count => writes.Count;

    public int CountOf(LeaseId id) => writes.Count(w => w.Lease == id);

    public IEnumerable<string> Of(LeaseId id) => writes.Where(w => w.Lease == id).Select(w => w.What);

    public void Add(LeaseId? lease, string what, int objects = 1) => writes.AddRange(Enumerable.Repeat((lease, what), objects));

    public override string ToString() => string.Join(", ", writes.Select(w => w.What));
}
