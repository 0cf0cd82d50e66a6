namespace Federation.Domain.Placement;

/// <summary>A reservation in the shape of pods, for as long as nobody knows the real ones.</summary>
internal static class ReservationChunks
{
    /// <summary>One pod; or one for each of two classes, which no node may have both of. Those with the most devices first.</summary>
    public static PodDemand[] Of(Need need)
    {
        var gpus = need.Gpus.Where(g => g.Count > 0).ToArray();
        if (gpus.Length == 0) return [new PodDemand(Placer.Reservation, 1, need.CpuMilli, need.MemoryBytes, 0, null, 0)];

        var devices = gpus.Sum(g => g.Count);
        var (cpu, memory) = (need.CpuMilli, need.MemoryBytes);
        var chunks = new List<PodDemand>();
        foreach (var (gpuClass, count) in gpus)
        {
            // Of what is left by the devices that are left: the last chunk takes the rest, so that the sum is exact.
            var (cpuShare, memoryShare) = (cpu * count / devices, (long)((Int128)memory * count / devices));
            chunks.Add(new PodDemand($"{Placer.Reservation}-{chunks.Count}", 1, cpuShare, memoryShare, 0, gpuClass, (int)count));
            (cpu, memory, devices) = (cpu - cpuShare, memory - memoryShare, devices - count);
        }

        return [.. chunks.OrderByDescending(c => c.GpuCount)];
    }
}
