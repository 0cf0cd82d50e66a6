using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>A port that a lease exposes: of both protocols it has one number.</summary>
/// <param name="Item">Its service.</param>
/// <param name="Port">The tenant's number.</param>
internal readonly record struct PortClaim(LeaseId Lease, string Item, long Port);

/// <summary>
/// Gives the numbers out by which exposed ports are reached at a load balancer's address: one number is one port of one lease. What
/// counts is what was applied to the Services that expose them, so a restart changes none; here is only what was given out since.
/// </summary>
internal sealed class PortBook(ClusterCache cache, DatacenterView datacenter)
{
    private readonly Lock gate = new();
    private readonly Dictionary<PortClaim, long> fresh = [];
    private (long? Services, long? Namespaces, IReadOnlyDictionary<string, int> Counts) counted = (null, null, new Dictionary<string, int>());

    /// <summary>What leases hold now.</summary>
    public PortUse Use()
    {
        if (datacenter.Ports() is not { Numbers: { } most }) return PortUse.Unbounded;
        lock (gate)
        {
            var (services, namespaces) = (Services.ChangeCount, cache.Namespaces.ChangeCount);
            if (services is null || namespaces is null || counted.Services != services || counted.Namespaces != namespaces)
                counted = (services, namespaces, Held().Keys.GroupBy(c => c.Lease.Namespace).ToDictionary(g => g.Key, g => g.Count()));
            return new PortUse(most, counted.Counts);
        }
    }

    /// <summary>The numbers of all ports that the workload exposes: those that it has, as far as they are in the range, and the lowest free ones.</summary>
    /// <exception cref="ClusterException">There are not so many; those that others have are never taken from them.</exception>
    public IReadOnlyDictionary<PortClaim, long> Take(LeaseId id, WorkloadSpec workload)
    {
        PortClaim[] wanted = [.. workload.Services.SelectMany(s => s.ExposedPorts.Select(p => new PortClaim(id, s.Container.Name, p.Port))).Distinct()];
        lock (gate)
        {
            var numbers = wanted.Length == 0 ? [] : Choose(id, wanted, datacenter.Ports() ?? PortPolicy.None);
            foreach (var gone in fresh.Keys.Where(c => c.Lease == id || !IsHere(c.Lease)).ToArray()) fresh.Remove(gone);
            foreach (var (claim, number) in numbers) fresh[claim] = number;
            counted.Services = null;
            return numbers;
        }
    }

    /// <summary>The lease's Services are gone.</summary>
    public void GiveBack(LeaseId id)
    {
        lock (gate)
        {
            foreach (var gone in fresh.Keys.Where(c => c.Lease == id).ToArray()) fresh.Remove(gone);
            counted.Services = null;
        }
    }

    private ObjectMirror Services => cache.Of(ResourceKinds.Service);

    private Dictionary<PortClaim, long> Choose(LeaseId id, PortClaim[] wanted, PortPolicy policy)
    {
        var held = Held();
        var others = held.Where(h => h.Key.Lease != id).ToArray();
        if (policy.Numbers is { } most && !wanted.All(held.ContainsKey) && others.Length + wanted.Length > most) throw Exhausted(wanted.Length, Math.Max(0, most - others.Length));
        var taken = others.Select(h => h.Value).ToHashSet();
        // First those that stay, so that no new one gets the number of an old one.
        var numbers = wanted.Where(held.ContainsKey).Select(c => (Claim: c, Number: held[c]))
            .Where(h => policy.Allows(h.Number, h.Claim.Port) && taken.Add(h.Number)).ToDictionary(h => h.Claim, h => h.Number);
        foreach (var claim in wanted.Where(c => !numbers.ContainsKey(c))) numbers[claim] = Lowest(policy, claim, taken) ?? throw Exhausted(wanted.Length, numbers.Count);
        return numbers;
    }

    private bool IsHere(LeaseId id) => cache.LeaseOf(id.Namespace) == id;

    private static long? Lowest(PortPolicy policy, PortClaim claim, HashSet<long> taken)
    {
        if (policy.Range is not { } range) return claim.Port;
        for (long number = range.First; number <= range.Last; number++)
            if (taken.Add(number)) return number;
        return null;
    }

    // Where two Services say the same number, as after a slip of somebody's hand, it is the elder's.
    private Dictionary<PortClaim, long> Held()
    {
        var held = new Dictionary<PortClaim, long>();
        var isShared = datacenter.Ports() is { Range: null };
        var seen = new HashSet<long>();
        foreach (var service in Services.All().Select(s => s.Tree).Where(s => s.Label(Names.ExposedLabel) is not null).OrderBy(s => s.Text("metadata", "creationTimestamp"), StringComparer.Ordinal))
            if (LeaseId.TryParse(service.Annotation(Names.LeaseIdAnnotation), out var lease))
                foreach (var port in Applied(service))
                {
                    var (claim, number) = (new PortClaim(lease, service.Label(Names.ItemLabel) ?? "", port.Number("targetPort")), port.Number("port"));
                    if (!held.ContainsKey(claim) && (isShared || seen.Add(number))) held[claim] = number;
                }

        foreach (var (claim, number) in fresh)
            if (IsHere(claim.Lease) && (isShared || seen.Add(number))) held.TryAdd(claim, number);
        return held;
    }

    // What was applied and not what stands there: a number that somebody edited is set back.
    private static IEnumerable<JsonObject> Applied(JsonObject service)
    {
        try
        {
            return service.Annotation(Names.AppliedAnnotation) is { } applied && JsonNode.Parse(applied) is JsonObject spec ? [.. spec.Items("ports")] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static ClusterException Exhausted(int wanted, int free) => new(
        "PortsExhausted", $"{wanted} ports are to be exposed, and {free} numbers are free for them: the administrator gives more in spec.ports of the Datacenter, or others give theirs back. It is tried again.", isTransient: true);
}
