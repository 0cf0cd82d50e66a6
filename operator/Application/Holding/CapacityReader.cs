using System.Collections.Concurrent;
using System.Text;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Holding;

/// <summary>Gathers all that the datacenter's capacity is promised by, and draws the book of it.</summary>
/// <param name="ledger">Tells whether the newest block has a match that is not confirmed yet; null: the clock alone ends holds.</param>
public sealed class CapacityReader(
    IWorkloadCluster cluster, ILeaseStore leases, IHoldStore holds, OperatorHealth health, IHasher hasher, HoldLimits limits, TimeProvider clock, ILeaseLedger? ledger = null)
{
    // Looks at reserved leases come in crowds: one drawing serves those of a moment.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, string> hashes = new(StringComparer.Ordinal);
    private readonly YoungLeases? young = ledger is null ? null : new YoungLeases(ledger);
    private volatile Drawing? last;
    private volatile KeptPlaces places = KeptPlaces.None;
    private readonly PlaceClaims claims = new(2 * Moment);

    /// <param name="fresh">Ask the cluster for the holds, not the memory.</param>
    /// <returns>Null before the chain was read in this term: what was matched meanwhile is not known.</returns>
    public async Task<CapacityView?> ReadAsync(bool fresh, CancellationToken cancellation)
    {
        // The order is the safety: a hold leaves the store only for a lease that is in a picture already, so whoever reads
        // the holds first sees the one or the other.
        var stored = await holds.ReadAsync(fresh, cancellation);
        if (health.Seen is not { } seen) return null;
        var capacity = await cluster.ReadCapacityAsync(cancellation);
        if (last is { } same && same.IsOf(seen, capacity) && clock.GetElapsedTime(same.At) < Moment)
        {
            if (ReferenceEquals(same.View.Stored, stored)) return same.View;
            if (same.View.With(stored) is { } next)
            {
                // As old as what it came out of: what has ended meanwhile is seen when that is over. Unless that was thrown away meanwhile.
                if (ReferenceEquals(Interlocked.CompareExchange(ref last, same with { View = next }, same), same)) return next;
            }
        }

        var (records, claimed) = (await leases.ListAsync(cancellation), claims.Changes);
        // Drawn anew it would be the same, however long ago that was: what a full datacenter at rest is told of every ten seconds.
        if (last is { IsTimeless: true } still && still.Claims == claimed && ReferenceEquals(still.View.Stored, stored) && ReferenceEquals(still.Records, records) && still.SaysAll(seen.Picture, capacity))
            return still.View.Refusal == health.Refusal ? still.View : still.View with { Refusal = health.Refusal };
        var promised = await PromisedAsync(stored, seen, cancellation);
        var view = Draw(promised, seen.Picture, records.ToDictionary(r => r.Id), capacity);
        last = new Drawing(view, seen, capacity, clock.GetTimestamp()) { Records = records, Claims = claimed, IsTimeless = IsTimeless(view, seen.Picture) };
        return view;
    }

    /// <summary>Whether a reserved lease has its place; null when that cannot be said now.</summary>
    public async Task<PlacementResult?> FindAsync(LeaseId id, CancellationToken cancellation) => (await BookOfAsync(id, cancellation))?.Find(id);

    /// <summary>The same of one that runs and was amended.</summary>
    public async Task<PlacementResult?> FindAmendedAsync(LeaseId id, CancellationToken cancellation) => (await BookOfAsync(id, cancellation))?.FindAmended(id);

    /// <summary>
    /// Where pods of a lease go. What is the lease's already is there at once. A place beyond that is claimed first: from then on
    /// it is off every drawing, and it is told when those that were made before are over, if nobody was promised it meanwhile.
    /// </summary>
    /// <returns>Null when that cannot be said now.</returns>
    public async Task<WorkloadPlace?> PlaceAsync(LeaseId id, PlaceWish wish, CancellationToken cancellation)
    {
        var capacity = await cluster.ReadCapacityAsync(cancellation);
        if (claims.Refused(id, wish, capacity, clock) is { } refused) return refused;
        if (await BookOfAsync(id, cancellation) is not { } book) return null;
        var found = book.Place(id, wish.Pods, wish.Instead, wish.Staying);
        if (!found.Placement.Fits && wish.Else is { } other && book.Place(id, other.Pods, other.Instead, other.Staying) is { Placement.Fits: true } second) found = second;
        if (!found.Placement.Fits) claims.Refuse(id, wish, found, capacity, clock);
        var told = claims.Tell(id, found, clock, out var isNew);
        // Nobody is to be promised it by what was drawn before.
        if (isNew) last = null;
        return told;
    }

    /// <summary>The lease is looked at no more.</summary>
    public void Forget(LeaseId id) => claims.Forget(id);

    private async Task<CapacityBook?> BookOfAsync(LeaseId id, CancellationToken cancellation) =>
        last is { } drawing && clock.GetElapsedTime(drawing.At) < Moment && drawing.View.Known.Contains(id) ? drawing.View.Book : (await ReadAsync(fresh: false, cancellation))?.Book;

    private async Task<Promised> PromisedAsync(HoldList stored, ChainSeenAt seen, CancellationToken cancellation)
    {
        var (picture, sight) = (seen.Picture, new ChainSight(seen.Picture.Head.ConfirmedTime, seen.At.ToUnixTimeSeconds()));
        var known = picture.Views.Keys.Concat(picture.Unwritten.Select(l => l.Id)).ToHashSet();
        var (unmatched, matched) = HoldRules.Match(stored.Holds, known);
        var settled = unmatched.Where(h => h.Amends is { } amends && HoldRules.IsSettled(amends, picture.Views.GetValueOrDefault(amends.Lease))).ToLookup(h => h.Amends!.Lease);
        Hold[] standing = [.. unmatched.Where(h => !(h.Amends is { } amends && settled[amends.Lease].Contains(h)))];
        LeaseId[] doubted = [.. standing.Where(h => HoldRules.IsDoubted(h, sight, limits)).SelectMany(h => h.Leases)];
        var there = young is null ? new HashSet<LeaseId>() : await young.ReadAsync(doubted, picture.Head, cancellation);
        return new Promised(stored, known, [.. standing.Where(h => !HoldRules.IsOver(h, sight, limits, there))], matched, settled);
    }

    private CapacityView Draw(Promised promised, ChainPicture picture, Dictionary<LeaseId, LeaseRecord> records, ClusterCapacity capacity)
    {
        var (open, matched, settled) = (promised.Open, promised.Matched, promised.Settled);
        // The place that was found for a larger lease goes into its object with the new terms: until then the hold alone says it.
        Hold[] kept = [.. open, .. picture.Unwritten.Select(l => matched.GetValueOrDefault(l.Id)).OfType<Hold>(), .. settled.Where(s => IsUnwritten(s.Key)).SelectMany(s => s)];
        var classes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var text in capacity.GpuClasses.Keys) classes[HashOf(text)] = text;
        var input = new CapacityInput(capacity.Nodes, Claims(picture, records, matched, settled, capacity), open, classes.GetValueOrDefault) { StorageMiB = capacity.StorageMiB, IsStorageRead = capacity.IsStorageRead };
        // Volumes of who has no claim any more are kept.
        var living = input.Leases.Select(l => l.Id.Namespace).ToHashSet(StringComparer.Ordinal);
        input = input with { KeptMiB = capacity.Volumes.Where(v => !living.Contains(v.Key)).Sum(v => v.Value) };
        var book = CapacityBook.Draw(places.Bind(input));
        places = places.After(book, input);
        return new CapacityView(book, promised.Stored, open, kept, promised.Known) { Ingress = capacity.Ingress, Refusal = health.Refusal };

        bool IsUnwritten(LeaseId id) => picture.Views[id] is { Confirmed.State: LeaseState.Active } view && records.GetValueOrDefault(id)?.Terms != view.Terms;
    }

    private LeaseClaim[] Claims(
        ChainPicture picture, Dictionary<LeaseId, LeaseRecord> records,
        IReadOnlyDictionary<LeaseId, Hold> matched, ILookup<LeaseId, Hold> settled, ClusterCapacity capacity)
    {
        var written = picture.Views.Values.Where(v => IsOwed(v, records.GetValueOrDefault(v.Id)))
            .Select(v => Claim(v.Id, v.Terms, v.Confirmed.State != LeaseState.Reserved) with { Earlier = IsSizeFinal(v) ? [] : [.. v.Earlier.Select(t => t.Resources)] });
        return [.. written.Concat(picture.Unwritten.Select(l => Claim(l.Id, l.Terms, isRunning: true))).OrderBy(c => c.Id.Hex, StringComparer.Ordinal)];

        LeaseClaim Claim(LeaseId id, LeaseTerms terms, bool isRunning) => new(
            id,
            terms.Resources,
            isRunning,
            [.. claims.Of(id), .. records.GetValueOrDefault(id)?.Reserved is { Count: > 0 } reserved ? reserved : matched.GetValueOrDefault(id)?.Shares ?? [], .. settled[id].SelectMany(h => h.Shares)],
            capacity.Uses.GetValueOrDefault(id.Namespace) ?? []) { VolumesMiB = capacity.Volumes.GetValueOrDefault(id.Namespace) };
    }

    // Nothing in it ends by itself: no promise, no doubt about a match, nobody who had to be put somewhere else.
    private static bool IsTimeless(CapacityView view, ChainPicture picture) =>
        view.Stored.Holds.Count == 0 && picture.Unwritten.Count == 0 && view.Book.Moved.Count == 0 && picture.Changed.Values.All(v => v.Confirmed.State != LeaseState.None);

    // By the amendments that both sides signed: a tenant alone changes its spec hash whenever it likes, and would keep the place of a
    // larger size for as long as it goes on with that.
    private static bool IsSizeFinal(LeaseView view) => view.Finalized.State != LeaseState.None && view.Finalized.Amendments == view.Confirmed.Amendments;

    // Pods of one that is over count for themselves until they are gone.
    private static bool IsOwed(LeaseView view, LeaseRecord? record) => view.Confirmed.State switch
    {
        LeaseState.Reserved or LeaseState.Active => true,
        LeaseState.Closing => record is null || record.Status.StoppedAtMs == 0,
        LeaseState.Closed => false,
        _ => !view.WasReorgedAway,
    };

    private string HashOf(string text) => hashes.GetOrAdd(text, t => hasher.Keccak256(Encoding.UTF8.GetBytes(t)));

    /// <summary>The holds as the chain leaves them: those that may still become a lease, and the one that each lease came out of.</summary>
    private sealed record Promised(HoldList Stored, IReadOnlySet<LeaseId> Known, IReadOnlyList<Hold> Open, IReadOnlyDictionary<LeaseId, Hold> Matched, ILookup<LeaseId, Hold> Settled);

    private sealed record Drawing(CapacityView View, ChainSeenAt Seen, ClusterCapacity Capacity, long At)
    {
        public required IReadOnlyList<LeaseRecord> Records { get; init; }

        /// <summary>As many changes of claims there had been.</summary>
        public required long Claims { get; init; }

        public required bool IsTimeless { get; init; }

        // Records may have changed: they say where a lease is, not what it has a right to.
        public bool IsOf(ChainSeenAt seen, ClusterCapacity capacity) => ReferenceEquals(Seen, seen) && IsOf(capacity);

        /// <summary>A timeless one, that these say nothing else than what it was drawn by.</summary>
        public bool SaysAll(ChainPicture picture, ClusterCapacity capacity) =>
            picture.Unwritten.Count == 0 && ReferenceEquals(Seen.Picture.Changed, picture.Changed) && IsOf(capacity)
            && ReferenceEquals(Capacity.GpuClasses, capacity.GpuClasses) && ReferenceEquals(Capacity.Ingress, capacity.Ingress);

        private bool IsOf(ClusterCapacity capacity) =>
            ReferenceEquals(Capacity.Nodes, capacity.Nodes) && ReferenceEquals(Capacity.Uses, capacity.Uses)
            && ReferenceEquals(Capacity.Volumes, capacity.Volumes) && (Capacity.StorageMiB, Capacity.IsStorageRead) == (capacity.StorageMiB, capacity.IsStorageRead);
    }
}
