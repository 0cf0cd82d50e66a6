namespace Federation.Domain.Placement;

/// <summary>How hard a pod is to place: pods with devices first, then by the largest share of what is free of any resource.</summary>
internal sealed class PodSize(IReadOnlyCollection<Bin> bins)
{
    private readonly double cpu = bins.Sum(b => (double)b.CpuMilli);
    private readonly double memory = bins.Sum(b => (double)b.MemoryBytes);
    private readonly double ephemeral = bins.Sum(b => (double)b.EphemeralBytes);

    public (int Devices, double Share) Of(PodDemand pod) => (
        pod.GpuClass is null ? 0 : pod.GpuCount,
        Math.Max(pod.CpuMilli / Math.Max(1, cpu), Math.Max(pod.MemoryBytes / Math.Max(1, memory), pod.EphemeralBytes / Math.Max(1, ephemeral))));
}
