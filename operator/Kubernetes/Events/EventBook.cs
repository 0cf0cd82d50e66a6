using System.Globalization;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Events;

/// <summary>What makes two events the same.</summary>
internal sealed record EventKey(V1ObjectReference About, EventType Type, string Reason, string Message);

/// <summary>An event and how often it happened.</summary>
internal sealed class EventEntry(EventKey key, DateTimeOffset first)
{
    public EventKey Key { get; } = key;
    public DateTimeOffset First { get; } = first;
    public DateTimeOffset Last { get; set; } = first;
    public int Count { get; set; }
    public int Tries { get; set; }
    public bool IsWritten { get; set; }

    // Names as the Go recorder makes them: the object, and a number that does not come twice.
    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"{Short(key.About.Name)}.{first.UtcTicks:x}{Unique():x8}");

    // Events about cluster-scoped objects live in "default".
    public string Space { get; } = string.IsNullOrEmpty(key.About.Namespace) ? "default" : key.About.Namespace;

    private static string Short(string? name) => name is null ? "unknown" : name.Length > 220 ? name[..220] : name;

#pragma warning disable CA5394 // A name needs no secrecy.
    private static int Unique() => Random.Shared.Next();
#pragma warning restore CA5394
}

/// <summary>Events that wait and events that were written; both bounded.</summary>
internal sealed class EventBook(int maxPending, int maxRemembered, TimeSpan window)
{
    private readonly Lock guard = new();
    private readonly Dictionary<EventKey, EventEntry> known = [];
    private readonly OrderedDictionary<EventEntry, bool> pending = [];
    private readonly Queue<EventEntry> order = new();
    private long dropped;

    public long Dropped => Interlocked.Read(ref dropped);

    public void Note(EventKey key, DateTimeOffset now)
    {
        lock (guard)
        {
            if (known.TryGetValue(key, out var entry) && now - entry.First >= window)
            {
                known.Remove(key);
                entry = null;
            }

            if ((entry is null || !pending.ContainsKey(entry)) && pending.Count >= maxPending)
            {
                Interlocked.Increment(ref dropped);
                return;
            }

            entry ??= Remember(new EventEntry(key, now));
            entry.Count++;
            entry.Last = now;
            pending.TryAdd(entry, true);
        }
    }

    public IReadOnlyList<EventEntry> TakePending()
    {
        lock (guard)
        {
            EventEntry[] taken = [.. pending.Keys];
            pending.Clear();
            return taken;
        }
    }

    public void Written(EventEntry entry)
    {
        lock (guard)
        {
            (entry.IsWritten, entry.Tries) = (true, 0);
        }
    }

    public void Again(EventEntry entry)
    {
        lock (guard)
        {
            if (pending.Count < maxPending)
            {
                pending.TryAdd(entry, true);
            }
        }
    }

    public void Forget(EventEntry entry)
    {
        lock (guard)
        {
            known.Remove(entry.Key);
        }
    }

    private EventEntry Remember(EventEntry entry)
    {
        known[entry.Key] = entry;
        order.Enqueue(entry);
        while (order.Count > maxRemembered)
        {
            var oldest = order.Dequeue();
            if (known.TryGetValue(oldest.Key, out var current) && ReferenceEquals(current, oldest))
            {
                known.Remove(oldest.Key);
            }
        }

        return entry;
    }
}
