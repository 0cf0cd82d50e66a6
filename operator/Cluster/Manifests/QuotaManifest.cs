using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>What a lease's namespace may hold: exactly what was leased. Rolling updates get no room beside it.</summary>
internal static class QuotaManifest
{
    // Objects cost the API server memory, whoever pays for them.
    private const int Secrets = 8;
    private const int ConfigMaps = 32;
    // One for those who ask a program, and one that names its pods.
    private const int Services = 2 * WorkloadLimits.Programs;
    private const int Claims = 64;
    private const uint Pods = 500;

    // Pods that ended count no more among those that run, but each stays an object until it is removed.
    private const uint EndedPods = 64;

    /// <param name="gpus">Devices by extended resource name; 0 for those that the lease did not buy.</param>
    /// <param name="ports">What the datacenter lets out of the cluster.</param>
    public static JsonObject Build(LeaseId id, Resources resources, IReadOnlyDictionary<string, uint> gpus, PortPolicy ports)
    {
        var cpu = Amount.Cpu(resources.CpuMilli);
        var memory = Amount.MiB(resources.MemoryMiB);
        var pods = Math.Clamp(resources.CpuMilli, 1, Pods);
        var hard = Json.Map(
            ("limits.cpu", cpu), ("requests.cpu", cpu),
            ("limits.memory", memory), ("requests.memory", memory),
            ("limits.ephemeral-storage", Scratch(resources)), ("requests.ephemeral-storage", Scratch(resources)),
            ("requests.storage", Amount.MiB(resources.StorageMiB)),
            ("persistentvolumeclaims", Amount.Count(resources.StorageMiB == 0 ? 0 : (ulong)Claims)),
            ("pods", Amount.Count(pods)), ("count/pods", Amount.Count(pods + EndedPods)),
            // A load balancer has ports of the nodes behind it, where its provider does not do without.
            ("services", Amount.Count((ulong)(Services + ports.MaxPerLease))),
            ("services.loadbalancers", Amount.Count(ports.IsLoadBalanced ? (ulong)ports.MaxPerLease : 0)),
            ("services.nodeports", Amount.Count((ulong)ports.MaxPerLease)),
            ("secrets", Amount.Count(Secrets)), ("configmaps", Amount.Count(ConfigMaps)));
        foreach (var (resource, count) in gpus.OrderBy(g => g.Key, StringComparer.Ordinal)) hard["requests." + resource] = Amount.Count(count);
        return Object(id, "ResourceQuota", new JsonObject { ["hard"] = hard });
    }

    /// <summary>It counted fewer Services, as operators did before pods had names: it is brought up to date, and nobody is to blame.</summary>
    public static bool IsEarlier(JsonObject seen, IReadOnlyList<Difference> differences) => differences.All(d => d.Path is ["spec", "hard", "services"]
        && long.TryParse(seen.Text("spec", "hard", "services"), out var before) && long.TryParse((string?)d.Wanted, out var wanted) && before < wanted);

    /// <summary>Bounds of each pod, and defaults for one that names none: the quota alone would only refuse it.</summary>
    public static JsonObject BuildLimits(LeaseId id, Resources resources)
    {
        var most = Json.Map(
            ("cpu", Amount.Cpu(resources.CpuMilli)), ("memory", Amount.MiB(resources.MemoryMiB)), ("ephemeral-storage", Scratch(resources)));
        var usual = Json.Map(
            ("cpu", Amount.Cpu(Math.Min(100, resources.CpuMilli))),
            ("memory", Amount.MiB(Math.Min(64, resources.MemoryMiB))),
            ("ephemeral-storage", Amount.MiB(Math.Min(64, resources.StorageMiB))));
        return Object(id, "LimitRange", new JsonObject
        {
            ["limits"] = new JsonArray(
                new JsonObject { ["type"] = "Pod", ["max"] = most },
                new JsonObject { ["type"] = "Container", ["max"] = most.DeepClone(), ["default"] = usual, ["defaultRequest"] = usual.DeepClone() }),
        });
    }

    // Volumes and scratch space are both storage of the lease: together they are checked before anything runs, here each alone.
    private static string Scratch(Resources resources) => Amount.MiB(resources.StorageMiB);

    private static JsonObject Object(LeaseId id, string kind, JsonObject spec) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = kind,
        ["metadata"] = NamespaceManifest.Metadata(id, Names.Isolation),
        ["spec"] = spec,
    };
}
