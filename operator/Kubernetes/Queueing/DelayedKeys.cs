namespace Federation.Kubernetes.Queueing;

/// <summary>Keys that become due later, on one timer.</summary>
internal sealed class DelayedKeys<TKey> : IDisposable
    where TKey : notnull
{
    // A timer takes at most some 49 days; longer waits look again in between.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock guard = new();
    private readonly TimeProvider time;
    private readonly Action<TKey> whenDue;
    private readonly ITimer timer;
    private readonly long origin;
    private readonly Dictionary<TKey, TimeSpan> due = [];
    private readonly PriorityQueue<TKey, TimeSpan> order = new();
    private bool disposed;

    public DelayedKeys(TimeProvider time, Action<TKey> whenDue)
    {
        this.time = time;
        this.whenDue = whenDue;
        origin = time.GetTimestamp();
        timer = time.CreateTimer(_ => Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (guard)
            {
                return due.Count;
            }
        }
    }

    public void Add(TKey key, TimeSpan delay)
    {
        lock (guard)
        {
            var at = time.GetElapsedTime(origin) + delay;
            if (disposed || (due.TryGetValue(key, out var earlier) && earlier <= at))
            {
                return;
            }

            due[key] = at;
            order.Enqueue(key, at);
            Compact();
            Arm();
        }
    }

    public void Dispose()
    {
        lock (guard)
        {
            disposed = true;
            timer.Dispose();
        }
    }

    private void Release()
    {
        List<TKey> ripe = [];
        lock (guard)
        {
            var now = time.GetElapsedTime(origin);
            while (!disposed && order.TryPeek(out var key, out var at) && at <= now)
            {
                order.Dequeue();
                // An entry that was overtaken by an earlier time for the same key is void.
                if (due.TryGetValue(key, out var current) && current == at)
                {
                    due.Remove(key);
                    ripe.Add(key);
                }
            }

            Arm();
        }

        ripe.ForEach(whenDue);
    }

    private void Arm()
    {
        if (!disposed && order.TryPeek(out _, out var at))
        {
            var wait = at - time.GetElapsedTime(origin);
            wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait;
            timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    // Void entries may not pile up: a key with a far time and many near ones would leave one each.
    private void Compact()
    {
        if (order.Count > (2 * due.Count) + 64)
        {
            order.Clear();
            order.EnqueueRange(due.Select(entry => (entry.Key, entry.Value)));
        }
    }
}
