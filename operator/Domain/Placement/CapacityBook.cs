using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>Everything that the capacity of a datacenter is promised by, at one moment.</summary>
/// <param name="ClassOfHash">Class text of a Keccak-256 hash, 0x hex; null when the datacenter knows none.</param>
public sealed record CapacityInput(
    IReadOnlyList<NodeSnapshot> Nodes, IReadOnlyList<LeaseClaim> Leases, IReadOnlyList<Hold> Holds, Func<string, string?> ClassOfHash)
{
    /// <summary>Storage that leases may have together, as its administrator names it; null: as much as the nodes have of scratch space.</summary>
    public long? StorageMiB { get; init; }

    /// <summary>False as long as nobody has understood what its administrator says: then nobody knows whether any is named.</summary>
    public bool IsStorageRead { get; init; } = true;

    /// <summary>Volumes that are there of leases which are over.</summary>
    public long KeptMiB { get; init; }
}

/// <summary>
/// What is left of the nodes once every promise is kept: leases by their terms, not by the pods that happen to run, and quotes
/// that may still be matched. Promises are kept where they were made; one whose node is gone moves to what is free elsewhere.
/// Once drawn it is only read: any number of threads may ask it.
/// </summary>
public sealed class CapacityBook
{
    private readonly CapacityInput input;
    private readonly Bin[] bins;
    private readonly Reserver reserver;
    private readonly StorageBook storage;
    private readonly Dictionary<LeaseId, Need> refused = [];
    private readonly Dictionary<LeaseId, IReadOnlyList<NodeShare>> moved = [];
    private readonly Dictionary<LeaseId, Need> waiting = [];
    private readonly Dictionary<LeaseId, List<Taking>> own = [];
    // Summed over all leases, when it is first asked for.
    private IReadOnlyList<ClassCapacity>? classes;

    private CapacityBook(CapacityBook before, CapacityInput input)
    {
        (this.input, bins) = (input, before.Copies());
        (reserver, storage) = (new Reserver(bins), StorageBook.Draw(input));
        (refused, moved, waiting, own) = (before.refused, before.moved, before.waiting, before.own);
    }

    private CapacityBook(CapacityInput input)
    {
        this.input = input;
        bins = Placer.UsableBins(input.Nodes);
        reserver = new Reserver(bins);
        storage = StorageBook.Draw(input);
        var byName = bins.ToDictionary(b => b.Name, StringComparer.Ordinal);
        foreach (var use in input.Leases.SelectMany(l => l.Used))
            if (byName.TryGetValue(use.Node, out var bin)) bin.Count(use);
    }

    public static CapacityBook Draw(CapacityInput input)
    {
        var book = new CapacityBook(input);
        var uses = new UseReader(input.Nodes);
        var leases = input.Leases.Select(l => (Lease: l, Need: uses.Remaining(l, input.ClassOfHash)))
            .Where(l => !l.Need.IsNothing || l.Need.UnknownClass is not null)
            .Select(l => (l.Lease, l.Need, Taking: new Taking(l.Need, l.Lease.Used))).ToArray();
        var holds = input.Holds.Select(h => (Hold: h, Need: Need.Of(h.Resources, input.ClassOfHash))).Select(h => (h.Hold, h.Need, Taking: new Taking(h.Need))).ToArray();
        // 1. Every promise where it was made: those were found to fit together.
        foreach (var (lease, need, taking) in leases)
        {
            book.reserver.TakeBound(need, lease.Bound, taking);
            book.own[lease.Id] = [taking];
        }

        foreach (var (hold, need, taking) in holds) book.reserver.TakeBound(need, hold.Shares, taking);
        // 2. What runs, and has lost a node, was never bound to one, or is larger now.
        foreach (var (lease, need, taking) in leases.Where(l => l.Lease.IsRunning))
        {
            book.Note(lease, book.TakeElsewhere(need, taking));
            if (!need.IsNothing && !book.moved.ContainsKey(lease.Id)) book.waiting[lease.Id] = uses.Remaining(lease, input.ClassOfHash);
        }

        // 3. Quotes alike.
        foreach (var (_, need, taking) in holds) book.TakeElsewhere(need, taking);
        // 4. Leases that may still be refused, whole or not at all.
        foreach (var (lease, need, taking) in leases.Where(l => !l.Lease.IsRunning)) book.Move(uses, lease, need, taking);
        // 5. Until they are refused on chain, nothing is sold from under them.
        foreach (var need in book.refused.Values) book.reserver.TakeRest(need.Copy(), new Taking());
        // 6. Nor what leases get back that a reorg makes as large as they were.
        foreach (var lease in input.Leases.Where(l => l.Earlier.Count > 0)) book.KeepEarlier(uses, lease);
        return book;
    }

    /// <summary>
    /// The same with one hold more, whose shares were found on this one. To draw a thousand leases anew for each quote that was granted
    /// would be most of what a quote costs.
    /// </summary>
    /// <returns>Null when not all of it is free: then it is drawn anew.</returns>
    public CapacityBook? With(Hold hold)
    {
        var need = Need.Of(hold.Resources, input.ClassOfHash);
        if (need.UnknownClass is not null) return null;
        var next = new CapacityBook(this, input with { Holds = [.. input.Holds, hold] });
        next.reserver.TakeBound(need, hold.Shares, new Taking(need));
        return need.IsNothing ? next : null;
    }

    /// <summary>False: how much storage there is cannot be said now.</summary>
    public bool IsStorageRead => input.IsStorageRead;

    /// <summary>Whether a lease that may still be refused has its place; null when the book does not know it, or it cannot be said now.</summary>
    public PlacementResult? Find(LeaseId id)
    {
        if (!input.Leases.Any(l => l.Id == id)) return null;
        var lack = refused.TryGetValue(id, out var need) ? Why(id, need) : storage.Refused(id);
        // The same object names classes of devices, and what is kept from leases: what lacks may be there once it is read. Storage that was
        // promised was there by what the object said then: not to activate would cost the stake of who keeps his word.
        if (!input.IsStorageRead && lack is not null) return null;
        return lack ?? Fitting([]);
    }

    /// <summary>The same of one that runs and was amended: whether all of it has a place, and its pods are no larger than it is.</summary>
    public PlacementResult? FindAmended(LeaseId id)
    {
        if (waiting.TryGetValue(id, out var need)) return Why(id, need);
        if (input.Leases.FirstOrDefault(l => l.Id == id) is not { } lease) return null;
        return new UseReader(input.Nodes).Excess(lease, input.ClassOfHash) is { } excess ? Shortage.Refused(PlacementReasons.LargerThanLeased, excess) : Fitting([]);
    }

    /// <summary>Whether a lease has a place at another size, and what of it has to be held beside what it has.</summary>
    public ResizeResult Resize(LeaseId id, Resources wanted) => Resizer.Find(input, id, wanted);

    /// <summary>
    /// Where pods of a lease go, all of them or none: in what it has by preference, else also in what nobody has.
    /// </summary>
    /// <param name="instead">They come in place of the pods that it has; else beside them.</param>
    /// <param name="staying">Those of its pods that stay all the same.</param>
    public WorkloadPlace Place(LeaseId id, IReadOnlyCollection<PodDemand> demands, bool instead, IReadOnlyList<NodeUse>? staying = null)
    {
        var going = instead ? Going(id, staying ?? []) : [];
        var found = TryPlace(id, demands, going);
        return found.Placement.Fits ? found : found with { Placement = WhyNoPlace(id, demands, going, found.Placement) };
    }

    // What its pods take, less those that stay.
    private NodeUse[] Going(LeaseId id, IReadOnlyList<NodeUse> staying)
    {
        var left = staying.ToLookup(u => u.Node, StringComparer.Ordinal);
        return [.. (input.Leases.FirstOrDefault(l => l.Id == id)?.Used ?? []).Select(u => left[u.Node].Aggregate(u, (rest, stays) => rest.Less(stays)))];
    }

    // What nobody here can change first, then what passes by itself.
    private PlacementResult WhyNoPlace(LeaseId id, IReadOnlyCollection<PodDemand> demands, NodeUse[] going, PlacementResult why)
    {
        if (why.Reason is PlacementReasons.NoNodes or PlacementReasons.NodesBlocked or PlacementReasons.NoMatchingGpu) return why;
        if (Placer.PlaceEmpty(demands, input.Nodes) is { Fits: false } never)
            return Shortage.Refused(PlacementReasons.ExceedsDatacenter, $"more than this datacenter's nodes have, even with nothing on them: {never.Message}");
        if (input.Nodes.All(n => n.Blocked is null)) return why;
        NodeSnapshot[] opened = [.. input.Nodes.Select(n => n with { Blocked = null })];
        return Draw(input with { Nodes = opened }).TryPlace(id, demands, going).Placement.Fits
            ? Shortage.Refused(PlacementReasons.NodesBlocked, $"it would fit, but nodes that it needs may take no pods: {Shortage.Blocked(input.Nodes)}")
            : why;
    }

    private WorkloadPlace TryPlace(LeaseId id, IReadOnlyCollection<PodDemand> demands, NodeUse[] going)
    {
        var takings = own.GetValueOrDefault(id) ?? [];
        return new WorkloadPlacer(input.Nodes, bins, [.. SharesOf(id)], takings.SelectMany(t => t.Beside).ToLookup(b => b.Node, b => (b.Pods, b.Scratch)), going).Find(demands);
    }

    /// <summary>
    /// Where leases were put that had no place of their own. Handed in again as what they are bound to, they stay there, and
    /// nobody has to look for them again.
    /// </summary>
    public IReadOnlyDictionary<LeaseId, IReadOnlyList<NodeShare>> Moved => moved;

    /// <summary>Whether one more reservation has a place, and where.</summary>
    public ReservationResult Reserve(Resources resources)
    {
        var need = Need.Of(resources, input.ClassOfHash);
        // On copies: many ask the same drawing at once, and none may see what another one only tries.
        if (need.UnknownClass is null && new Reserver(Copies()).TryTake(need) is { } taking)
        {
            var shares = taking.Shares;
            return storage.Refuse(resources.StorageMiB) is { } lack ? new ReservationResult(lack, []) : new ReservationResult(Fitting(shares), [.. shares.Select(s => s.Share)]);
        }

        return new ReservationResult(new Refusals(input, bins).Why(need), []);
    }

    public IReadOnlyList<ClassCapacity> Classes() => classes ??= CapacitySums.Of(input, bins, storage);

    /// <summary>Bids hold for an hour what others might rent at once, so they may hold a part of it only.</summary>
    /// <param name="percent">Of what the nodes have of each class.</param>
    /// <returns>Why one more bid of this size would hold too much; null when it would not.</returns>
    public PlacementResult? RefuseBid(Resources resources, int percent)
    {
        var all = Classes().ToDictionary(c => c.Class, c => c.Allocatable, StringComparer.Ordinal);
        var wanted = CapacitySums.Sum([resources], input.ClassOfHash);
        var bids = CapacitySums.Sum([.. input.Holds.Where(h => h.IsBid).Select(h => h.Resources), resources], input.ClassOfHash);
        var above = wanted.Where(w => w.Value > 0).Select(w => w.Key)
            .FirstOrDefault(c => (Int128)bids[c] * 100 > (Int128)all.GetValueOrDefault(c) * percent);
        return above is null ? null : Shortage.Refused(
            PlacementReasons.BidShareExceeded, $"open bids and this one would hold {bids[above]} of {all.GetValueOrDefault(above)} of {above}; spec.bids.sharePercent allows {percent} %");
    }

    /// <summary>Why a lease cannot have so much storage more; null when it can.</summary>
    internal PlacementResult? RefuseStorage(long moreMiB) => storage.Refuse(moreMiB);

    /// <summary>Puts a reservation onto bins without saying why not; for trying what if.</summary>
    internal static bool Fits(Need need, IReadOnlyList<Bin> on) => new Reserver(on).TryTake(need) is not null;

    /// <summary>The same on this book, which is of no use afterwards.</summary>
    internal bool Takes(Need need) => reserver.TryTake(need) is not null;

    /// <summary>Where a running lease has what its pods do not take.</summary>
    internal IEnumerable<NodeShare> SharesOf(LeaseId id) =>
        own.GetValueOrDefault(id) is { } takings ? takings.SelectMany(t => t.Shares).Select(s => s.Share) : [];

    /// <summary>These very shares are free, all of them together.</summary>
    internal bool Has(Need need, IReadOnlyList<NodeShare> shares)
    {
        var rest = need.Copy();
        new Reserver(Copies()).TakeBound(rest, shares, new Taking());
        return rest.IsNothing;
    }

    private Bin[] Copies() => Array.ConvertAll(bins, b => b.Copy());

    internal static PlacementResult Fitting(IEnumerable<(string Chunk, NodeShare Share)> shares) => new(
        shares.GroupBy(s => s.Chunk, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => (IReadOnlyList<string>)[.. g.Select(s => s.Share.Node).Order(StringComparer.Ordinal)], StringComparer.Ordinal),
        "",
        "");

    private PlacementResult Why(LeaseId id, Need need) => new Refusals(input with { Leases = [.. input.Leases.Where(l => l.Id != id)] }, bins).Why(need.Copy());

    private void KeepEarlier(UseReader uses, LeaseClaim lease)
    {
        var taking = new Taking();
        foreach (var earlier in lease.Earlier)
        {
            var more = uses.Remaining(lease with { Resources = earlier }, input.ClassOfHash);
            more.Less(uses.Remaining(lease, input.ClassOfHash));
            foreach (var (_, share) in taking.Shares) more.Less(share);
            reserver.TakeBound(more, lease.Bound, taking);
            reserver.TakeRest(more, taking);
        }
    }

    private Taking? TakeElsewhere(Need need, Taking taking)
    {
        if (need.IsNothing) return null;
        if (reserver.TryTake(need) is { } elsewhere) return elsewhere;
        reserver.TakeRest(need, taking);
        return null;
    }

    private void Note(LeaseClaim lease, Taking? elsewhere)
    {
        if (elsewhere is null) return;
        moved[lease.Id] = [.. elsewhere.Shares.Select(s => s.Share)];
        own[lease.Id].Add(elsewhere);
    }

    // What it was bound to counts for nothing when the rest of it has no place: a lease is whole or refused.
    private void Move(UseReader uses, LeaseClaim lease, Need need, Taking taking)
    {
        if (need.UnknownClass is null && need.IsNothing) return;
        if (need.UnknownClass is null && reserver.TryTake(need) is { } rest)
        {
            Note(lease, rest);
            return;
        }

        taking.GiveBack();
        var whole = uses.Remaining(lease, input.ClassOfHash);
        if (whole.UnknownClass is null && reserver.TryTake(whole) is { } other)
        {
            Note(lease, other);
            return;
        }

        refused[lease.Id] = whole;
    }
}

/// <param name="Shares">Where; empty when it does not fit.</param>
public sealed record ReservationResult(PlacementResult Placement, IReadOnlyList<NodeShare> Shares);
