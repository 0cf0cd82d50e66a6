using Federation.Application.Holding;
using Federation.Application.Hostnames;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

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
    IntentOutbox outbox,
    LeasePolicy times,
    TimeProvider clock)
{
    private readonly DeliveryReader deliveries = new(hasher);

    public async Task<LeaseObservation> ReadAsync(LeaseRecord record, LeaseView view, CancellationToken cancellation)
    {
        var facts = await cluster.ObserveAsync(view.Id, view.Terms, cancellation);
        var capacity = await cluster.ReadCapacityAsync(cancellation);
        var policy = times with { Keep = capacity.Keep };
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var workload = deliveries.Read(record.Workload, view.Terms, capacity, facts.Claims);
        var collected = results.Collect(view, record.Status, facts, now);
        return new LeaseObservation(
            view,
            workload,
            facts,
            await PlaceAsync(view, cancellation),
            record.Status,
            await windows.ReadAsync(view, record.Status, facts, policy, now, cancellation),
            outbox.LastFailure(view.Id),
            outbox.IsActivationMined(view.Id),
            policy,
            record.Generation,
            now)
        {
            Intake = capacity.Intake,
            Results = collected,
            Images = images.Read(view, workload, record.Status, facts),
            Hostnames = await hostnames.ReadAsync(view, workload, record.Status, capacity.Ingress, facts.Routes, cancellation),
            Post = await results.FollowAsync(view, record.Status, collected, workload.PostsResult(view.Terms), cancellation),
        };
    }

    // What was matched once and never changed has its place: nobody draws the book for it.
    private async Task<PlacementResult?> PlaceAsync(LeaseView view, CancellationToken cancellation) => view.Confirmed switch
    {
        { State: LeaseState.Reserved } => await capacities.FindAsync(view.Id, cancellation),
        { State: LeaseState.Active or LeaseState.Closing, Amendments: > 0 } => await capacities.FindAmendedAsync(view.Id, cancellation),
        _ => null,
    };

    /// <summary>The lease is looked at no more.</summary>
    public void Forget(LeaseId id)
    {
        images.Forget(id);
        hostnames.Forget(id);
    }
}
