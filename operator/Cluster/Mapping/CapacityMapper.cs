using System.Globalization;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Domain.Placement;

namespace Federation.Cluster.Mapping;

/// <summary>Capacity by class to the Datacenter's status.</summary>
internal static class CapacityMapper
{
    private const long MiB = 1024 * 1024;

    public static IReadOnlyList<CapacityStatus> ToEntity(IReadOnlyList<ClassCapacity> classes) =>
        [.. classes.Where(IsWorthSaying).Select(c => new CapacityStatus
        {
            Class = c.Class,
            Allocatable = Text(c.Class, c.Allocatable),
            Held = Text(c.Class, c.Held),
            Leased = Text(c.Class, c.Leased),
            Free = Text(c.Class, c.Free),
        })];

    /// <summary>Devices of all classes together.</summary>
    public static DeviceStatus Devices(IReadOnlyList<ClassCapacity> classes)
    {
        var gpus = classes.Where(c => c.IsDevices).ToArray();
        return new DeviceStatus { Allocatable = gpus.Sum(g => g.Allocatable), Held = gpus.Sum(g => g.Held), Leased = gpus.Sum(g => g.Leased), Free = gpus.Sum(g => g.Free) };
    }

    // A class that has no device and owes none is no news.
    private static bool IsWorthSaying(ClassCapacity c) =>
        !c.IsDevices || c.Allocatable > 0 || c.Held > 0 || c.Leased > 0;

    private static string Text(string name, long amount) => name switch
    {
        ClassCapacity.Cpu => Amount.Cpu((ulong)Math.Max(0, amount)),
        ClassCapacity.Memory or ClassCapacity.Storage => Amount.MiB((ulong)Math.Max(0, amount / MiB)),
        _ => Math.Max(0, amount).ToString(CultureInfo.InvariantCulture),
    };
}
