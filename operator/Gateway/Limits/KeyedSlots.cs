using System.Threading.RateLimiting;

namespace Federation.Gateway.Limits;

/// <summary>How many things each of those who ask has going on at a time. Who has nothing going on takes no memory.</summary>
/// <param name="most">Of each.</param>
/// <param name="waiting">Of each, beyond these; the oldest is next.</param>
internal sealed class KeyedSlots(int most, int waiting)
{
    private readonly Lock guard = new();
    private readonly Dictionary<string, Holder> holders = new(StringComparer.Ordinal);

    /// <returns>Ends it when disposed of; null when there is no place, nor one to wait in.</returns>
    public async ValueTask<IDisposable?> TakeAsync(string key, CancellationToken cancellation)
    {
        var holder = Enter(key);
        RateLimitLease? lease = null;
        try
        {
            lease = await holder.Limiter.AcquireAsync(1, cancellation);
            return lease.IsAcquired ? new Slot(this, holder, lease) : null;
        }
        finally
        {
            if (lease?.IsAcquired != true) Leave(holder, lease);
        }
    }

    /// <summary>Those who have something going on, or wait.</summary>
    public int Count
    {
        get
        {
            lock (guard) return holders.Count;
        }
    }

    private Holder Enter(string key)
    {
        lock (guard)
        {
            if (!holders.TryGetValue(key, out var holder)) holders[key] = holder = new Holder(key, NewLimiter());
            holder.Users++;
            return holder;
        }
    }

    private void Leave(Holder holder, RateLimitLease? lease)
    {
        lease?.Dispose();
        lock (guard)
        {
            if (--holder.Users > 0) return;
            holders.Remove(holder.Key);
            holder.Limiter.Dispose();
        }
    }

    private ConcurrencyLimiter NewLimiter() =>
        new(new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    private sealed class Holder(string key, ConcurrencyLimiter limiter)
    {
        public string Key => key;

        public ConcurrencyLimiter Limiter => limiter;

        public int Users { get; set; }
    }

    private sealed class Slot(KeyedSlots slots, Holder holder, RateLimitLease lease) : IDisposable
    {
        private int ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0) slots.Leave(holder, lease);
        }
    }
}
