using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Ports;

/// <summary>The cluster that leases run on.</summary>
public interface IWorkloadCluster
{
    /// <summary>What is there of one lease, from informers' caches.</summary>
    Task<ClusterFacts> ObserveAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation);

    Task ApplyAsync(LeaseEffect effect, CancellationToken cancellation);

    /// <summary>The nodes, with what other pods leave free, and the GPU classes of this datacenter.</summary>
    Task<ClusterCapacity> ReadCapacityAsync(CancellationToken cancellation);
}

/// <param name="GpuClasses">Placement by canonical class text: what the Datacenter object names, and what the nodes' labels tell.</param>
public sealed record ClusterCapacity(IReadOnlyList<NodeSnapshot> Nodes, IReadOnlyDictionary<string, GpuPlacement> GpuClasses)
{
    /// <summary>What the pods of leases take of these nodes, by the leases' namespaces; of the same moment.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<NodeUse>> Uses { get; init; } = new Dictionary<string, IReadOnlyList<NodeUse>>();

    /// <summary>MiB that the persistent volumes of leases ask for, by the leases' namespaces, of those that are over as well.</summary>
    public IReadOnlyDictionary<string, long> Volumes { get; init; } = new Dictionary<string, long>();

    /// <summary>Storage of all leases together, as the Datacenter object says; null where it names none.</summary>
    public long? StorageMiB { get; init; }

    /// <summary>False as long as the Datacenter object has said nothing that was understood: then it is not known whether it names any.</summary>
    public bool IsStorageRead { get; init; } = true;

    /// <summary>As the Datacenter object says, or last said.</summary>
    public Intake Intake { get; init; }

    /// <summary>The same; null as long as it has said nothing.</summary>
    public IngressOffer? Ingress { get; init; }

    /// <summary>The same.</summary>
    public KeepPolicy Keep { get; init; } = KeepPolicy.None;

    /// <summary>Ports of one lease that may be reached from outside of the cluster; the same.</summary>
    public int ExposedPorts { get; init; }

    /// <summary>MiB that a volume has at least; the same.</summary>
    public long LeastVolumeMiB { get; init; }

    /// <summary>Who has which part of the ports that all leases may expose.</summary>
    public PortUse PortUse { get; init; } = PortUse.Unbounded;
}
