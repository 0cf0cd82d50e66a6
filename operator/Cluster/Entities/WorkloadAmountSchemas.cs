using System.Text.Json;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

// Quantities are strings or numbers, whole or not: no schema type of the API server takes all three.
[PreserveUnknownFields]
internal sealed record ResourcesSchema
{
    [Required, PreserveUnknownFields, Description("Cores or millicores, such as \"500m\" or 2.")]
    public JsonElement Cpu { get; init; }

    [Required, PreserveUnknownFields, Description("Bytes with a suffix, such as \"128Mi\"; volumes in memory count too.")]
    public JsonElement Memory { get; init; }

    [PreserveUnknownFields, Description("Writable scratch space, logs and volumes of Scratch; 64Mi when left out.")]
    public JsonElement? EphemeralStorage { get; init; }

    public GpuSchema? Gpu { get; init; }
}

[PreserveUnknownFields]
internal sealed record GpuSchema
{
    [Required, Description("Model class as the Datacenter names it. Another model never stands in for it.")]
    public string Class { get; init; } = "";

    [Required, RangeMinimum(1), RangeMaximum(128), Description("Whole devices per pod.")]
    public int Count { get; init; }
}

[PreserveUnknownFields]
internal sealed record VolumeSchema
{
    [Required, Pattern(Patterns.Name), MaxLength(40)]
    public string Name { get; init; } = "";

    [Required, PreserveUnknownFields, Description("Bytes with a suffix, such as \"10Gi\".")]
    public JsonElement Size { get; init; }

    [Required, Description("Absolute path in the container.")]
    public string MountPath { get; init; } = "";

    [Description("Disk stays with the replica and is reserved and paid for by its size. Scratch is part of resources.ephemeralStorage, Memory of resources.memory. Disk when left out, which a job may not.")]
    public string? Medium { get; init; }
}
