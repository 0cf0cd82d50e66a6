using System.Text.Json;
using Federation.Application.Holding;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;

namespace Federation.Application.Reconciling;

/// <summary>Every read of one look at a lease, into one immutable observation.</summary>
public sealed class LeaseGatherer(
    IWorkloadCluster cluster,
    CapacityReader capacities,
    IHasher hasher,
    WindowReader windows,
    IntentOutbox outbox,
    LeasePolicy policy,
    TimeProvider clock)
{
    public async Task<LeaseObservation> ReadAsync(LeaseRecord record, LeaseView view, CancellationToken cancellation)
    {
        var facts = await cluster.ObserveAsync(view.Id, view.Terms, cancellation);
        var capacity = await cluster.ReadCapacityAsync(cancellation);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return new LeaseObservation(
            view,
            Parse(record.Workload, view.Terms, capacity),
            facts,
            view.Confirmed.State == LeaseState.Reserved ? await capacities.FindAsync(view.Id, cancellation) : null,
            record.Status,
            await windows.ReadAsync(view, record.Status, facts, policy, now, cancellation),
            outbox.LastFailure(view.Id),
            outbox.IsActivationMined(view.Id),
            policy,
            record.Generation,
            now);
    }

    private DeliveredWorkload Parse(JsonElement? workload, LeaseTerms terms, ClusterCapacity capacity)
    {
        if (workload is not { } element) return DeliveredWorkload.None;
        var parsed = WorkloadParser.Parse(element);
        if (!parsed.IsValid) return DeliveredWorkload.None with { Faults = parsed.Faults };
        var hash = hasher.Keccak256(CanonicalJson.Encode(element));
        var faults = WorkloadDemand.Of(parsed.Workload!).Fits(terms.Resources, ClassHash);
        var gpus = parsed.Workload!.Containers.Select(c => c.Resources.Gpu?.Class).OfType<string>().Distinct().ToArray();
        var unknown = gpus.Where(g => !capacity.GpuClasses.ContainsKey(g)).Select(g => new WorkloadFault("resources.gpu.class", $"this datacenter has no class '{g}'"));
        var placements = gpus.Where(capacity.GpuClasses.ContainsKey).ToDictionary(g => g, g => capacity.GpuClasses[g]);
        return new DeliveredWorkload(parsed.Workload, hash, [.. faults, .. unknown], placements);
    }

    private string ClassHash(string text) => hasher.Keccak256(System.Text.Encoding.UTF8.GetBytes(text));
}
