using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Harness.Demo;

namespace Federation.Harness.Load;

/// <summary>
/// Tenants who ask all the time for more than there is, and keep the books of what one datacenter has promised and let: at no
/// moment may it be more than its places.
/// </summary>
/// <param name="places">How many leases the datacenter has room for.</param>
internal sealed class Crowd(IReadOnlyList<Renter> renters, int places)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private readonly Lock books = new();
    private readonly Dictionary<string, long> promised = [];
    private readonly Dictionary<MatchedLease, Place> let = [];
    private readonly List<Task> ends = [];

    /// <summary>How long a lease is kept once its workload is delivered.</summary>
    public TimeSpan Term { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Share of the Offers that are taken up; the others end by themselves.</summary>
    public double Taken { get; init; } = 1.0 / 3;

    public int Offers { get; private set; }

    /// <summary>How many Offers were for places that were promised or let.</summary>
    public int Overbooked { get; private set; }

    /// <summary>All leases that ever were, each with its tenant.</summary>
    public IReadOnlyList<(MatchedLease Lease, Renter Tenant)> Leases
    {
        get
        {
            lock (books) return [.. let.Select(l => (l.Key, l.Value.Tenant))];
        }
    }

    /// <summary>Asks, rents and gives back until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var tenant in renters.Select(r => RentAsync(r, cancellation)).ToArray()) await tenant.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var end in ends) await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Closes what was not given back.</summary>
    public async Task CloseAsync(CancellationToken cancellation)
    {
        (MatchedLease, Renter)[] open;
        lock (books) open = [.. let.Where(l => l.Value.IsOpen).Select(l => (l.Key, l.Value.Tenant))];
        foreach (var (lease, tenant) in open) await CloseAsync(tenant, lease, cancellation);
    }

    /// <summary>By the chain's events.</summary>
    public async Task<int> CountActivatedTwiceAsync(DemoLedger ledger, CancellationToken cancellation)
    {
        var twice = 0;
        foreach (var (lease, _) in Leases)
            if ((await ledger.EventsAsync<LeaseActivatedEventDTO>(lease.Id, cancellation)).Count > 1) twice++;
        return twice;
    }

    private async Task RentAsync(Renter renter, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(Pause * (0.5 + Random.Shared.NextDouble()), TimeProvider.System, cancellation);
            if (await renter.AskAsync(cancellation) is not ({ } request, { Offer: { } offer })) continue;
            Promise(offer);
            if (Random.Shared.NextDouble() > Taken) continue;
            // Begun, it is done: a lease that is in no book would be nobody's to close.
            var lease = await renter.MatchAsync(offer, request, CancellationToken.None);
            lock (books)
            {
                let[lease] = new Place(renter, true);
                promised.Remove(offer.RequestHash);
                ends.Add(EndAsync(renter, lease, cancellation));
            }
        }
    }

    private void Promise(SignedOffer offer)
    {
        lock (books)
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            foreach (var over in promised.Where(p => p.Value < now).ToArray()) promised.Remove(over.Key);
            promised[offer.RequestHash] = offer.Terms.ExpiresAt;
            Offers++;
            if (promised.Count + let.Values.Count(l => l.IsOpen) > places) Overbooked++;
        }
    }

    private async Task EndAsync(Renter renter, MatchedLease lease, CancellationToken cancellation)
    {
        await renter.DeliverAsync(lease.Id, cancellation);
        await Task.Delay(Term, TimeProvider.System, cancellation);
        await CloseAsync(renter, lease, CancellationToken.None);
    }

    // The books let go of a place when its tenant asks for the end: the datacenter may, too, from then on.
    private Task CloseAsync(Renter renter, MatchedLease lease, CancellationToken cancellation)
    {
        lock (books) let[lease] = new Place(renter, false);
        return renter.CloseAsync(lease, cancellation);
    }

    private readonly record struct Place(Renter Tenant, bool IsOpen);
}
