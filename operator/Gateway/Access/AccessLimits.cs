using System.Threading.RateLimiting;

namespace Federation.Gateway.Access;

/// <summary>
/// Keeps tenants from each other's share, and all of them from the cluster's. What is counted is of those who have signed in alone,
/// and is forgotten when they rest.
/// </summary>
internal sealed class AccessLimits(AccessOptions options) : IDisposable
{
    private readonly PartitionedRateLimiter<string> pace = Tokens(options.Burst, options.PerSecond, TimeSpan.FromSeconds(1));
    private readonly PartitionedRateLimiter<string> writes = Tokens(options.WriteBurst, Math.Max(1, options.WritesPerMinute / 6), TimeSpan.FromSeconds(10));
    private readonly PartitionedRateLimiter<string> own = AtATime(options.RequestsPerTenant, options.Burst);
    private readonly PartitionedRateLimiter<string> ownStreams = AtATime(options.StreamsPerTenant, 0);
    private readonly TokenBucketRateLimiter allWrites = AllWrites(options);
    private readonly TokenBucketRateLimiter allDeliveries = AllWrites(options);
    private readonly ConcurrencyLimiter all = new(new ConcurrencyLimiterOptions { PermitLimit = options.Requests });
    private readonly ConcurrencyLimiter allStreams = new(new ConcurrencyLimiterOptions { PermitLimit = options.Streams });

    /// <summary>Counts one request, whatever comes of it.</summary>
    public bool IsTooFast(string tenant) => !pace.AttemptAcquire(tenant).IsAcquired;

    /// <returns>What is given back when the request is over; or why it is not let through.</returns>
    public async Task<(Leases? Leases, string Problem)> TakeAsync(string tenant, bool isStream, CancellationToken cancellation)
    {
        var mine = isStream ? ownStreams.AttemptAcquire(tenant) : await own.AcquireAsync(tenant, 1, cancellation);
        if (!mine.IsAcquired)
        {
            mine.Dispose();
            return (null, isStream ? $"{options.StreamsPerTenant} streams (exec, port-forward, logs, watches) are open: end one of them." : "Too many requests at a time.");
        }

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
        if (!writes.AttemptAcquire(tenant).IsAcquired) return $"More than {options.WritesPerMinute} writes a minute: slow down.";
        return (isDelivery ? allDeliveries : allWrites).AttemptAcquire().IsAcquired ? null : "All tenants together write too much now: try again.";
    }

    public void Dispose()
    {
        RateLimiter[] shared = [allWrites, allDeliveries, all, allStreams];
        foreach (var limiter in shared) limiter.Dispose();
        PartitionedRateLimiter<string>[] each = [pace, writes, own, ownStreams];
        foreach (var limiter in each) limiter.Dispose();
    }

    private static TokenBucketRateLimiter AllWrites(AccessOptions options) =>
        new(Bucket(options.AllWritesPerMinute, Math.Max(1, options.AllWritesPerMinute / 6), TimeSpan.FromSeconds(10)));

    private static PartitionedRateLimiter<string> Tokens(int burst, int each, TimeSpan period) => PartitionedRateLimiter.Create<string, string>(
        tenant => RateLimitPartition.GetTokenBucketLimiter(tenant, _ => Bucket(burst, each, period)));

    private static PartitionedRateLimiter<string> AtATime(int most, int waiting) => PartitionedRateLimiter.Create<string, string>(
        tenant => RateLimitPartition.GetConcurrencyLimiter(tenant, _ => new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst }));

    private static TokenBucketRateLimiterOptions Bucket(int burst, int each, TimeSpan period) => new() { TokenLimit = burst, TokensPerPeriod = each, ReplenishmentPeriod = period, QueueLimit = 0 };

    /// <summary>Of one tenant's share, and of all tenants'.</summary>
    public sealed class Leases(RateLimitLease mine, RateLimitLease shared) : IDisposable
    {
        public void Dispose()
        {
            shared.Dispose();
            mine.Dispose();
        }
    }
}
