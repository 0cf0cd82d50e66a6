using System.Threading.RateLimiting;
using Federation.Application.Settings;
using Federation.Gateway.Limits;

namespace Federation.Gateway.Access;

/// <summary>
/// Keeps tenants from each other's share, and all of them from the cluster's. What is counted is of those who have signed in alone,
/// and is forgotten when they rest.
/// </summary>
internal sealed class AccessLimits(Live<AccessOptions> options, TimeProvider clock) : IDisposable
{
    private readonly TokenBuckets pace = new(() => Pace(options.Current), clock);
    private readonly TokenBuckets writes = new(() => Writes(options.Current), clock);
    private readonly TokenBuckets allWrites = new(() => AllWrites(options.Current), clock);
    // What is going on at a time is counted by those that have it: these are changed by a start alone.
    private readonly KeyedSlots own = new(options.Current.RequestsPerTenant, options.Current.Burst);
    private readonly KeyedSlots ownLooks = new(options.Current.LooksPerTenant, options.Current.Burst);
    private readonly KeyedSlots ownStreams = new(options.Current.StreamsPerTenant, 0);
    private readonly ConcurrencyLimiter all = Limiter(options.Current.Requests);
    private readonly ConcurrencyLimiter allDeliveries = Limiter(options.Current.Deliveries);
    private readonly ConcurrencyLimiter allLooks = Limiter(options.Current.Looks);
    private readonly ConcurrencyLimiter allStreams = Limiter(options.Current.Streams);

    /// <summary>Counts one request, whatever comes of it.</summary>
    public bool IsTooFast(string tenant) => !pace.TryTake(tenant);

    /// <summary>A place of the tenant's own, for which it may have to wait.</summary>
    /// <returns>What is given back when the request is over; or why it is not let through.</returns>
    public async ValueTask<(IDisposable? Mine, string Problem)> TakeOwnAsync(string tenant, AccessPath path, CancellationToken cancellation)
    {
        var slots = path.IsStream ? ownStreams : path.Kind == AccessKind.Namespaced ? own : ownLooks;
        if (await slots.TakeAsync(tenant, cancellation) is { } mine) return (mine, "");
        return (null, path.IsStream ? $"{options.Current.StreamsPerTenant} streams (exec, port-forward, logs, watches) are open: end one of them." : "Too many requests at a time.");
    }

    /// <summary>
    /// A place of those that all share, once it is known that what is asked for is the tenant's. What names no namespace, and who has no
    /// lease any more may ask for, has places of its own, and so do deliveries: who cannot deliver pays for nothing.
    /// </summary>
    /// <returns>Null: there is none now.</returns>
    public IDisposable? TakeShared(AccessPath path)
    {
        var shared = (path.IsStream ? allStreams : path.IsDelivery ? allDeliveries : path.Kind == AccessKind.Namespaced ? all : allLooks).AttemptAcquire();
        if (shared.IsAcquired) return shared;
        shared.Dispose();
        return null;
    }

    /// <summary>Counts one write. What it is about must be the tenant's: what all share is not for who has no lease.</summary>
    /// <param name="isDelivery">It is about a ComputeLease: who fills the store with other things keeps nobody from getting its workload run.</param>
    /// <returns>Why it may not be; null: it may.</returns>
    public string? WriteProblem(string tenant, bool isDelivery)
    {
        if (!writes.TryTake(tenant)) return $"More than {options.Current.WritesPerMinute} writes a minute: slow down.";
        return allWrites.TryTake(isDelivery ? "deliveries" : "") ? null : "All tenants together write too much now: try again.";
    }

    public void Dispose()
    {
        all.Dispose();
        allDeliveries.Dispose();
        allLooks.Dispose();
        allStreams.Dispose();
    }

    private static (int Most, double PerSecond) Pace(AccessOptions options) => (options.Burst, options.PerSecond);

    private static (int Most, double PerSecond) Writes(AccessOptions options) => (options.WriteBurst, options.WritesPerMinute / 60.0);

    private static (int Most, double PerSecond) AllWrites(AccessOptions options) => (options.AllWritesPerMinute, options.AllWritesPerMinute / 60.0);

    private static ConcurrencyLimiter Limiter(int most) => new(new ConcurrencyLimiterOptions { PermitLimit = most });
}
