using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;

namespace Federation.Cluster;

/// <summary>Makes the routes of a lease's hostnames exactly what is wished for, or removes them all.</summary>
internal sealed class RouteApplier(ClusterCache cache, ClusterWriter writer, DatacenterView datacenter, TimeProvider time)
{
    private static readonly HashSet<string> Judging = new(StringComparer.Ordinal) { "Accepted", "ResolvedRefs" };

    // The tenant chose the name, and may choose one that is never taken.
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    // What was not taken is nowhere in the cluster: it is remembered until it is, or is wished for no more.
    private readonly ConcurrentDictionary<(LeaseId, HostnameRoute), (string Reason, long At)> refusals = new();

    /// <summary>A route of the lease was not taken: what stands of its routes depends on the time then.</summary>
    public bool HasRefused(LeaseId id) => !refusals.IsEmpty && refusals.Any(r => r.Key.Item1 == id);

    /// <summary>What stands of routes. One that was edited, or that the Datacenter would have otherwise by now, is not tidy.</summary>
    public IReadOnlyList<RouteFact> Of(LeaseId id)
    {
        var (policy, admissions) = (datacenter.Ingress(), cache.AdmissionsOf(id).ToDictionary(WorkloadManifests.Name));
        RouteFact[] routes = [.. cache.RoutesOf(id).Select(o => ToFact(id, o, policy, admissions))];
        var led = routes.Select(r => r.Route.Service).ToHashSet(StringComparer.Ordinal);
        // A way in that no route needs is one too many.
        var refused = refusals.Where(r => r.Key.Item1 == id).Select(r => new RouteFact(r.Key.Item2, IsTidy: time.GetElapsedTime(r.Value.At) < Pause, r.Value.Reason));
        return [.. routes.Where(r => !refusals.ContainsKey((id, r.Route))), .. refused, .. admissions.Values.Where(a => !led.Contains(RouteManifests.ServiceOf(a)) && !IsClosed(id, a)).Select(Stray)];
    }

    public async Task EnsureAsync(EnsureRoutes ensure, CancellationToken cancellation)
    {
        var policy = datacenter.Ingress();
        var wanted = policy is null ? [] : RouteManifests.Build(ensure.Id, policy, ensure.Routes).ToArray();
        var names = wanted.Select(WorkloadManifests.Name).ToHashSet(StringComparer.Ordinal);
        await RemoveAsync(ensure.Id, names, cancellation);
        foreach (var gone in refusals.Keys.Where(k => k.Item1 == ensure.Id && !ensure.Routes.Contains(k.Item2))) refusals.TryRemove(gone, out _);
        foreach (var manifest in wanted) await EnsureAsync(ensure.Id, manifest, cancellation);
    }

    // Controllers' webhooks may refuse a name, as one that another namespace has: the others do not wait for it.
    private async Task EnsureAsync(LeaseId id, JsonObject manifest, CancellationToken cancellation)
    {
        var route = RouteManifests.Read(manifest);
        try
        {
            await writer.EnsureAsync(cache.Of(manifest), cache.Find(manifest), manifest, cancellation);
            if (route is not null) refusals.TryRemove((id, route), out _);
        }
        catch (ClusterException refusal) when (route is not null && !refusal.IsTransient)
        {
            refusals[(id, route)] = (refusal.Message, time.GetTimestamp());
        }
    }

    public Task RemoveAsync(LeaseId id, CancellationToken cancellation)
    {
        foreach (var gone in refusals.Keys.Where(k => k.Item1 == id)) refusals.TryRemove(gone, out _);
        return RemoveAsync(id, [], cancellation);
    }

    private async Task RemoveAsync(LeaseId id, HashSet<string> wanted, CancellationToken cancellation)
    {
        foreach (var extra in cache.RoutesOf(id).Where(o => !wanted.Contains(WorkloadManifests.Name(o)) && o.At("metadata", "deletionTimestamp") is null))
            await writer.DeleteAsync(cache.Of(extra), extra, cancellation);
        foreach (var extra in cache.AdmissionsOf(id).Where(o => !wanted.Contains(WorkloadManifests.Name(o)) && !IsClosed(id, o)))
            await writer.EnsureAsync(cache.Of(extra), extra, RouteManifests.Closed(id, RouteManifests.ServiceOf(extra)), cancellation);
    }

    private static bool IsClosed(LeaseId id, JsonObject admission) => ManifestComparer.Holds(admission, RouteManifests.Closed(id, RouteManifests.ServiceOf(admission)));

    private static RouteFact ToFact(LeaseId id, JsonObject seen, IngressPolicy? policy, Dictionary<string, JsonObject> admissions)
    {
        if (policy is null || RouteManifests.Read(seen) is not { } route || seen.Text("kind") != RouteManifests.Kind(policy)) return Stray(seen);
        var admission = RouteManifests.Admission(id, policy, route.Service, route.Port);
        var isTidy = seen.At("metadata", "deletionTimestamp") is null && ManifestComparer.Holds(seen, RouteManifests.Route(id, policy, route))
            && admissions.TryGetValue(WorkloadManifests.Name(admission), out var standing) && ManifestComparer.Holds(standing, admission);
        return new RouteFact(route, isTidy, Refusal(seen));
    }

    private static RouteFact Stray(JsonObject seen) => new(new HostnameRoute(seen.Text("metadata", "name") ?? "", "", 0), false, null);

    // What a gateway says of an HTTPRoute; of an Ingress nobody says anything.
    private static string? Refusal(JsonObject route) => route.Items("status", "parents").SelectMany(p => p.Items("conditions"))
        .FirstOrDefault(c => c.Text("status") == "False" && Judging.Contains(c.Text("type") ?? "")) is { } condition
        ? $"{condition.Text("reason")}: {condition.Text("message")}"
        : null;
}
