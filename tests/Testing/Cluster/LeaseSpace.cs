using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Workloads;

namespace Federation.Testing.Cluster;

/// <summary>A lease's namespace with all that is in it, at one moment.</summary>
/// <param name="Chain"><c>spec.chain</c> of its ComputeLease.</param>
/// <param name="IsTerminating">Being deleted; goes with the next turn of the cluster's controllers.</param>
public sealed record LeaseSpace(MatchedLease Chain, JsonElement? Workload, long Generation, LeaseStatus Status, bool IsTerminating)
{
    public bool IsIsolated { get; init; }

    /// <summary>The nodes that were held for it when it was made.</summary>
    public IReadOnlyList<NodeShare> Reserved { get; init; } = [];

    /// <summary>Null when nothing was applied.</summary>
    public WorkloadSpec? Applied { get; init; }

    public string? AppliedSpecHash { get; init; }

    /// <summary>Grows when the workload's objects are made anew; their UIDs are of it.</summary>
    public int Round { get; init; }

    public IReadOnlyList<PodFact> Pods { get; init; } = [];

    public LeaseRecord ToRecord() => new(Chain.Id, Chain.Terms, Chain.Block, Workload, Generation, Status) { Reserved = Reserved };

    public ClusterFacts ToFacts() => new(
        true,
        IsTerminating,
        IsIsolated ? "isolated" : null,
        AppliedSpecHash,
        Applied is null ? [] : [.. Applied.Services.Select(ToItem), .. Applied.Jobs.Select(ToItem)],
        Pods,
        []);

    public string UidOf(JobSpec job) => $"{job.Container.Name}-{Round}";

    private ItemFact ToItem(JobSpec job)
    {
        var pods = Pods.Where(p => p.Item == job.Container.Name).ToArray();
        return new ItemFact(job.Container.Name, "Job", job.Container.Replicas, pods.Count(p => p.Ready), pods.Count(p => p.Ended), false, "") { Uid = UidOf(job) };
    }

    private ItemFact ToItem(ServiceSpec service) =>
        new(service.Container.Name, "Deployment", service.Container.Replicas, Pods.Count(p => p.Ready && p.Item == service.Container.Name), 0, false, "");
}
