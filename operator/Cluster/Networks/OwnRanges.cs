using System.Net;
using System.Net.Sockets;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Federation.Cluster.Networks;

/// <summary>
/// What is the datacenter's own though it looks like the internet's: public addresses of nodes, of their pods and of the API server.
/// Where all of them are private, as behind most clusters, this is empty for ever. Where they are not, each change of it is a write
/// for every lease: what comes is closed soon, what goes stays closed for a while and goes together.
/// </summary>
internal sealed class OwnRanges
{
    /// <summary>Beside the special ranges, of one version: networks expand each exception into many rules.</summary>
    public const int Most = 64;

    /// <summary>Between two changes, while addresses come.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(30);

    /// <summary>How long an address that nobody has any more stays closed; and between two changes that only open some again.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly Lock guard = new();
    private readonly NetworkRules named;
    private readonly IReadOnlyList<IPNetwork> known;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Dictionary<string, IReadOnlySet<IPNetwork>> byNode = new(StringComparer.Ordinal);
    private readonly Dictionary<IPNetwork, long> seen = [];
    private IReadOnlySet<IPNetwork> ofServer = new HashSet<IPNetwork>();
    private long? told;
    private volatile Telling telling;

    /// <param name="named">What the datacenter's settings say.</param>
    public OwnRanges(NetworkRules named, TimeProvider time, ILogger log)
    {
        (this.named, this.time, this.log) = (named, time, log);
        known = [.. named.DeniedRanges.Select(range => IPNetwork.Parse(range))];
        telling = new Telling(named, known, []);
    }

    /// <summary>For the policies of leases: the same object as long as nothing changes. Nothing of version 6 is open to leases, so nothing of it has to be closed.</summary>
    public NetworkRules Rules => telling.Rules;

    /// <summary>What no name that a tenant gives may lead to, beside the special ranges.</summary>
    public IReadOnlyList<IPNetwork> Denied => telling.Denied;

    public void Handle(InformerEvent<V1Node> change)
    {
        var name = change.Object.Metadata.Name ?? "";
        var ranges = change.Type == InformerEventType.Deleted ? [] : Outside(RangesOf(change.Object));
        lock (guard)
        {
            if (ranges.Count > 0) byNode[name] = ranges;
            else byNode.Remove(name);
        }
    }

    /// <summary>Where the API server answers.</summary>
    public void SetServer(IEnumerable<IPAddress> addresses)
    {
        var ranges = Outside(addresses.Select(RangeList.Of));
        lock (guard) ofServer = ranges;
    }

    /// <summary>Takes in what is to be taken in by now.</summary>
    /// <returns>Something changed of what is told.</returns>
    public bool Refresh()
    {
        lock (guard)
        {
            var now = time.GetTimestamp();
            var wanted = byNode.Values.Append(ofServer).SelectMany(ranges => ranges).ToHashSet();
            foreach (var range in wanted) seen[range] = now;
            var comes = wanted.Any(range => !telling.Own.Any(own => own.Covers(range)));
            var goes = seen.Values.Any(at => time.GetElapsedTime(at, now) >= Kept);
            var silent = told is { } last ? time.GetElapsedTime(last, now) : TimeSpan.MaxValue;
            if (!(comes && silent >= Pace) && !(goes && silent >= Kept)) return false;
            foreach (var gone in seen.Where(s => time.GetElapsedTime(s.Value, now) >= Kept).Select(s => s.Key).ToArray()) seen.Remove(gone);
            return Tell(RangeList.Fit(seen.Keys, Most), now);
        }
    }

    private bool Tell(IReadOnlyList<IPNetwork> own, long now)
    {
        if (own.SequenceEqual(telling.Own)) return false;
        told = now;
        if (own.Any(range => !seen.ContainsKey(range)))
            log.LogWarning("Nodes have more public addresses than {Most}: {Ranges} are closed to leases instead, and what else is there. Name the nodes' networks in DeniedCidrs to close just those.", Most, string.Join(", ", own));
        var closed = own.Where(range => range.BaseAddress.AddressFamily == AddressFamily.InterNetwork).Select(range => range.ToString());
        telling = new Telling(named with { DeniedRanges = [.. named.DeniedRanges, .. closed] }, [.. known, .. own], own);
        return true;
    }

    private static IEnumerable<IPNetwork> RangesOf(V1Node node) =>
        (node.Status?.Addresses ?? []).Where(a => a.Type is "InternalIP" or "ExternalIP").Select(a => IPAddress.TryParse(a.Address, out var address) ? RangeList.Of(address) : (IPNetwork?)null)
            .Concat((node.Spec?.PodCIDRs ?? []).Select(text => IPNetwork.TryParse(text, out var range) ? range : (IPNetwork?)null))
            .OfType<IPNetwork>();

    // What is closed anyway is nobody's concern: it comes and goes without a write.
    private HashSet<IPNetwork> Outside(IEnumerable<IPNetwork> ranges) =>
        [.. ranges.Where(range => PublicAddress.Is(range.BaseAddress, []) && !known.Any(k => k.Covers(range)))];

    /// <param name="Own">Those of the denied ranges that nobody named.</param>
    private sealed record Telling(NetworkRules Rules, IReadOnlyList<IPNetwork> Denied, IReadOnlyList<IPNetwork> Own);
}
