using System.Globalization;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Domain.Placement;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Sums over the nodes that take pods, for the Datacenter's status.</summary>
internal static class CapacityMapper
{
    private const long MiB = 1024 * 1024;

    public static IReadOnlyList<CapacityStatus> Sum(IReadOnlyList<(V1Node Node, NodeSnapshot Snapshot)> nodes, NodePolicy policy)
    {
        var open = nodes.Where(n => n.Snapshot.Blocked is null).Select(n => (Has: PodRequests.Read(n.Node.Status?.Allocatable), n.Snapshot)).ToArray();
        var all = new List<CapacityStatus>
        {
            Entry("cpu", Amount.Cpu(Whole(open.Sum(n => (n.Has.GetValueOrDefault("cpu") * 1000) - policy.ReservedCpuMilli))), Amount.Cpu(Whole(open.Sum(n => n.Snapshot.Free.CpuMilli)))),
            Entry("memory", Amount.MiB(Whole(open.Sum(n => (n.Has.GetValueOrDefault("memory") / MiB) - policy.ReservedMemoryMiB))), Amount.MiB(Whole(open.Sum(n => n.Snapshot.Free.MemoryBytes / MiB)))),
        };
        foreach (var name in policy.GpuClasses.Keys.Order(StringComparer.Ordinal))
        {
            var holders = open.Where(n => n.Snapshot.GpuClasses.ContainsKey(name)).ToArray();
            all.Add(Entry(
                name,
                Count(holders.Sum(n => n.Has.GetValueOrDefault(n.Snapshot.GpuClasses[name]))),
                Count(holders.Sum(n => n.Snapshot.Free.Extended.GetValueOrDefault(n.Snapshot.GpuClasses[name])))));
        }

        return all;
    }

    private static CapacityStatus Entry(string name, string allocatable, string free) => new() { Class = name, Allocatable = allocatable, Free = free };

    private static ulong Whole(decimal value) => (ulong)Math.Max(0, decimal.Floor(value));

    private static string Count(decimal value) => Whole(value).ToString(CultureInfo.InvariantCulture);
}
