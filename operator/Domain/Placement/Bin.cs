namespace Federation.Domain.Placement;

/// <summary>What is still free on a node while pods are tried on it. Changes in place: placing is undone exactly by removing.</summary>
internal sealed class Bin
{
    private readonly Dictionary<string, long> gpus;

    public Bin(NodeSnapshot node)
    {
        Name = node.Name;
        CpuMilli = Math.Max(0, node.Free.CpuMilli);
        MemoryBytes = Math.Max(0, node.Free.MemoryBytes);
        EphemeralBytes = Math.Max(0, node.Free.EphemeralBytes);
        Pods = Math.Max(0, node.FreePods);
        gpus = ExactGpus(node);
    }

    public string Name { get; }
    public long CpuMilli { get; private set; }
    public long MemoryBytes { get; private set; }
    public long EphemeralBytes { get; private set; }
    public long Pods { get; private set; }

    /// <summary>Free devices of all classes.</summary>
    public long Devices => gpus.Values.Sum();

    public IEnumerable<string> Classes => gpus.Keys;

    public long FreeGpus(string gpuClass) => gpus.GetValueOrDefault(gpuClass);

    public bool Takes(PodDemand pod) =>
        Pods > 0
        && pod.CpuMilli <= CpuMilli
        && pod.MemoryBytes <= MemoryBytes
        && pod.EphemeralBytes <= EphemeralBytes
        && (pod.GpuClass is null || pod.GpuCount <= FreeGpus(pod.GpuClass));

    public void Place(PodDemand pod) => Change(pod, 1);

    public void Remove(PodDemand pod) => Change(pod, -1);

    /// <summary>Two bins that are free alike take the same pods: trying both is wasted.</summary>
    public bool IsLike(Bin other) =>
        Pods == other.Pods
        && CpuMilli == other.CpuMilli
        && MemoryBytes == other.MemoryBytes
        && EphemeralBytes == other.EphemeralBytes
        && gpus.Count == other.gpus.Count
        && gpus.All(g => other.gpus.TryGetValue(g.Key, out var free) && free == g.Value);

    private void Change(PodDemand pod, int sign)
    {
        Pods -= sign;
        CpuMilli -= sign * pod.CpuMilli;
        MemoryBytes -= sign * pod.MemoryBytes;
        EphemeralBytes -= sign * pod.EphemeralBytes;
        if (pod.GpuClass is not null) gpus[pod.GpuClass] -= sign * pod.GpuCount;
    }

    // A resource name that two models share on one node does not say which of them a pod gets: neither can be sold as exact.
    private static Dictionary<string, long> ExactGpus(NodeSnapshot node) => node.GpuClasses
        .GroupBy(g => g.Value, StringComparer.Ordinal)
        .Where(sameResource => sameResource.Count() == 1)
        .Select(sameResource => sameResource.Single())
        .ToDictionary(g => g.Key, g => Math.Max(0, node.Free.Extended.GetValueOrDefault(g.Value)), StringComparer.Ordinal);
}
