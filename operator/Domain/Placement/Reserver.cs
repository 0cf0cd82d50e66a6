namespace Federation.Domain.Placement;

/// <summary>Finds shares of nodes for reservations and takes them out of the bins.</summary>
internal sealed class Reserver(IReadOnlyList<Bin> bins)
{
    private Dictionary<string, Bin>? byName;

    /// <summary>
    /// All or nothing. Each chunk on one node where that is possible, on the fullest that takes it; else spread, devices first
    /// and CPU and memory beside them as far as there is any.
    /// </summary>
    /// <returns>Null when the sums do not suffice.</returns>
    public Taking? TryTake(Need need)
    {
        var (chunks, taking) = (ReservationChunks.Of(need), new Taking(need));
        if (Array.TrueForAll(chunks, chunk => TryWhole(chunk, taking))) return taking;
        taking.GiveBack();
        if (Array.TrueForAll(chunks, chunk => TrySpread(chunk, taking))) return taking;
        taking.GiveBack();
        return null;
    }

    /// <summary>As much of the need as is free on the nodes that it was promised on.</summary>
    public void TakeBound(Need need, IEnumerable<NodeShare> bound, Taking taking)
    {
        byName ??= bins.ToDictionary(b => b.Name, StringComparer.Ordinal);
        foreach (var share in bound)
            if (!need.IsNothing && byName.TryGetValue(share.Node, out var bin)) need.Less(taking.Take(share.GpuClass ?? "", bin, need.AtMost(share)));
    }

    /// <summary>As much of the need as there is at all: what is owed is sold to nobody else.</summary>
    public void TakeRest(Need need, Taking taking)
    {
        foreach (var chunk in ReservationChunks.Of(need))
            foreach (var bin in InOrder(chunk, taking))
            {
                if (need.IsNothing) return;
                need.Less(taking.Take(chunk.Name, bin, need.AtMost(new NodeShare(bin.Name, long.MaxValue, long.MaxValue, chunk.GpuClass, long.MaxValue))));
            }
    }

    private bool TryWhole(PodDemand chunk, Taking taking)
    {
        Bin? best = null;
        foreach (var bin in bins)
            if (bin.Takes(chunk) && (best is null || Spare(bin).CompareTo(Spare(best)) < 0)) best = bin;
        if (best is null) return false;
        taking.Take(chunk.Name, best, new NodeShare(best.Name, chunk.CpuMilli, chunk.MemoryBytes, chunk.GpuClass, chunk.GpuCount));
        return true;

        // Nodes without devices first, so that a pod without any blocks none; then the one with the least to spare.
        (long, long, long) Spare(Bin bin) => (bin.Devices - chunk.GpuCount, bin.CpuMilli, bin.MemoryBytes);
    }

    private bool TrySpread(PodDemand chunk, Taking taking)
    {
        var (cpu, memory, gpus) = (chunk.CpuMilli, chunk.MemoryBytes, (long)chunk.GpuCount);
        var order = InOrder(chunk, taking);
        // Beside each device its part of CPU and memory, for a device without them is of no use.
        foreach (var bin in chunk.GpuClass is null ? [] : order)
        {
            var count = Math.Min(gpus, bin.FreeGpus(chunk.GpuClass!));
            if (count <= 0) break;
            Take(bin, chunk.CpuMilli * count / chunk.GpuCount, (long)((Int128)chunk.MemoryBytes * count / chunk.GpuCount), count);
        }

        foreach (var bin in order)
        {
            if (cpu <= 0 && memory <= 0) break;
            Take(bin, cpu, memory, 0);
        }

        return cpu <= 0 && memory <= 0 && gpus <= 0;

        void Take(Bin bin, long cpuMilli, long memoryBytes, long count)
        {
            var share = taking.Take(chunk.Name, bin, new NodeShare(bin.Name, Math.Min(cpuMilli, cpu), Math.Min(memoryBytes, memory), chunk.GpuClass, count));
            (cpu, memory, gpus) = (cpu - share.CpuMilli, memory - share.MemoryBytes, gpus - share.Gpus);
        }
    }

    private Bin[] InOrder(PodDemand chunk, Taking taking) => [.. bins.Where(taking.MayUse)
        .OrderByDescending(b => chunk.GpuClass is null ? -b.Devices : b.FreeGpus(chunk.GpuClass))
        .ThenByDescending(b => b.CpuMilli).ThenBy(b => b.Name, StringComparer.Ordinal)];
}
