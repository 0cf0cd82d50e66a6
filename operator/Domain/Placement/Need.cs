using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>What is still to be found on nodes. Changes in place while shares are taken for it.</summary>
internal sealed class Need
{
    private const long MiB = 1024 * 1024;

    private readonly SortedDictionary<string, long> gpus = new(StringComparer.Ordinal);

    private Need(long cpuMilli, long memoryBytes) => (CpuMilli, MemoryBytes) = (cpuMilli, memoryBytes);

    public long CpuMilli { get; private set; }

    public long MemoryBytes { get; private set; }

    /// <summary>A class hash that this datacenter has no text for; null when it knows all.</summary>
    public string? UnknownClass { get; private init; }

    public IReadOnlyDictionary<string, long> Gpus => gpus;

    public bool IsNothing => CpuMilli == 0 && MemoryBytes == 0 && gpus.Values.All(count => count == 0);

    public static Need Of(Resources reserved, Func<string, string?> classOfHash)
    {
        var slots = new[] { reserved.GpuA, reserved.GpuB }.Where(slot => slot is { IsNone: false, Count: > 0 }).ToArray();
        var need = new Need(reserved.CpuMilli, reserved.MemoryMiB * MiB)
        {
            UnknownClass = slots.Select(slot => slot.ClassHash).FirstOrDefault(hash => classOfHash(hash) is null),
        };
        foreach (var slot in slots)
            if (classOfHash(slot.ClassHash) is { } known) need.gpus[known] = need.gpus.GetValueOrDefault(known) + slot.Count;
        return need;
    }

    public Need Copy()
    {
        var copy = new Need(CpuMilli, MemoryBytes) { UnknownClass = UnknownClass };
        foreach (var (name, count) in gpus) copy.gpus[name] = count;
        return copy;
    }

    /// <summary>Of a share no more than is needed.</summary>
    public NodeShare AtMost(NodeShare share) => share with
    {
        CpuMilli = Math.Min(share.CpuMilli, CpuMilli),
        MemoryBytes = Math.Min(share.MemoryBytes, MemoryBytes),
        Gpus = share.GpuClass is null ? 0 : Math.Min(share.Gpus, gpus.GetValueOrDefault(share.GpuClass)),
    };

    /// <summary>More than was needed counts as enough.</summary>
    public void Less(long cpuMilli, long memoryBytes, string? gpuClass, long count)
    {
        (CpuMilli, MemoryBytes) = (Math.Max(0, CpuMilli - cpuMilli), Math.Max(0, MemoryBytes - memoryBytes));
        if (gpuClass is not null && gpus.TryGetValue(gpuClass, out var needed)) gpus[gpuClass] = Math.Max(0, needed - count);
    }

    public void Less(NodeShare share) => Less(share.CpuMilli, share.MemoryBytes, share.GpuClass, share.Gpus);
}
