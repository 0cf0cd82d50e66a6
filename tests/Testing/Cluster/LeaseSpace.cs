using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Usage;
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

    /// <summary>No pod of it is wanted; an unfinished job is away.</summary>
    public bool IsSuspended { get; init; }

    /// <summary>They come with the pods and stay as long as the namespace.</summary>
    public IReadOnlyList<KeptVolume> Volumes { get; init; } = [];

    /// <summary>The same as volumes of services. They grow as soon as a workload that is applied wants it, and never get smaller.</summary>
    public IReadOnlyList<ClaimFact> Claims { get; init; } = [];

    /// <summary>Grows when the workload's objects are made anew; their UIDs are of it.</summary>
    public int Round { get; init; }

    public IReadOnlyList<PodFact> Pods { get; init; } = [];

    /// <summary>Routes of hostnames, as the operator made them.</summary>
    public IReadOnlyList<HostnameRoute> Routes { get; init; } = [];

    /// <summary>What the tenant wants of its volumes.</summary>
    public ExportWish? Wish { get; init; }

    /// <summary>What sends one of them now.</summary>
    public ExportRun? Export { get; init; }

    public LeaseRecord ToRecord() => new(Chain.Id, Chain.Terms, Chain.Block, Workload, Generation, Status) { Reserved = Reserved, Export = Wish };

    public ClusterFacts ToFacts() => new(
        true,
        IsTerminating,
        IsIsolated ? "isolated" : null,
        AppliedSpecHash,
        Applied is null ? [] : [.. Applied.Services.Select(ToItem), .. Applied.Jobs.Select(ToItem).Where(j => !IsSuspended || j.IsOver)],
        Pods,
        [])
    {
        Volumes = Volumes,
        Claims = Claims,
        VolumeNames = [.. Volumes.Select(v => v.Uid)],
        Export = Export,
        Routes = [.. Routes.Select(r => new RouteFact(r, true, null))],
    };

    /// <summary>Those that are there, and those that the applied workload wants.</summary>
    public IReadOnlyList<KeptVolume> VolumesOf() =>
        [.. Volumes.UnionBy((Applied?.Services ?? []).SelectMany(s => s.Volumes.Select(v => new KeptVolume($"{s.Container.Name}-{v.Name}-0", (uint)v.SizeMiB))), v => v.Uid)];

    /// <inheritdoc cref="VolumesOf"/>
    public IReadOnlyList<ClaimFact> ClaimsOf() => [.. (Applied?.Services ?? [])
        .SelectMany(s => s.Volumes.Select(v => new ClaimFact(s.Container.Name, v.Name, v.SizeMiB) { CanGrow = true }))
        .Concat(Claims).GroupBy(c => (c.Item, c.Volume)).Select(g => g.MaxBy(c => c.MiB)!)];

    public string UidOf(JobSpec job) => $"{job.Container.Name}-{Round}";

    private ItemFact ToItem(JobSpec job)
    {
        var pods = Pods.Where(p => p.Item == job.Container.Name).ToArray();
        return new ItemFact(job.Container.Name, "Job", job.Container.Replicas, pods.Count(p => p.Ready), pods.Count(p => p.Ended), false, "") { Uid = UidOf(job) };
    }

    private ItemFact ToItem(ServiceSpec service) =>
        new(service.Container.Name, "Deployment", IsSuspended ? 0 : service.Container.Replicas, Pods.Count(p => p.Ready && p.Item == service.Container.Name), 0, false, "");
}
