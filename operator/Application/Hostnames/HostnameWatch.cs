using Federation.Application.Ports;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;

namespace Federation.Application.Hostnames;

/// <summary>The names of leases: who may have them, and which routes there are to be for them. Never waits for the name service.</summary>
public sealed class HostnameWatch(ProofSearch proofs, ILeaseStore store, TimeProvider clock)
{
    private readonly HostnameHolders holders = new();

    /// <param name="offer">What the datacenter routes; null while that is not known.</param>
    /// <param name="standing">Routes that are there.</param>
    public async Task<HostnameNews> ReadAsync(
        LeaseView view, DeliveredWorkload workload, LeaseStatus status, IngressOffer? offer, IReadOnlyList<RouteFact> standing, CancellationToken cancellation)
    {
        if (view.Confirmed.State == LeaseState.Closed || offer is { IsOffered: false }) return End(view.Id);
        var isAgreed = workload is { Spec: not null, Faults.Count: 0 } && workload.Hash == view.Terms.SpecHash;
        if (offer is null || view.Confirmed.State is not (LeaseState.Reserved or LeaseState.Active or LeaseState.Closing)) return HostnameNews.Unknown;
        var records = await store.ListAsync(cancellation);
        if (!isAgreed) return Check(view, status, offer, standing, records);
        HostnameWish[] wishes = [.. offer.Wishes(view.Id, workload.Spec!)];
        if (wishes.Length == 0) return End(view.Id);
        HostnameClaim[] claims = [.. wishes.Select(w => Decide(view, w, offer, status.Hostnames.FirstOrDefault(h => h.Name == w.Name), records))];
        return Keep(view.Id, claims, [.. wishes.Zip(claims).Where(w => w.Second.IsHeld).Select(w => new HostnameRoute(w.First.Name, w.First.Service, w.First.Port) { TlsSecret = w.First.TlsSecret })], offer);
    }

    public void Forget(LeaseId id) => End(id);

    // A tenant that takes its workload back, or amends what it does not deliver, has what was agreed before run on: with the
    // names that are still proved, and no others.
    private HostnameNews Check(LeaseView view, LeaseStatus status, IngressOffer offer, IReadOnlyList<RouteFact> standing, IReadOnlyList<LeaseRecord> records)
    {
        HostnameClaim[] claims = [.. status.Hostnames.Select(held => held.IsHeld ? Decide(view, held.Wish, offer, held, records) : held)];
        return Keep(view.Id, claims, [.. standing.Select(r => r.Route).Where(r => claims.Any(c => c.IsHeld && c.Name == r.Hostname))], offer);
    }

    private HostnameNews Keep(LeaseId id, HostnameClaim[] claims, HostnameRoute[] routes, IngressOffer offer)
    {
        holders.Keep(id, [.. claims.Where(c => c.IsHeld).Select(c => c.Name)]);
        proofs.Keep(id, [.. claims.Select(c => c.Name)]);
        return new HostnameNews(claims, routes, offer.Problem);
    }

    private HostnameClaim Decide(LeaseView view, HostnameWish wish, IngressOffer offer, HostnameClaim? before, IReadOnlyList<LeaseRecord> records)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        HostnameClaim Say(ProofStanding proof, bool isFree, string? unread) => HostnameRules.Decide(view, wish, offer, before, proof, isFree, unread, now);
        if (wish.IsGiven) return Say(ProofStanding.Unknown, true, null);
        // A name that somebody else has is not worth a question.
        if (!holders.IsFree(wish.Name, view.Id, records)) return Say(ProofStanding.Unknown, false, null);
        var (proof, unread) = proofs.Read(view, wish.Name, before is { IsHeld: true });
        var claim = Say(proof, true, unread);
        return !claim.IsHeld || holders.TryHold(wish.Name, view.Id, records) ? claim : Say(proof, false, null);
    }

    private HostnameNews End(LeaseId id)
    {
        holders.Keep(id, []);
        proofs.Keep(id, []);
        return HostnameNews.None;
    }
}
