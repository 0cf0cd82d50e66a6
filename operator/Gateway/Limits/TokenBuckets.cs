namespace Federation.Gateway.Limits;

/// <summary>
/// A bucket of tokens for each of those who ask, full at first, that fills again as time passes. What has come back is counted when
/// somebody asks: nothing runs in between, as a <c>PartitionedRateLimiter</c> does ten times a second for as long as it lives.
/// </summary>
/// <param name="rate">Tokens of a full bucket, and those that come back in a second. When it changes, what was taken before counts on.</param>
internal sealed class TokenBuckets(Func<(int Most, double PerSecond)> rate, TimeProvider clock)
{
    private const int FewBuckets = 64;

    private readonly Lock guard = new();
    // Who has no bucket here has a full one.
    private readonly Dictionary<string, Bucket> buckets = new(StringComparer.Ordinal);
    private int tidyAt = FewBuckets;

    /// <param name="most">Tokens of a full bucket.</param>
    /// <param name="perSecond">Tokens that come back.</param>
    public TokenBuckets(int most, double perSecond, TimeProvider clock)
        : this(() => (most, perSecond), clock)
    {
    }

    /// <summary>Of those that are not known to be full.</summary>
    internal int Count
    {
        get
        {
            lock (guard) return buckets.Count;
        }
    }

    /// <returns>False, with nothing taken, when it is empty.</returns>
    public bool TryTake(string key)
    {
        lock (guard)
        {
            var (tokens, now) = Look(key);
            if (tokens < 1) return false;
            buckets[key] = new Bucket(tokens - 1, now);
            return true;
        }
    }

    /// <summary>Takes them in any case.</summary>
    /// <param name="count">At most what a full bucket holds.</param>
    /// <returns>How long to wait until those who asked before and this one have had theirs.</returns>
    public TimeSpan Take(string key, int count)
    {
        lock (guard)
        {
            var (tokens, now) = Look(key);
            var left = tokens - count;
            buckets[key] = new Bucket(left, now);
            return left >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-left / rate().PerSecond);
        }
    }

    private (double Tokens, long Now) Look(string key)
    {
        var now = clock.GetTimestamp();
        if (buckets.Count >= tidyAt) Tidy(now);
        return (buckets.TryGetValue(key, out var bucket) ? Filled(bucket, now) : rate().Most, now);
    }

    // As many again as are in use may come before the next time.
    private void Tidy(long now)
    {
        foreach (var full in buckets.Where(b => Filled(b.Value, now) >= rate().Most).Select(b => b.Key).ToArray()) buckets.Remove(full);
        tidyAt = Math.Max(FewBuckets, buckets.Count * 2);
    }

    private double Filled(Bucket bucket, long now)
    {
        var (most, perSecond) = rate();
        return Math.Min(most, bucket.Tokens + (clock.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));
    }

    /// <param name="Tokens">Fewer than none while some wait for theirs.</param>
    private readonly record struct Bucket(double Tokens, long At);
}
