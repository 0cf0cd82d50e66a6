using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Workloads;

namespace Federation.Application.Reconciling;

/// <summary>
/// What a tenant delivered, held against its lease. The reconciler and the admission of the tenant's write both read it
/// here, so that what is let in is what will run.
/// </summary>
public sealed class DeliveryReader(IHasher hasher)
{
    /// <param name="workload"><c>spec.workload</c> as stored; null before delivery.</param>
    /// <param name="terms">What the lease was matched on; null when they cannot be read: the workload is then read for itself.</param>
    /// <param name="here">What this datacenter has; null when it is not at hand.</param>
    /// <param name="id">Whose it is; null where ports that others have do not matter.</param>
    /// <param name="claims">Volumes of the lease that are there already.</param>
    /// <param name="applied">Hash of the workload that runs; null: none does, or it does not matter.</param>
    public DeliveredWorkload Read(JsonElement? workload, LeaseTerms? terms, ClusterCapacity? here, LeaseId? id = null, IReadOnlyList<ClaimFact>? claims = null, string? applied = null)
    {
        if (workload is not { } element) return DeliveredWorkload.None;
        var parsed = WorkloadParser.Parse(element);
        if (!parsed.IsValid) return DeliveredWorkload.None with { Faults = parsed.Faults };
        var hash = hasher.Keccak256(CanonicalJson.Encode(element));
        var faults = terms is null ? [] : WorkloadDemand.Of(parsed.Workload!).Fits(terms.Resources, ClassHash);
        var unkept = terms is null ? [] : VolumeRules.Faults(parsed.Workload!, claims ?? [], terms.Resources.StorageMiB, runs: hash == applied);
        var unrouted = here?.Ingress?.Faults(parsed.Workload!) ?? [];
        var classes = here?.GpuClasses;
        var gpus = parsed.Workload!.Containers.Select(c => c.Resources.Gpu?.Class).OfType<string>().Distinct().ToArray();
        var unknown = gpus.Where(g => classes?.ContainsKey(g) == false).Select(g => new WorkloadFault("resources.gpu.class", $"this datacenter has no class '{g}'"));
        var placements = gpus.Where(g => classes?.ContainsKey(g) == true).ToDictionary(g => g, g => classes![g]);
        return new DeliveredWorkload(parsed.Workload, hash, [.. faults, .. unkept, .. Small(parsed.Workload, here?.LeastVolumeMiB ?? 0, claims ?? [], runs: hash == applied), .. unknown, .. unrouted, .. Exposed(parsed.Workload, here?.ExposedPorts), .. Exhausted(parsed.Workload, here?.PortUse, id)], placements);
    }

    // What runs, and volumes that are there, were taken once.
    private static IEnumerable<WorkloadFault> Small(WorkloadSpec workload, long leastMiB, IReadOnlyList<ClaimFact> claims, bool runs)
    {
        if (runs) yield break;
        foreach (var service in workload.Services)
            foreach (var volume in service.Volumes.Where(v => v.SizeMiB < leastMiB && !claims.Any(c => (c.Item, c.Volume) == (service.Container.Name, v.Name))))
                yield return new WorkloadFault($"services.{service.Container.Name}.volumes.{volume.Name}.size", $"is {volume.SizeMiB} MiB, and a volume of this datacenter has at least {leastMiB}: ask for that (and have the lease reserve it), put several folders on one volume, or write medium: Scratch for what need not stay");
    }

    private static IEnumerable<WorkloadFault> Exposed(WorkloadSpec workload, int? allowed)
    {
        var count = workload.Services.Sum(s => s.ExposedPorts.Count());
        if (allowed is not { } most || count <= most) yield break;
        yield return new WorkloadFault("services.ports.expose", most == 0
            ? "this datacenter exposes no ports to the outside: leave it out, or take a datacenter that does"
            : $"{count} ports are to be exposed: this datacenter allows {most} of a lease");
    }

    // A port of both protocols has one number.
    private static IEnumerable<WorkloadFault> Exhausted(WorkloadSpec workload, PortUse? use, LeaseId? id)
    {
        if (use is null || id is not { } asker || use.RoomFor(asker) is not { } room) yield break;
        var count = workload.Services.Sum(s => s.ExposedPorts.Select(p => p.Port).Distinct().Count());
        if (count > room)
            yield return new WorkloadFault("services.ports.expose", $"{count} ports are to be exposed, and of the {use.Most} that this datacenter exposes for all leases {room} are left for this one: expose fewer, take another datacenter, or wait until others end, which is looked at by itself") { Reason = "PortsExhausted" };
    }

    /// <returns>By what the chain names it; null: there is none, or none that would run.</returns>
    public string? HashOf(JsonElement? workload) => workload is { } element && WorkloadParser.Parse(element).IsValid ? hasher.Keccak256(CanonicalJson.Encode(element)) : null;

    /// <summary>What the chain calls a GPU class by.</summary>
    public string ClassHash(string text) => hasher.Keccak256(System.Text.Encoding.UTF8.GetBytes(text));
}
