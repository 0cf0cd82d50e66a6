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
    private readonly KeyedSlots ownStreams = new(options.Current.StreamsPerTenant, 0);
    private readonly ConcurrencyLimiter all = new(new ConcurrencyLimiterOptions { PermitLimit = options.Current.Requests });
    private readonly ConcurrencyLimiter allStreams = new(new ConcurrencyLimiterOptions { PermitLimit = options.Current.Streams });

    /// <summary>Counts one request, whatever comes of it.</summary>
    public bool IsTooFast(string tenant) => !pace.TryTake(tenant);

    /// <returns>What is given back when the request is over; or why it is not let through.</returns>
    public async Task<(Leases? Leases, string Problem)> TakeAsync(string tenant, bool isStream, CancellationToken cancellation)
    {
        if (await (isStream ? ownStreams : own).TakeAsync(tenant, cancellation) is not { } mine)
            return (null, isStream ? $"{options.Current.StreamsPerTenant} streams (exec, port-forward, logs, watches) are open: end one of them." : "Too many requests at a time.");

        var shared = (isStream ? allStreams : all).AttemptAcquire();
        if (shared.IsAcquired) return (new Leases(mine, shared), "");
        shared.Dispose();
        mine.Dispose();
        return (null, "This datacenter's gateway has no room for more now: try again.");
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
        allStreams.Dispose();
    }

    private static (int Most, double PerSecond) Pace(AccessOptions options) => (options.Burst, options.PerSecond);

    private static (int Most, double PerSecond) Writes(AccessOptions options) => (options.WriteBurst, options.WritesPerMinute / 60.0);

    private static (int Most, double PerSecond) AllWrites(AccessOptions options) => (options.AllWritesPerMinute, options.AllWritesPerMinute / 60.0);

    /// <summary>Of one tenant's share, and of all tenants'.</summary>
    public sealed class Leases(IDisposable mine, RateLimitLease shared) : IDisposable
    {
        public void Dispose()
        {
            shared.Dispose();
            mine.Dispose();
        }
    }
}
