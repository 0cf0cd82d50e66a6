using System.Globalization;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>
/// All holds in one ConfigMap of the operator's namespace, replaced whole under the version that was read: whoever found a
/// place beside other holds than those that lie there writes nothing. It also bears the term of its writer: a leader that was
/// asleep finds a later one's term there and stops.
/// </summary>
internal sealed class HoldStore(KubernetesClient client, string @namespace, long term) : IHoldStore
{
    public const string Name = "federation-holds";
    private const string TermKey = "term";
    private const string HoldsKey = "holds";

    private static readonly WriteOptions Briefly = new() { AnswersMetadata = true };

    private readonly ResourceClient<V1ConfigMap> maps = client.Resource<V1ConfigMap>();
    private Stored? last;

    /// <exception cref="ClusterException">What lies there is not what an operator writes.</exception>
    public async Task<HoldList> ReadAsync(bool fresh, CancellationToken cancellation)
    {
        var before = Volatile.Read(ref last);
        if (!fresh && before is not null) return before.List;
        var map = await maps.GetAsync(Name, @namespace, cancellation);
        // The same list, where it is the same: what was made of it stays.
        var read = map is not null && before is not null && before.List.Version == map.Metadata.ResourceVersion ? before : Read(map);
        // What was written meanwhile is newer than an answer that was on its way.
        var there = Interlocked.CompareExchange(ref last, read, before);
        return (ReferenceEquals(there, before) ? read : there ?? read).List;
    }

    public async Task<bool> TryWriteAsync(HoldList seen, IReadOnlyList<Hold> holds, CancellationToken cancellation)
    {
        if (last is not { } before || before.List.Version != seen.Version) return false;
        if (before.Term > term) throw new ClusterException("TermOver", $"Term {before.Term} has taken the holds over; this is term {term}.", isTransient: true);
        try
        {
            var data = new Dictionary<string, string> { [TermKey] = term.ToString(CultureInfo.InvariantCulture), [HoldsKey] = HoldMapper.ToText(holds) };
            var map = seen.Version.Length == 0 ? OperatorMap.New(Name, @namespace, data) : before.Map! with { Data = data };
            // Some hundred holds are tens of KiB, which a quote would wait for on their way back.
            var written = (seen.Version.Length == 0 ? await maps.CreateAsync(map, Briefly, cancellation) : await maps.ReplaceAsync(map, Briefly, cancellation)).Metadata;
            last = new Stored(map with { Metadata = written }, term, new HoldList(holds, written.ResourceVersion ?? ""));
            return true;
        }
        catch (KubernetesException e) when (e.IsConflict || e.IsNotFound || e.IsAlreadyExists)
        {
            last = null;
            return false;
        }
        catch
        {
            // It may have been written: what lies there is to be asked.
            last = null;
            throw;
        }
    }

    /// <summary>The shares that were held for a lease; empty when none were, or nobody can say: then a place is looked for anew.</summary>
    public Task<IReadOnlyList<NodeShare>> FindAsync(LeaseId id, CancellationToken cancellation) => FindAsync(h => h.Leases.Contains(id), cancellation);

    /// <summary>The same of what is held beside what a running lease has.</summary>
    public Task<IReadOnlyList<NodeShare>> FindAmendedAsync(LeaseId id, CancellationToken cancellation) => FindAsync(h => h.Amends?.Lease == id, cancellation);

    private async Task<IReadOnlyList<NodeShare>> FindAsync(Func<Hold, bool> which, CancellationToken cancellation)
    {
        try
        {
            return (await ReadAsync(fresh: false, cancellation)).Holds.Where(which).MinBy(h => h.ExpiresAt)?.Shares ?? [];
        }
        catch (ClusterException)
        {
            return [];
        }
    }

    private Stored Read(V1ConfigMap? map)
    {
        if (map?.Data is not { } data) return new Stored(map, 0, new HoldList([], map?.Metadata.ResourceVersion ?? ""));
        try
        {
            return new Stored(
                map,
                long.Parse(data[TermKey], NumberStyles.None, CultureInfo.InvariantCulture),
                new HoldList(HoldMapper.FromText(data[HoldsKey]), map.Metadata.ResourceVersion ?? ""));
        }
        catch (Exception e) when (e is FormatException or KeyNotFoundException or OverflowException)
        {
            throw new ClusterException(
                "HoldsUnreadable", $"ConfigMap {@namespace}/{Name} cannot be read: {e.Message} Delete it once no quote of the last minutes can be matched any more.", isTransient: false, e);
        }
    }

    private sealed record Stored(V1ConfigMap? Map, long Term, HoldList List);
}
