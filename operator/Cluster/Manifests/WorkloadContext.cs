using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>What the builders of a workload's objects share.</summary>
/// <param name="GpuPlacements">By model class; has every class that the workload asks for.</param>
/// <param name="GpuSlots">Slot of the lease, <c>a</c> or <c>b</c>, by model class.</param>
/// <param name="StorageClass">Of persistent volumes; empty for the cluster's default.</param>
internal sealed record WorkloadContext(
    LeaseId Id,
    string SpecHash,
    IReadOnlyDictionary<string, GpuPlacement> GpuPlacements,
    IReadOnlyDictionary<string, string> GpuSlots,
    string StorageClass)
{
    private const string Ending = "-pods";

    /// <summary>The server knows <c>spec.suspend</c> of Jobs.</summary>
    public bool CanSuspendJobs { get; init; }

    /// <summary>The server gives each pod of a Job its number.</summary>
    public bool CanIndexJobs { get; init; }

    /// <summary>Jobs that are there, by name.</summary>
    public IReadOnlyDictionary<string, JsonObject> StandingJobs { get; init; } = new Dictionary<string, JsonObject>();

    /// <summary>RuntimeClass of pods whose GPU class names none; empty for the cluster's default.</summary>
    public string RuntimeClass { get; init; } = "";

    /// <summary>Which pods have users of their own, by RuntimeClass; none of one that is not in here.</summary>
    public IReadOnlyDictionary<string, OwnUsers> OwnUsers { get; init; } = new Dictionary<string, OwnUsers>();

    /// <summary>How ports get out of the cluster.</summary>
    public PortPolicy Ports { get; init; } = PortPolicy.None;

    /// <summary>By which exposed ports are reached at a load balancer's address; those that are not here, by the tenant's own.</summary>
    public IReadOnlyDictionary<PortClaim, long> Numbers { get; init; } = new Dictionary<PortClaim, long>();

    /// <summary>Nodes of the pods of an item; those of one that is not in here go to any.</summary>
    public IReadOnlyDictionary<string, JsonObject> Affinities { get; init; } = new Dictionary<string, JsonObject>();

    /// <summary>By StatefulSet that is there: the Service that names its pods. It cannot change while they run.</summary>
    public IReadOnlyDictionary<string, string> Governing { get; init; } = new Dictionary<string, string>();

    /// <summary>The workload that all of this is of.</summary>
    public WorkloadSpec Workload { get; init; } = new([], []);

    /// <summary>The Service by which the pods of an item with volumes have names, each its own: the item's with an ending that is nobody else's.</summary>
    public string GoverningOf(string item) => Governing.GetValueOrDefault(item) is { Length: > 0 } before ? before
        : Workload.Containers.Any(c => c.Name == item + Ending) ? item : item + Ending;

    /// <summary>There is a Service of that name with an address of its own.</summary>
    public bool IsAsked(string name) => Workload.Services.Any(s => s.Ports.Count > 0 && s.Container.Name == name);

    /// <summary>Labels of the pods of an item, which its selectors use.</summary>
    public JsonObject Selector(string item) => Json.Map((Names.LeaseLabel, Names.LabelOf(Id)), (Names.ItemLabel, item));

    /// <param name="name">Of the object; the item's when null.</param>
    public JsonObject Metadata(string item, string? name = null)
    {
        var metadata = NamespaceManifest.Metadata(Id, name ?? item);
        metadata["labels"]![Names.ItemLabel] = item;
        metadata["annotations"] = Json.Map((Names.LeaseIdAnnotation, Id.Hex), (Names.SpecHashAnnotation, SpecHash));
        return metadata;
    }

    public GpuPlacement? PlacementOf(ContainerSpec container) => container.Resources.Gpu is { } gpu
        ? GpuPlacements.GetValueOrDefault(gpu.Class)
          ?? throw new ArgumentException($"{container.Name} asks for GPU class {gpu.Class}, for which this datacenter names no nodes.")
        : null;
}

/// <summary>Which pods have users of their own.</summary>
internal enum OwnUsers
{
    None,
    WithoutVolumes,
    Always,
}
