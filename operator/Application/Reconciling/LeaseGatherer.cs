using System.Runtime.CompilerServices;
using Federation.Application.Holding;
using Federation.Application.Hostnames;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Results;
using Federation.Domain.Workloads;

namespace Federation.Application.Reconciling;

/// <summary>Every read of one look at a lease, into one immutable observation.</summary>
public sealed class LeaseGatherer(
    IWorkloadCluster cluster,
    CapacityReader capacities,
    IHasher hasher,
    WindowReader windows,
    ResultReader results,
    ImagePinner images,
    HostnameWatch hostnames,
    ExportReader exports,
    IntentOutbox outbox,
    LeasePolicy times,
    OperatorHealth health,
    MeterResumption? resumption = null)
{
    private readonly DeliveryReader deliveries = new(hasher);
    // Parsed and hashed once for as long as the object says it and the datacenter offers the same.
    private readonly ConditionalWeakTable<LeaseRecord, Delivery> delivered = [];

    public async Task<LeaseObservation> ReadAsync(LeaseRecord record, LeaseView view, bool isChainAway, CancellationToken cancellation)
    {
        var facts = await cluster.ObserveAsync(view.Id, view.Terms, cancellation) with { LookedAtMs = health.OwnClock.ToUnixTimeMilliseconds() };
        var capacity = await cluster.ReadCapacityAsync(cancellation);
        var policy = times with { Keep = capacity.Keep };
        var now = health.Now.ToUnixTimeMilliseconds();
        var workload = Deliver(record, view.Terms, capacity, facts);
        var start = resumption is null ? new MeterStart(record.Status, null, null) : await resumption.ReadAsync(view, record.Status, isChainAway, cancellation);
        var status = start.Status;
        var pinned = images.Read(view, workload, status, facts);
        var collected = results.Collect(view, status, facts, now);
        return new LeaseObservation(
            view,
            workload,
            facts,
            isChainAway ? null : await PlaceAsync(view, cancellation),
            status,
            await MeterAsync(view, start, facts, policy, now, cancellation),
            outbox.LastFailure(view.Id),
            outbox.IsActivationMined(view.Id),
            policy,
            record.Generation,
            now)
        {
            IsChainAway = isChainAway,
            ChainSilenceMs = (long)health.ChainSilence.TotalMilliseconds,
            Intake = capacity.Intake,
            Results = collected,
            Images = pinned,
            Place = pinned.IsComplete ? await FindPlaceAsync(view, workload, facts, isChainAway, cancellation) : PlaceNews.None,
            FitsWhenEmpty = FitsWhenEmpty(workload, facts, capacity),
            Hostnames = await hostnames.ReadAsync(view, workload, status, capacity.Ingress, facts.Routes, cancellation),
            Exports = await exports.ReadAsync(record, facts, cancellation),
            Post = isChainAway ? PostNews.None : await results.FollowAsync(view, status, collected, workload.PostsResult(view.Terms), cancellation),
        };
    }

    // Where it is not known where metering stood no window is closed: one that began anew would bill again what is settled, or less than that.
    private async Task<MeteringNews> MeterAsync(LeaseView view, MeterStart start, ClusterFacts facts, LeasePolicy policy, long now, CancellationToken cancellation) => start.Error is { } error
        ? new MeteringNews(start.Status.Usage, start.Status.UsageEvidence, error) { Window = start.Status.UsageWindow, IsBelowSettled = true }
        : start.Judge(await windows.ReadAsync(view, start.Status, facts, policy, now, cancellation));

    private DeliveredWorkload Deliver(LeaseRecord record, LeaseTerms terms, ClusterCapacity here, ClusterFacts facts)
    {
        var basis = (terms, here.GpuClasses, here.Ingress, (here.ExposedPorts, here.LeastVolumeMiB), here.PortUse.RoomFor(record.Id), facts.Claims, facts.AppliedSpecHash);
        if (delivered.TryGetValue(record, out var known) && known.Basis == basis) return known.Workload;
        var workload = deliveries.Read(record.Workload, terms, here, record.Id, facts.Claims, facts.AppliedSpecHash);
        delivered.AddOrUpdate(record, new Delivery(basis, workload));
        return workload;
    }

    // What was matched once and never changed has its place: nobody draws the book for it.
    private async Task<PlacementResult?> PlaceAsync(LeaseView view, CancellationToken cancellation) => view.Confirmed switch
    {
        { State: LeaseState.Reserved } => await capacities.FindAsync(view.Id, cancellation),
        { State: LeaseState.Active or LeaseState.Closing, Amendments: > 0 } => await capacities.FindAmendedAsync(view.Id, cancellation),
        _ => null,
    };

    // A chain that was not heard since this process began tells of no promises: then what is missing is made where it goes, for
    // nothing is sold meanwhile.
    private async Task<PlaceNews> FindPlaceAsync(LeaseView view, DeliveredWorkload workload, ClusterFacts facts, bool isChainAway, CancellationToken cancellation)
    {
        if (PlacingRules.Wish(view, workload, facts) is not { } wish) return PlaceNews.None;
        var found = await capacities.PlaceAsync(view.Id, wish, cancellation);
        return found is null && isChainAway ? PlaceNews.None : new PlaceNews(wish, found);
    }

    private static bool FitsWhenEmpty(DeliveredWorkload workload, ClusterFacts facts, ClusterCapacity capacity) =>
        workload.Spec is null || !facts.Pods.Any(PlacingRules.HasNoNode) || Placer.PlaceEmpty(WorkloadDemand.Of(workload.Spec).Pods, capacity.Nodes.Where(n => n.Blocked is null)).Fits;

    /// <summary>The lease is looked at no more.</summary>
    public void Forget(LeaseId id)
    {
        capacities.Forget(id);
        images.Forget(id);
        hostnames.Forget(id);
        windows.Forget(id);
    }

    private sealed record Delivery((LeaseTerms Terms, IReadOnlyDictionary<string, GpuPlacement> Classes, IngressOffer? Ingress, (int Ports, long LeastVolume) Bounds, int? Room, IReadOnlyList<ClaimFact> Claims, string? Applied) Basis, DeliveredWorkload Workload);
}
