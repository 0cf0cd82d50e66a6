namespace Federation.Domain.Pricing;

/// <summary>What a lease reserves, over all replicas: the Kubernetes limits of its workload.</summary>
/// <param name="CpuMilli">Millicores.</param>
/// <param name="EgressKiBps">Highest mean egress that can be billed, KiB per second.</param>
public sealed record Resources(
    uint CpuMilli,
    uint MemoryMiB,
    uint StorageMiB,
    uint EgressKiBps,
    GpuCount GpuA,
    GpuCount GpuB)
{
    public static Resources None { get; } = new(0, 0, 0, 0, GpuCount.None, GpuCount.None);
}

/// <summary>Whole devices (or MIG slices) of one model class.</summary>
/// <param name="ClassHash">Keccak-256 of the class's canonical text, 0x hex; all zero when the slot is unused.</param>
public sealed record GpuCount(string ClassHash, ushort Count)
{
    public const string NoClass = "0x0000000000000000000000000000000000000000000000000000000000000000";

    public static GpuCount None { get; } = new(NoClass, 0);

    public bool IsNone => ClassHash == NoClass;
}
