namespace Federation.Kubernetes.Queueing;

/// <summary>
/// Keys that need work. A key is held once however often it is added, is worked on by one worker at a time,
/// comes again if it was added meanwhile, and is never dropped. Oldest first. Its size is bounded by the number of keys.
/// </summary>
public sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    private readonly Lock guard = new();
    private readonly Queue<TKey> ready = new();
    private readonly HashSet<TKey> dirty = [];
    private readonly HashSet<TKey> working = [];
    private readonly Dictionary<TKey, int> failures = [];
    private readonly SemaphoreSlim available = new(0);
    private readonly DelayedKeys<TKey> delayed;
    private readonly Backoff backoff;

    public WorkQueue(Backoff? backoff = null, TimeProvider? time = null)
    {
        this.backoff = backoff ?? Backoff.Default;
        delayed = new DelayedKeys<TKey>(time ?? TimeProvider.System, Add);
    }

    /// <summary>Keys that wait for a worker.</summary>
    public int Depth
    {
        get
        {
            lock (guard)
            {
                return ready.Count;
            }
        }
    }

    /// <summary>Keys that wait for their time.</summary>
    public int Delayed => delayed.Count;

    /// <summary>Keys that are worked on.</summary>
    public int Working
    {
        get
        {
            lock (guard)
            {
                return working.Count;
            }
        }
    }

    /// <summary>Adds a key; a key that already waits stays where it is.</summary>
    public void Add(TKey key)
    {
        lock (guard)
        {
            if (dirty.Add(key) && !working.Contains(key))
            {
                MakeReady(key);
            }
        }
    }

    /// <summary>Adds a key later. Of several times for one key the earliest counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
        }
        else
        {
            delayed.Add(key, delay);
        }
    }

    /// <summary>Adds a key again after a failure: later with each failure in a row, for ever.</summary>
    /// <param name="key">The key that failed.</param>
    /// <param name="atLeast">Pause that the server asked for.</param>
    /// <returns>The pause.</returns>
    public TimeSpan AddRateLimited(TKey key, TimeSpan? atLeast = null)
    {
        int count;
        lock (guard)
        {
            count = failures.GetValueOrDefault(key) is var old && old < int.MaxValue ? old + 1 : old;
            failures[key] = count;
        }

        var pause = backoff.After(count);
        pause = atLeast is { } asked && asked > pause ? asked : pause;
        AddAfter(key, pause);
        return pause;
    }

    /// <summary>Failures of a key in a row.</summary>
    public int Failures(TKey key)
    {
        lock (guard)
        {
            return failures.GetValueOrDefault(key);
        }
    }

    /// <summary>The key succeeded: its next failure is the first again.</summary>
    public void Forget(TKey key)
    {
        lock (guard)
        {
            failures.Remove(key);
        }
    }

    /// <summary>Waits for the oldest key. The taker must call <see cref="Done"/>.</summary>
    public async Task<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        await available.WaitAsync(cancellationToken);
        lock (guard)
        {
            var key = ready.Dequeue();
            working.Add(key);
            dirty.Remove(key);
            return key;
        }
    }

    /// <summary>The work on a key has ended; if the key was added meanwhile, it waits again.</summary>
    public void Done(TKey key)
    {
        lock (guard)
        {
            if (working.Remove(key) && dirty.Contains(key))
            {
                MakeReady(key);
            }
        }
    }

    public void Dispose()
    {
        delayed.Dispose();
        available.Dispose();
    }

    private void MakeReady(TKey key)
    {
        ready.Enqueue(key);
        available.Release();
    }
}
