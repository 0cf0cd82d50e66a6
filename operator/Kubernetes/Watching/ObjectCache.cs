using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Watching;

/// <summary>Objects by key and by index. Safe for concurrent use; what it returns is a snapshot.</summary>
internal sealed class ObjectCache<T>
    where T : class
{
    private readonly Lock guard = new();
    private readonly Dictionary<ObjectKey, T> objects = [];
    private readonly Dictionary<string, CacheIndex<T>> indexes = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (guard)
            {
                return objects.Count;
            }
        }
    }

    public void AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        lock (guard)
        {
            var index = new CacheIndex<T>(values);
            indexes.Add(name, index);
            foreach (var (key, value) in objects)
            {
                index.Replace(key, null, value);
            }
        }
    }

    public T? Get(ObjectKey key)
    {
        lock (guard)
        {
            return objects.GetValueOrDefault(key);
        }
    }

    public IReadOnlyList<T> List()
    {
        lock (guard)
        {
            return [.. objects.Values];
        }
    }

    public IReadOnlyList<ObjectKey> Keys()
    {
        lock (guard)
        {
            return [.. objects.Keys];
        }
    }

    public IReadOnlyList<T> ByIndex(string name, string value)
    {
        lock (guard)
        {
            return indexes.TryGetValue(name, out var index)
                ? [.. index.Keys(value).Select(key => objects[key])]
                : throw new ArgumentException($"There is no index '{name}'.", nameof(name));
        }
    }

    /// <returns>The object that was there before.</returns>
    public T? Set(ObjectKey key, T value)
    {
        (value as PackedObject)?.Pack();
        lock (guard)
        {
            var old = objects.GetValueOrDefault(key);
            objects[key] = value;
            Reindex(key, old, value);
            return old;
        }
    }

    /// <returns>The object that was there before.</returns>
    public T? Remove(ObjectKey key)
    {
        lock (guard)
        {
            objects.Remove(key, out var old);
            Reindex(key, old, null);
            return old;
        }
    }

    private void Reindex(ObjectKey key, T? old, T? value)
    {
        foreach (var index in indexes.Values)
        {
            index.Replace(key, old, value);
        }
    }

    /// <summary>The object as it is kept: without what nobody reads.</summary>
    public static T Trim(T value)
    {
        switch (value)
        {
            case JsonObject tree:
                (tree["metadata"] as JsonObject)?.Remove("managedFields");
                return value;
            case KubernetesObject typed when typed.Metadata.ManagedFields is not null:
                return (T)(object)(typed with { Metadata = typed.Metadata with { ManagedFields = null } });
            default:
                return value;
        }
    }
}

/// <summary>Keys of the objects that have a value. Most values have one or a few: a list of them takes a third of a set.</summary>
internal sealed class CacheIndex<T>(Func<T, IEnumerable<string>> values)
    where T : class
{
    private readonly Dictionary<string, List<ObjectKey>> keys = new(StringComparer.Ordinal);

    public IReadOnlyList<ObjectKey> Keys(string value) => keys.TryGetValue(value, out var found) ? found : [];

    public void Replace(ObjectKey key, T? old, T? now)
    {
        var (before, after) = (ValuesOf(old), ValuesOf(now));
        foreach (var value in before.Except(after, StringComparer.Ordinal))
        {
            if (keys.TryGetValue(value, out var holders) && holders.Remove(key) && holders.Count == 0)
            {
                keys.Remove(value);
            }
        }

        foreach (var value in after.Except(before, StringComparer.Ordinal))
        {
            (keys.TryGetValue(value, out var holders) ? holders : keys[value] = new List<ObjectKey>(1)).Add(key);
        }
    }

    private string[] ValuesOf(T? value) => value is null ? [] : [.. values(value)];
}
