using System.Collections.Immutable;
using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Holding;

internal enum Deed
{
    Quote,
    QuoteAgain,
    OldLeaderQuotes,
    Match,
    MatchAtTheLastMoment,
    TimePasses,
    PollChain,
    Activate,
    PodsStart,
    Close,
    PodsEnd,
    VolumesGo,
    Sweep,
    Restart,
    NewLeader,
    ObjectDeleted,
    Bid,
    BidArrives,
    BidWins,
    BidLoses,
    PostWithdrawn,
    AskAmendment,
    Amend,
    AmendAtTheLastMoment,
    Redeploy,
    MatureAndPoll,
    Lives,
    Dies,
}

/// <summary>Tenants, a chain whose matches are read late, pods that come and go, and operators that come and go. Keeps its own books.</summary>
internal sealed class PromiseMarket
{
    private const int Confirmation = 10;

    private readonly Site site = new();
    private readonly List<Quoted> quotes = [];
    private readonly Dictionary<LeaseId, Leased> leases = [];
    private readonly List<Amending> amendments = [];
    private readonly PromisePosts posts;
    private Application.Holding.HeldOffers? oldLeader;
    private long term = 1;
    private int requests;

    public PromiseMarket()
    {
        posts = new PromisePosts(site);
        site.Cluster.Nodes = Nodes();
        site.Cluster.Datacenter = site.Cluster.Datacenter! with { Spec = site.Cluster.Datacenter.Spec with { StorageMiB = Site.StorageMiB } };
        Poll();
    }

    private long Now => site.Clock.NowSeconds;

    public void Do(Deed what, int argument)
    {
        switch (what)
        {
            case Deed.Quote: Quote(site.Offers, site.Request(++requests, 1 + (argument % 4), $"0x{argument % 5}", 1 + (uint)(argument % 7 / 5))); break;
            case Deed.QuoteAgain when quotes.Count > 0: Quote(site.Offers, quotes[argument % quotes.Count].Request); break;
            case Deed.OldLeaderQuotes when oldLeader is { } old: Quote(old, site.Request(++requests, 1 + (argument % 4))); break;
            case Deed.Match: Match(argument); break;
            case Deed.MatchAtTheLastMoment: MatchLate(argument); break;
            case Deed.TimePasses: site.Clock.Advance(TimeSpan.FromSeconds(1 + (argument * 3))); break;
            case Deed.PollChain: Poll(); break;
            case Deed.Activate: Change(argument, l => l is { State: LeaseState.Reserved, IsSeen: true }, l => l with { State = LeaseState.Active }); break;
            case Deed.PodsStart: StartPods(argument); break;
            case Deed.Close: Change(argument, l => l.State != LeaseState.Closed, l => l with { State = LeaseState.Closed }); break;
            case Deed.PodsEnd: Change(argument, l => l.State == LeaseState.Closed, l => l with { Pods = null }); break;
            case Deed.VolumesGo: Change(argument, l => l is { State: LeaseState.Closed, Pods: null, VolumesMiB: > 0 }, l => l with { VolumesMiB = 0 }); break;
            case Deed.Sweep: Run(posts.FreeAsync()); Run(site.Reporter.PassAsync(default)); break;
            case Deed.Restart: Restart(); break;
            case Deed.NewLeader: (oldLeader, term) = (site.Offers, term + 1); Restart(); break;
            case Deed.ObjectDeleted when leases.Count > 0: site.Cluster.DeleteByHand(leases.Keys.ElementAt(argument % leases.Count)); break;
            case Deed.Bid: Run(posts.BidAsync(site.Request(++requests, 1 + (argument % 4), $"0x{argument % 5}", 1 + (uint)(argument % 7 / 5)))); break;
            case Deed.BidArrives: posts.Arrive(argument); break;
            case Deed.BidWins when posts.Win(argument) is { } won: leases[Site.LeaseOf(won, (uint)argument % won.Fills)] = Leased.Of(won, Now); break;
            case Deed.BidLoses: posts.Lose(argument); break;
            case Deed.PostWithdrawn: posts.Withdraw(argument); break;
            case Deed.AskAmendment: AskAmendment(argument); break;
            case Deed.Amend: Amend(argument); break;
            case Deed.AmendAtTheLastMoment: AmendLate(argument); break;
            // What takes many of the others in the right order, and is rare among all.
            case Deed.Lives: All(argument, Deed.Match, Deed.MatureAndPoll, Deed.Activate, Deed.PodsStart); break;
            case Deed.Dies: All(argument, Deed.Close, Deed.MatureAndPoll, Deed.PodsEnd); break;
            case Deed.MatureAndPoll: Mature(); break;
            case Deed.Redeploy: Change(argument, l => l is { State: LeaseState.Active, Pods: not null }, l => l with { Pods = null }); break;
        }

        ShowPods();
    }

    private void All(int argument, params Deed[] deeds)
    {
        foreach (var deed in deeds) Do(deed, argument);
    }

    private void Mature()
    {
        site.Clock.Advance(TimeSpan.FromSeconds(Confirmation + 1));
        Poll();
    }

    /// <summary>Offers that a block may still match, leases that live, and pods that are still there: together no more than the nodes have.</summary>
    public void CheckPromises()
    {
        // Several Offers of one Request are worth as many leases as it still has fills.
        var open = quotes.Where(q => Now <= q.ExpiresAt).GroupBy(q => q.Request)
            .Sum(g => Math.Min(g.Count(q => !q.IsMatched), g.Key.Fills - FilledOf(g.Key)) * g.Key.Resources.GpuA.Count);
        // Of the amendments of a lease one comes true, or none; pods of an older size may run on for a while.
        var live = leases.Sum(l => Math.Max(l.Value.Pods?.Sum() ?? 0, l.Value.State == LeaseState.Closed ? 0 : OpenOf(l.Key).Select(a => a.Gpus).Append(l.Value.Gpus).Max()));
        var bids = posts.Open;
        Assert.True(open + bids + live <= Site.Devices, $"{open} devices are offered, {bids} bid and {live} leased of {Site.Devices}.");
        CheckStorage();
    }

    // The same of storage; volumes are there until they are removed, whatever became of their lease.
    private void CheckStorage()
    {
        var open = quotes.Where(q => Now <= q.ExpiresAt).GroupBy(q => q.Request)
            .Sum(g => Math.Min(g.Count(q => !q.IsMatched), g.Key.Fills - FilledOf(g.Key)) * g.Key.Resources.StorageMiB);
        var live = leases.Sum(l => Math.Max(l.Value.VolumesMiB, l.Value.State == LeaseState.Closed ? 0 : OpenOf(l.Key).Select(a => Site.StorageOf(a.Number)).Append(l.Value.StorageMiB).Max()));
        Assert.True(open + posts.OpenMiB + live <= Site.StorageMiB, $"{open} MiB are offered, {posts.OpenMiB} bid and {live} leased of {Site.StorageMiB}.");
    }

    public void EndAll()
    {
        foreach (var id in leases.Keys.ToArray()) leases[id] = leases[id] with { State = LeaseState.Closed, Pods = null, VolumesMiB = 0 };
        site.Clock.Advance(TimeSpan.FromSeconds(200));
        ShowPods();
        Poll();
        // What an old leader wrote last is noticed by the first pass and dropped by the second.
        for (var pass = 0; pass < 2; pass++) Run(site.Reporter.PassAsync(default));
    }

    public void CheckAllFree()
    {
        Assert.Equal(new ClassCapacity(Some.GpuClass, Site.Devices, 0, 0, Site.Devices), site.Cluster.Report!.Capacity![^1]);
        Assert.Equal(new ClassCapacity(ClassCapacity.Storage, Site.StorageMiB << 20, 0, 0, Site.StorageMiB << 20), site.Cluster.Report.Capacity.Single(c => c.Class == ClassCapacity.Storage));
        Assert.Empty(site.Holds.Stored);
    }

    private void Quote(Application.Holding.HeldOffers offers, RequestTerms request)
    {
        var expires = Now + 60;
        var task = offers.SignAsync(Some.Offer with { Resources = request.Resources, Prices = request.MaxPrices, ExpiresAt = expires, Salt = site.Signer.Signed + 1 }, request, site.AskerOf(request), default);
        Assert.True(task.IsCompleted);
        if (task.Exception?.InnerException is { } error)
        {
            Assert.Equal("TermOver", Assert.IsType<ClusterException>(error).Reason);
            return;
        }

        if (task.Result.Offer is not null) quotes.Add(new Quoted(request, expires));
    }

    // Any Offer that a block may still take, of any leader.
    private void Match(int argument)
    {
        var open = quotes.Where(q => !q.IsMatched && Now <= q.ExpiresAt && FilledOf(q.Request) < q.Request.Fills).ToArray();
        if (open.Length == 0) return;
        var quote = open[argument % open.Length];
        quote.IsMatched = true;
        var id = Site.LeaseOf(quote.Request, (uint)FilledOf(quote.Request));
        leases[id] = Leased.Of(quote.Request, Now);
    }

    // In the last second of an Offer, while the operator looks at older blocks and its own clock has gone on.
    private void MatchLate(int argument)
    {
        var open = quotes.Where(q => !q.IsMatched && Now <= q.ExpiresAt).ToArray();
        if (open.Length == 0) return;
        site.Clock.Advance(TimeSpan.FromSeconds(open[argument % open.Length].ExpiresAt - Now));
        Match(argument);
        site.Clock.Advance(TimeSpan.FromSeconds(1 + (argument % 4)));
        Poll();
    }

    private void AskAmendment(int argument)
    {
        var views = site.Health.Seen!.Picture.Views.Values.Where(v => v.Confirmed.State == LeaseState.Active).ToArray();
        if (views.Length == 0) return;
        var (view, gpus) = (views[argument % views.Length], 1 + (argument % 6));
        var number = ++requests;
        var task = site.AmendAsync(view, gpus, view.Confirmed.Amendments, number);
        Assert.True(task.IsCompleted);
        if (task.Result.Amendment is { } signed) amendments.Add(new Amending(view.Id, gpus, number, signed.Terms.Nonce, signed.Terms.ExpiresAt));
    }

    private void Amend(int argument)
    {
        var open = leases.Keys.SelectMany(OpenOf).ToArray();
        if (open.Length == 0) return;
        var (id, gpus, number, _, _) = open[argument % open.Length];
        leases[id] = leases[id] with { Sizes = leases[id].Sizes.Add((Now, gpus, Site.StorageOf(number))) };
    }

    private void AmendLate(int argument)
    {
        var open = leases.Keys.SelectMany(OpenOf).ToArray();
        if (open.Length == 0) return;
        site.Clock.Advance(TimeSpan.FromSeconds(open[argument % open.Length].ExpiresAt - Now));
        Amend(argument);
        site.Clock.Advance(TimeSpan.FromSeconds(1 + (argument % 4)));
        Poll();
    }

    private Amending[] OpenOf(LeaseId id) =>
        [.. amendments.Where(a => a.Id == id && Now <= a.ExpiresAt && leases[id].State == LeaseState.Active && a.Nonce == leases[id].Sizes.Count - 1)];

    private int FilledOf(RequestTerms request) => leases.Values.Count(l => l.Request == request);

    // What the watcher does: objects for what is confirmed, and the picture of it.
    private void Poll()
    {
        var confirmed = Now - Confirmation;
        var seen = leases.Where(l => l.Value.MatchedAt <= confirmed).ToArray();
        foreach (var (id, lease) in seen)
        {
            leases[id] = lease with { IsSeen = true, SeenSizes = lease.Sizes.Count(size => size.At <= confirmed) };
            if (lease.State != LeaseState.Closed) Run(site.Cluster.EnsureAsync(new MatchedLease(id, TermsOf(leases[id]), 1), default));
        }

        site.Health.IsPollDue(TimeSpan.Zero);
        var views = seen.Select(l => ViewOf(l.Key, leases[l.Key])).ToDictionary(v => v.Id);
        site.Health.ChainSeen(new ChainPicture(new LedgerHead((ulong)Now, (ulong)confirmed, confirmed, "0x1", 1, "0x1"), views, []));
    }

    private void Restart()
    {
        site.Restart(term);
        Poll();
    }

    private void Change(int argument, Func<Leased, bool> which, Func<Leased, Leased> change)
    {
        var some = leases.Where(l => which(l.Value)).ToArray();
        if (some.Length > 0) leases[some[argument % some.Length].Key] = change(some[argument % some.Length].Value);
    }

    // The scheduler asks nobody: any node that has room will do.
    private void StartPods(int argument) => Change(argument, l => l is { State: LeaseState.Active, Pods: null }, l =>
    {
        var free = Nodes().Select((n, i) => (n.Name, Left: 4 - leases.Values.Sum(o => o.Pods?[i] ?? 0))).ToArray();
        var (needed, pods) = (l.SeenGpus, new int[free.Length]);
        for (var i = 0; i < free.Length; i++)
        {
            pods[i] = Math.Min(needed, free[i].Left);
            needed -= pods[i];
        }

        Assert.Equal(0, needed);
        // Volumes only grow.
        return l with { Pods = pods, VolumesMiB = Math.Max(l.VolumesMiB, l.SeenStorageMiB) };
    });

    private void ShowPods()
    {
        var running = leases.Where(l => l.Value.Pods is not null).ToArray();
        site.Cluster.Nodes = [.. Nodes().Select((n, i) => n with { Total = n.Free, Free = n.Free with { Extended = Of(4 - running.Sum(l => l.Value.Pods![i])) } })];
        site.Cluster.VolumesMiB = leases.Where(l => l.Value.VolumesMiB > 0).ToDictionary(l => l.Key.Namespace, l => l.Value.VolumesMiB);
        site.Cluster.Uses = running.ToDictionary(l => l.Key.Namespace, l => (IReadOnlyList<NodeUse>)[.. Nodes().Select((n, i) => new NodeUse(n.Name, new NodeResources(0, 0, 0, Of(l.Value.Pods![i]))))]);
    }

    private static Dictionary<string, long> Of(long gpus) => new() { ["nvidia.com/gpu"] = gpus };

    private static NodeSnapshot[] Nodes() => [Some.Node("node-a", 4), Some.Node("node-b", 4)];

    private LeaseTerms TermsOf(Leased lease) => Some.Terms with { Resources = site.Request(0, lease.SeenGpus).Resources with { StorageMiB = lease.SeenStorageMiB } };

    private LeaseView ViewOf(LeaseId id, Leased lease)
    {
        var chain = ChainLease.Unknown with { State = lease.State, Amendments = (uint)lease.SeenSizes - 1 };
        return new LeaseView(id, TermsOf(lease), chain, chain, 1, 1, 1, 0);
    }

    private static void Run(Task task)
    {
        Assert.True(task.IsCompleted);
        if (task.Exception?.InnerException is { } error && error is not ClusterException { Reason: "TermOver" }) throw new InvalidOperationException("It failed.", error);
    }

    private sealed record Quoted(RequestTerms Request, long ExpiresAt)
    {
        public bool IsMatched { get; set; }
    }

    private sealed record Amending(LeaseId Id, int Gpus, int Number, uint Nonce, long ExpiresAt);

    /// <param name="Pods">Devices by node; null when there are none.</param>
    /// <param name="Sizes">Devices and storage since when; as matched first, then as amended.</param>
    private sealed record Leased(RequestTerms Request, long MatchedAt, LeaseState State, int[]? Pods, ImmutableList<(long At, int Gpus, uint StorageMiB)> Sizes)
    {
        public static Leased Of(RequestTerms request, long at) => new(request, at, LeaseState.Reserved, null, [(at, request.Resources.GpuA.Count, request.Resources.StorageMiB)]);

        public int Gpus => Sizes[^1].Gpus;

        public uint StorageMiB => Sizes[^1].StorageMiB;

        /// <summary>Of the volumes that are there.</summary>
        public long VolumesMiB { get; init; }

        /// <summary>How many of the sizes an operator has read of.</summary>
        public int SeenSizes { get; init; } = 1;

        public int SeenGpus => Sizes[SeenSizes - 1].Gpus;

        public uint SeenStorageMiB => Sizes[SeenSizes - 1].StorageMiB;

        /// <summary>An operator has read of it: before, none activates it.</summary>
        public bool IsSeen { get; init; }
    }
}
