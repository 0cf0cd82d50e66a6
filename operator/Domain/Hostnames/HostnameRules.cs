using Federation.Domain.Leases;
using static Federation.Domain.Leases.ConditionStatus;

namespace Federation.Domain.Hostnames;

/// <summary>Who gets a name, what is said of it, and which routes there are to be. Who proved it first has it as long as its lease lives.</summary>
public static class HostnameRules
{
    /// <summary>The hold that counts when there are several, as after a restored store: the elder one; of the same moment that of the lower lease id.</summary>
    public static HostnameHold? First(IEnumerable<HostnameHold> holds) => holds.OrderBy(h => h.SinceMs).ThenBy(h => h.Lease.Hex, StringComparer.Ordinal).FirstOrDefault();

    /// <param name="before">As last written; null for a new one.</param>
    /// <param name="isFree">No other lease of the datacenter has it.</param>
    /// <param name="unread">Why the name service could not be asked; null when it could, or was not.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public static HostnameClaim Decide(LeaseView view, HostnameWish wish, IngressOffer offer, HostnameClaim? before, ProofStanding proof, bool isFree, string? unread, long nowMs)
    {
        HostnameClaim Say(long since, string reason, string message) => new(wish.Name, wish.Service, wish.PortName, offer.UrlOf(wish), since, reason, message);
        var held = before is { IsHeld: true } ? before.HeldSinceMs : nowMs;
        if (wish.IsGiven) return Say(held, HostnameClaim.GivenOut, "");
        if (!isFree) return Say(0, "NameTaken", "Another lease of this datacenter has proved it before and keeps it until that lease ends: use another name, or another datacenter.");
        // A name service that does not answer takes nothing away.
        if (proof == ProofStanding.Present || (before is { IsHeld: true } && proof == ProofStanding.Unknown)) return Say(held, "Proven", "");
        var advice = OwnershipProof.Advice(wish.Name, view.Id, view.Terms.Tenant);
        return unread is not null && proof == ProofStanding.Unknown
            ? Say(0, "ProofUnreadable", $"The name service does not tell for certain ({unread}). Unless it is there, {advice}.")
            : Say(0, "ProofMissing", $"Nothing shows that it is yours: {advice}.");
    }

    /// <summary>What stands now, and names whose routes are not gone yet: nobody else may get these.</summary>
    internal static IReadOnlyList<HostnameClaim> Standing(LeaseObservation seen)
    {
        if (seen.Hostnames.Claims is not { } claims) return seen.Status.Hostnames;
        var leaving = seen.Status.Hostnames.Where(b => b.IsHeld && seen.Cluster.Routes.Any(r => r.Route.Hostname == b.Name)).ToDictionary(b => b.Name);
        return
        [
            .. claims.Select(c => !c.IsHeld && leaving.TryGetValue(c.Name, out var hold) ? c with { HeldSinceMs = hold.HeldSinceMs } : c),
            .. leaving.Values.Where(b => claims.All(c => c.Name != b.Name)),
        ];
    }

    /// <summary>The routes, when they are not as they should be.</summary>
    internal static LeaseEffect[] Effects(LeaseObservation seen)
    {
        if (seen.Hostnames.Routes is not { } named || seen.Hostnames.Problem is not null || seen.Cluster.NamespaceTerminating) return [];
        // A name that leads nowhere yet is not routed; one that is to go, goes at once, whatever the workload waits for.
        HostnameRoute[] wanted = seen.Cluster.AppliedSpecHash == seen.Workload.Hash
            ? [.. named]
            : [.. seen.Cluster.Routes.Select(r => r.Route).Where(r => named.Any(n => n.Hostname == r.Hostname))];
        return seen.Cluster.Routes.All(r => r.IsTidy) && seen.Cluster.Routes.Select(r => r.Route).ToHashSet().SetEquals(wanted) ? [] : [new EnsureRoutes(seen.View.Id, wanted)];
    }

    /// <summary>Where the names lead that are routed.</summary>
    internal static IEnumerable<LeaseEndpoint> Endpoints(LeaseObservation seen, IReadOnlyList<HostnameClaim> claims) =>
        claims.Where(c => IsRouted(seen, c)).Select(c => new LeaseEndpoint(c.Service, c.Port, c.Url));

    /// <summary>One, for a lease that is to be reached by name; else none.</summary>
    internal static LeaseCondition[] Conditions(StatusDraft draft) => draft.Status.Hostnames.Count > 0 ? [Routed(draft)] : [];

    private static LeaseCondition Routed(StatusDraft draft)
    {
        var (seen, claims) = (draft.Seen, draft.Status.Hostnames);
        LeaseCondition Say(ConditionStatus status, string reason, string message) => new("Routed", status, reason, message);
        if (draft.Status.StoppedAtMs > 0) return Say(False, "Stopped", "The workload was stopped because the lease is closing.");
        if (seen.Hostnames.Problem is { } problem) return Say(False, "IngressUnavailable", $"{problem} The workload runs without its names.");
        HostnameClaim[] missing = [.. claims.Where(c => !c.IsHeld)];
        if (missing.Length > 0) return Say(False, missing[0].Reason, $"{missing[0].Name}: {missing[0].Message}{More(missing.Length - 1)}");
        if (seen.Cluster.Routes.FirstOrDefault(r => r.Refusal is not null) is { } refused)
            return Say(False, "RouteRefused", $"{refused.Route.Hostname}: its route is not served ({refused.Refusal}): use another name, or ask the datacenter.");
        return claims.All(c => IsRouted(seen, c))
            ? Say(True, "Routed", $"Reached at {string.Join(", ", claims.Select(c => c.Url))}.")
            : Say(Unknown, "Routing", "The routes are made once the workload is.");
    }

    private static bool IsRouted(LeaseObservation seen, HostnameClaim claim) => claim.IsHeld && seen.Cluster.Routes.Any(r => r is { IsTidy: true, Refusal: null } && r.Route.Hostname == claim.Name);

    private static string More(int count) => count > 0 ? $" And {count} more: see status.hostnames." : "";
}
