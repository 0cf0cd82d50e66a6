using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>What is still to be found on nodes, of two GPU classes at most. Changes in place while shares are taken for it.</summary>
internal sealed class Need
{
    private const long MiB = 1024 * 1024;

    private string? classA;
    private string? classB;
    private long countA;
    private long countB;

    public long CpuMilli { get; private set; }

    public long MemoryBytes { get; private set; }

    /// <summary>Of the storage what may still become scratch space.</summary>
    public long ScratchBytes { get; private set; }

    /// <summary>A class hash that this datacenter has no text for; null when it knows all.</summary>
    public string? UnknownClass { get; private set; }

    public bool IsNothing => CpuMilli == 0 && MemoryBytes == 0 && countA == 0 && countB == 0;

    /// <summary>Devices by class, in ordinal order.</summary>
    public IEnumerable<(string Class, long Count)> Gpus
    {
        get
        {
            if (classA is not null) yield return (classA, countA);
            if (classB is not null) yield return (classB, countB);
        }
    }

    public static Need Of(Resources reserved, Func<string, string?> classOfHash)
    {
        var need = new Need { CpuMilli = reserved.CpuMilli, MemoryBytes = reserved.MemoryMiB * MiB, ScratchBytes = reserved.StorageMiB * MiB };
        need.Add(reserved.GpuA, classOfHash);
        need.Add(reserved.GpuB, classOfHash);
        if (need.classB is not null && string.CompareOrdinal(need.classA, need.classB) > 0)
            (need.classA, need.countA, need.classB, need.countB) = (need.classB, need.countB, need.classA, need.countA);
        return need;
    }

    public Need Copy() => (Need)MemberwiseClone();

    /// <summary>Of a share no more than is needed.</summary>
    public NodeShare AtMost(NodeShare share) => share with
    {
        CpuMilli = Math.Min(share.CpuMilli, CpuMilli),
        MemoryBytes = Math.Min(share.MemoryBytes, MemoryBytes),
        Gpus = share.GpuClass is null ? 0 : Math.Min(share.Gpus, share.GpuClass == classA ? countA : share.GpuClass == classB ? countB : 0),
    };

    /// <summary>More than was needed counts as enough.</summary>
    public void Less(long cpuMilli, long memoryBytes, string? gpuClass, long count)
    {
        (CpuMilli, MemoryBytes) = (Math.Max(0, CpuMilli - cpuMilli), Math.Max(0, MemoryBytes - memoryBytes));
        if (gpuClass is null) return;
        if (gpuClass == classA) countA = Math.Max(0, countA - count);
        else if (gpuClass == classB) countB = Math.Max(0, countB - count);
    }

    /// <summary>Less than nothing gives back.</summary>
    public void LessScratch(long bytes) => ScratchBytes = Math.Max(0, ScratchBytes - bytes);

    public void Less(Need other)
    {
        Less(other.CpuMilli, other.MemoryBytes, null, 0);
        foreach (var (gpuClass, count) in other.Gpus) Less(0, 0, gpuClass, count);
    }

    public void Less(NodeShare share) => Less(share.CpuMilli, share.MemoryBytes, share.GpuClass, share.Gpus);

    private void Add(GpuCount slot, Func<string, string?> classOfHash)
    {
        if (slot.Count == 0 || slot.IsNone) return;
        if (classOfHash(slot.ClassHash) is not { } known) UnknownClass ??= slot.ClassHash;
        else if (classA is null || classA == known) (classA, countA) = (known, countA + slot.Count);
        else (classB, countB) = (known, slot.Count);
    }
}
