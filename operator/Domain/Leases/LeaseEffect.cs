using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Workloads;

namespace Federation.Domain.Leases;

/// <summary>An idempotent write into the cluster. Running it twice is running it once.</summary>
public abstract record LeaseEffect(LeaseId Id);

/// <summary>The namespace with all isolation: Pod Security labels, NetworkPolicy, ResourceQuota, LimitRange, the tenant's rights.</summary>
public sealed record EnsureIsolation(LeaseId Id, LeaseTerms Terms) : LeaseEffect(Id);

/// <summary>The workload's objects, exactly those: what is no longer in the spec goes.</summary>
/// <param name="GpuResources">Extended resource name by model class, of the classes that the workload asks for.</param>
public sealed record EnsureWorkload(LeaseId Id, LeaseTerms Terms, WorkloadSpec Workload, string SpecHash, IReadOnlyDictionary<string, GpuPlacement> GpuResources) : LeaseEffect(Id)
{
    /// <summary>Nodes of the pods of each service and job that is made anew; one that is there keeps those that it has.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Nodes { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>What the lease has of nodes from now on, written down before a pod is made; null when that is what it has already.</summary>
    public IReadOnlyList<NodeShare>? Reserve { get; init; }
}

/// <summary>Which nodes and devices a GPU class means in this datacenter.</summary>
/// <param name="Resource">Extended resource name.</param>
/// <param name="NodeLabels">All must match: product, memory.</param>
/// <param name="RuntimeClass">Empty: the cluster's default.</param>
public sealed record GpuPlacement(string Resource, IReadOnlyDictionary<string, string> NodeLabels, string RuntimeClass);

/// <summary>What leads the lease's hostnames to its services, exactly those routes, and the way through its network isolation.</summary>
public sealed record EnsureRoutes(LeaseId Id, IReadOnlyList<HostnameRoute> Routes) : LeaseEffect(Id);

/// <summary>What was applied stands still: no pod runs, volumes and what has ended stay. Whatever the tenant delivered since does not matter.</summary>
public sealed record SuspendWorkload(LeaseId Id) : LeaseEffect(Id);

/// <summary>
/// A job whose deadline is over, and that goes on, is changed where it means nothing: its controller looks at it again and ends it. Kubernetes before 1.21
/// forgets the deadline of a job whose first pod could not be made at once.
/// </summary>
/// <param name="AtMs">Unix milliseconds: each time another change.</param>
public sealed record RemindJob(LeaseId Id, string Item, long AtMs) : LeaseEffect(Id);

/// <summary>Everything that runs goes, and what leads to it; the namespace, its volumes and the ComputeLease stay.</summary>
public sealed record StopWorkload(LeaseId Id) : LeaseEffect(Id);

/// <summary>The pod that reads one volume and sends it, in place of any other one.</summary>
/// <param name="DeadlineSeconds">After which it is ended.</param>
public sealed record EnsureExport(LeaseId Id, LeaseTerms Terms, string Volume, ExportWish Wish, int DeadlineSeconds) : LeaseEffect(Id);

/// <summary>No pod reads a volume any more.</summary>
public sealed record RemoveExport(LeaseId Id) : LeaseEffect(Id);

/// <summary>The namespace goes with all that is in it.</summary>
public sealed record RemoveNamespace(LeaseId Id) : LeaseEffect(Id);
