using Federation.Domain.Placement;

namespace Federation.Cluster.Mapping;

/// <summary>What many pods ask for together. Adding and taking away are exact opposites, so that no event leaves a trace.</summary>
internal sealed class AmountSum
{
    private readonly Dictionary<string, Int128> extended = new(StringComparer.Ordinal);
    private Int128 cpuMilli;
    private Int128 memoryBytes;
    private Int128 ephemeralBytes;

    public int Pods { get; private set; }

    public void Add(NodeResources pod) => Change(pod, 1);

    public void Remove(NodeResources pod) => Change(pod, -1);

    public NodeResources ToResources() => new(
        Clamp(cpuMilli), Clamp(memoryBytes), Clamp(ephemeralBytes),
        extended.Count == 0 ? NodeResources.None.Extended : extended.ToDictionary(e => e.Key, e => Clamp(e.Value), StringComparer.Ordinal));

    /// <summary>What is left of it; below zero where more is asked for than there is.</summary>
    public NodeResources Of(NodeResources total) => new(
        Clamp(total.CpuMilli - cpuMilli), Clamp(total.MemoryBytes - memoryBytes), Clamp(total.EphemeralBytes - ephemeralBytes),
        extended.Count == 0 ? total.Extended : total.Extended.ToDictionary(e => e.Key, e => Clamp(e.Value - extended.GetValueOrDefault(e.Key)), StringComparer.Ordinal));

    private void Change(NodeResources pod, int sign)
    {
        Pods += sign;
        cpuMilli += (Int128)pod.CpuMilli * sign;
        memoryBytes += (Int128)pod.MemoryBytes * sign;
        ephemeralBytes += (Int128)pod.EphemeralBytes * sign;
        foreach (var (name, amount) in pod.Extended)
        {
            var sum = extended.GetValueOrDefault(name) + ((Int128)amount * sign);
            if (sum == 0) extended.Remove(name);
            else extended[name] = sum;
        }
    }

    private static long Clamp(Int128 value) => (long)Int128.Clamp(value, long.MinValue, long.MaxValue);
}
