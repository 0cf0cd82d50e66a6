namespace Federation.Harness;

/// <summary>One model of GPU as a node advertises it: an extended resource, and the labels of NVIDIA's feature discovery.</summary>
/// <param name="Product">Value of <c>nvidia.com/gpu.product</c>, e.g. <c>NVIDIA-A100-SXM4-80GB</c>.</param>
/// <param name="Count">How many devices the node advertises as <c>nvidia.com/gpu</c>.</param>
/// <param name="MemoryMiB">Memory of one device.</param>
/// <param name="Family">Architecture, e.g. <c>ampere</c>.</param>
public sealed record GpuSpec(string Product, int Count, int MemoryMiB, string Family)
{
    public static GpuSpec A100 { get; } = new("NVIDIA-A100-SXM4-80GB", 4, 81920, "ampere");

    internal IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string>
    {
        ["nvidia.com/gpu.present"] = "true",
        ["nvidia.com/gpu.product"] = Product,
        ["nvidia.com/gpu.count"] = $"{Count}",
        ["nvidia.com/gpu.memory"] = $"{MemoryMiB}",
        ["nvidia.com/gpu.family"] = Family,
        ["nvidia.com/gpu.replicas"] = "1",
        ["nvidia.com/mig.capable"] = "false",
    };
}

/// <summary>What hardware a datacenter shows to its tenants.</summary>
public sealed record DatacenterSpec(string Name)
{
    /// <summary>GPUs of its node; none when null.</summary>
    public GpuSpec? Gpu { get; init; }

    /// <summary>CPU that pods may use, in thousandths of a core; the whole machine when null.</summary>
    public int? AllocatableMilliCpu { get; init; }

    /// <summary>Memory that pods may use; the whole machine when null.</summary>
    public int? AllocatableMemoryMiB { get; init; }

    /// <summary>Further labels of the node.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    private static readonly string[] Names =
        ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india"];

    /// <summary>The largest federation that one bridge network and the list of names hold.</summary>
    public static int MaximumCount => Names.Length;

    /// <summary>The first has four GPUs, the second CPUs alone, the third little of everything; then again from the start.</summary>
    public static IReadOnlyList<DatacenterSpec> Standard(int count)
    {
        if (count < 1 || count > MaximumCount)
            throw new HarnessException($"{count} datacenters cannot be started: the number must be from 1 to {MaximumCount}");
        return [.. Names.Take(count).Select((name, index) => (index % 3) switch
        {
            0 => new DatacenterSpec(name) { Gpu = GpuSpec.A100 },
            1 => new DatacenterSpec(name),
            _ => new DatacenterSpec(name) { AllocatableMilliCpu = 500, AllocatableMemoryMiB = 512 },
        })];
    }
}
