using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>Sums by class, for people.</summary>
internal static class CapacitySums
{
    private const long MiB = 1024 * 1024;

    public static IReadOnlyList<ClassCapacity> Of(CapacityInput input, IReadOnlyCollection<Bin> bins, StorageBook storage)
    {
        var open = input.Nodes.Where(n => n.Blocked is null).ToArray();
        var leased = Sum(input.Leases.Select(l => l.Resources), input.ClassOfHash);
        var held = Sum(input.Holds.Select(h => h.Resources), input.ClassOfHash);
        var devices = open.SelectMany(n => n.ExactClasses().Select(c => (c.Class, Count: n.Total.Extended.GetValueOrDefault(c.Resource))))
            .GroupBy(d => d.Class, d => d.Count, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Sum(), StringComparer.Ordinal);
        var gpus = devices.Keys.Concat(leased.Keys).Concat(held.Keys)
            .Where(c => c is not (ClassCapacity.Cpu or ClassCapacity.Memory or ClassCapacity.Storage)).Distinct().Order(StringComparer.Ordinal);
        return
        [
            Entry(ClassCapacity.Cpu, open.Sum(n => Math.Max(0, n.Total.CpuMilli)), bins.Sum(b => b.CpuMilli)),
            Entry(ClassCapacity.Memory, open.Sum(n => Math.Max(0, n.Total.MemoryBytes)), bins.Sum(b => b.MemoryBytes)),
            storage.Sums(),
            .. gpus.Select(c => Entry(c, devices.GetValueOrDefault(c), bins.Sum(b => b.FreeGpus(c)))),
        ];

        ClassCapacity Entry(string name, long allocatable, long free) =>
            new(name, allocatable, held.GetValueOrDefault(name), leased.GetValueOrDefault(name), free);
    }

    internal static Dictionary<string, long> Sum(IEnumerable<Resources> all, Func<string, string?> classOfHash)
    {
        var sum = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (resources, need) in all.Select(r => (r, Need.Of(r, classOfHash))))
        {
            sum[ClassCapacity.Storage] = sum.GetValueOrDefault(ClassCapacity.Storage) + (resources.StorageMiB * MiB);
            sum[ClassCapacity.Cpu] = sum.GetValueOrDefault(ClassCapacity.Cpu) + need.CpuMilli;
            sum[ClassCapacity.Memory] = sum.GetValueOrDefault(ClassCapacity.Memory) + need.MemoryBytes;
            foreach (var (gpuClass, count) in need.Gpus) sum[gpuClass] = sum.GetValueOrDefault(gpuClass) + count;
        }

        return sum;
    }
}
