using System.Threading.RateLimiting;

namespace Federation.Gateway.Access;

/// <summary>
/// How fast tenants' bytes go through the gateway, in either direction and of all their requests together. Nobody is refused for them:
/// who has used up a share waits for more.
/// </summary>
internal sealed class ByteLimits(AccessOptions options) : IDisposable
{
    // Finer than an answer's beginning is felt, coarser than a timer costs.
    private const int PeriodsPerSecond = 10;

    // No more of them wait than there are streams, each with a buffer's bytes.
    private const int Waiting = int.MaxValue;

    // Several tenants' first bytes at once: who has just come does not wait for who was here before.
    private const int Together = AccessOptions.BurstsTogether;

    private readonly PartitionedRateLimiter<string> each = PartitionedRateLimiter.Create<string, string>(
        tenant => RateLimitPartition.GetTokenBucketLimiter(tenant, _ => Bucket(options.ByteBurst, options.BytesPerSecond)));

    private readonly TokenBucketRateLimiter all = new(Bucket(Together * options.ByteBurst, options.AllBytesPerSecond));

    /// <summary>Comes back when so many bytes may go.</summary>
    /// <exception cref="IOException">So many wait that there is no more room for it.</exception>
    public async ValueTask PassAsync(string tenant, int bytes, CancellationToken cancellation)
    {
        for (var left = bytes; left > 0; left -= Math.Min(left, options.ByteBurst))
        {
            var some = Math.Min(left, options.ByteBurst);
            using var mine = await each.AcquireAsync(tenant, some, cancellation);
            using var shared = await all.AcquireAsync(some, cancellation);
            if (!mine.IsAcquired || !shared.IsAcquired) throw new IOException("Too many bytes wait to pass the gateway.");
        }
    }

    public void Dispose()
    {
        each.Dispose();
        all.Dispose();
    }

    private static TokenBucketRateLimiterOptions Bucket(int burst, int perSecond) => new()
    {
        TokenLimit = burst,
        TokensPerPeriod = Math.Max(1, perSecond / PeriodsPerSecond),
        ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / PeriodsPerSecond),
        QueueLimit = Waiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    };
}
