using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>A reservation in the shape of pods, for as long as nobody knows the real ones.</summary>
internal static class ReservationChunks
{
    private const long MiB = 1024 * 1024;

    /// <summary>One pod; or one for each of two classes, which no node may have both of.</summary>
    public static PodDemand[] Of(Resources reserved, Func<string, string?> classOfHash)
    {
        var gpus = new[] { reserved.GpuA, reserved.GpuB }
            .Where(slot => slot is { IsNone: false, Count: > 0 })
            .GroupBy(slot => classOfHash(slot.ClassHash)!, slot => (int)slot.Count, StringComparer.Ordinal)
            .Select(g => (Class: g.Key, Count: g.Sum()))
            .OrderBy(g => g.Class, StringComparer.Ordinal)
            .ToArray();
        if (gpus.Length == 0) return [new PodDemand(Placer.Reservation, 1, reserved.CpuMilli, reserved.MemoryMiB * MiB, 0, null, 0)];

        var devices = gpus.Sum(g => g.Count);
        var (cpu, memory) = ((long)reserved.CpuMilli, reserved.MemoryMiB * MiB);
        var chunks = new List<PodDemand>();
        foreach (var (gpuClass, count) in gpus)
        {
            // Of what is left by the devices that are left: the last chunk takes the rest, so that the sum is exact.
            var (cpuShare, memoryShare) = (cpu * count / devices, (long)((Int128)memory * count / devices));
            chunks.Add(new PodDemand($"{Placer.Reservation}-{chunks.Count}", 1, cpuShare, memoryShare, 0, gpuClass, count));
            (cpu, memory, devices) = (cpu - cpuShare, memory - memoryShare, devices - count);
        }

        return [.. chunks];
    }

    /// <summary>For each chunk the nodes that together hold it, those with the most devices first.</summary>
    public static Dictionary<string, IReadOnlyList<string>> Spread(IEnumerable<PodDemand> chunks, IReadOnlyList<Bin> bins) =>
        chunks.ToDictionary(c => c.Name, c => (IReadOnlyList<string>)Spread(c, bins), StringComparer.Ordinal);

    private static List<string> Spread(PodDemand chunk, IReadOnlyList<Bin> bins)
    {
        var (cpu, memory, gpus) = (chunk.CpuMilli, chunk.MemoryBytes, (long)chunk.GpuCount);
        var nodes = new List<string>();
        var order = bins.Where(b => b.Pods > 0)
            .OrderByDescending(b => chunk.GpuClass is null ? -b.Devices : b.FreeGpus(chunk.GpuClass))
            .ThenByDescending(b => b.CpuMilli).ThenBy(b => b.Name, StringComparer.Ordinal);
        foreach (var bin in order)
        {
            if (cpu <= 0 && memory <= 0 && gpus <= 0) break;
            nodes.Add(bin.Name);
            (cpu, memory) = (cpu - bin.CpuMilli, memory - bin.MemoryBytes);
            if (chunk.GpuClass is not null) gpus -= bin.FreeGpus(chunk.GpuClass);
        }

        return nodes;
    }
}
