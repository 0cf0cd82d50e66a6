using System.Text.Json;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Kubernetes.Watching;

/// <summary>
/// Lists, then watches, and keeps the result. Whatever breaks (a cut or silent connection, an expired version,
/// a restarted server), it lists again and tells what changed meanwhile, deletions included.
/// </summary>
public sealed class Informer<T>(ResourceClient<T> resource, InformerOptions? options = null, TimeProvider? time = null, ILogger? logger = null) : IInformer
    where T : class
{
    private const int MaxResumes = 3;

    private readonly InformerOptions options = options ?? new InformerOptions();
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly ILogger log = logger ?? NullLogger.Instance;
    private readonly ObjectCache<T> cache = new();
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Action<InformerEvent<T>>? handlers;
    private long lastActivity = (time ?? TimeProvider.System).GetTimestamp();

    public ResourceKind Kind => resource.Kind;

    public bool HasSynced => synced.Task.IsCompletedSuccessfully;

    public TimeSpan LastActivity => time.GetElapsedTime(Interlocked.Read(ref lastActivity));

    public int Count => cache.Count;

    /// <summary>Calls back on every change, in order. Must be quick: add a key to a queue. Handlers come before <see cref="RunAsync"/>.</summary>
    public void AddHandler(Action<InformerEvent<T>> handler) => handlers += handler;

    /// <summary>Makes objects findable by a value.</summary>
    public void AddIndex(string name, Func<T, IEnumerable<string>> values) => cache.AddIndex(name, values);

    /// <summary>The object as last seen, or null. The copy is shared: do not change it.</summary>
    public T? Get(string name, string? @namespace = null) => cache.Get(new ObjectKey(@namespace ?? "", name));

    /// <inheritdoc cref="Get(string, string?)"/>
    public T? Get(ObjectKey key) => cache.Get(key);

    /// <summary>All objects as last seen. The copies are shared: do not change them.</summary>
    public IReadOnlyList<T> List() => cache.List();

    /// <summary>The objects that have a value in an index.</summary>
    public IReadOnlyList<T> ByIndex(string name, string value) => cache.ByIndex(name, value);

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => synced.Task.WaitAsync(cancellationToken);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var resync = ResyncAsync(cancellationToken);
        await FollowAsync(cancellationToken);
        await resync;
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        string? version = null;
        var (failures, listed) = (0, time.GetTimestamp());
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                version = version is null || time.GetElapsedTime(listed) >= RelistAfter ? null : await StillTrueAsync(version, cancellationToken);
                if (version is null)
                {
                    (version, listed) = (await ListAsync(cancellationToken), time.GetTimestamp());
                }

                await foreach (var change in resource.WatchAsync(options.Namespace, Watch(version, RelistAfter - time.GetElapsedTime(listed)), cancellationToken))
                {
                    Beat();
                    failures = 0;
                    version = change.ResourceVersion ?? version;
                    Apply(change);
                }

                // The watch opened and ended in good order, which is a sign of life even without an event.
                Beat();
                failures = 0;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (SilentWatchException silent)
            {
                // It had opened, and the silence was pause enough.
                log.LogWarning("{Kind}: {Failure}", Kind, silent.Message);
            }
            catch (Exception failure)
            {
                version = MayResume(failure, ++failures) ? version : null;
                await PauseAsync(failure, failures, cancellationToken);
            }
        }
    }

    private async Task<string?> ListAsync(CancellationToken cancellationToken)
    {
        // What is not in a complete list has gone while nobody watched.
        var missing = cache.Keys().ToHashSet();
        string? version = null;
        var list = new ListOptions { LabelSelector = options.LabelSelector, FieldSelector = options.FieldSelector, Limit = options.PageSize };
        await foreach (var page in resource.ListPagesAsync(options.Namespace, list, cancellationToken))
        {
            Beat();
            version = page.Metadata.ResourceVersion;
            foreach (var item in page.Items)
            {
                missing.Remove(ObjectView.Key(item));
                Put(item);
            }

            foreach (var stranger in page.Unreadable)
            {
                missing.Remove(stranger.Key);
                Warn(stranger);
            }
        }

        foreach (var key in missing)
        {
            Drop(key, null);
        }

        synced.TrySetResult();
        return version;
    }

    private void Apply(WatchEvent<T> change)
    {
        switch (change)
        {
            case { Type: WatchEventType.Deleted }:
                Drop(change.Unreadable?.Key ?? ObjectView.Key(change.Object!), change.Object);
                break;
            case { Type: WatchEventType.Unreadable, Unreadable: { } stranger }:
                Warn(stranger);
                break;
            case { Object: { } value }:
                Put(value);
                break;
        }
    }

    private void Put(T value)
    {
        var key = ObjectView.Key(value);
        // Listed anew and unchanged, it stays the object that it was: what was read from that still holds.
        if (cache.Get(key) is { } known && ObjectView.ResourceVersion(known) is { } version && version == ObjectView.ResourceVersion(value))
        {
            return;
        }

        var kept = options.KeepManagedFields ? value : ObjectCache<T>.Trim(value);
        var old = cache.Set(key, kept);
        Tell(new InformerEvent<T>(old is null ? InformerEventType.Added : InformerEventType.Updated, old, kept));
    }

    private void Drop(ObjectKey key, T? final)
    {
        if (cache.Remove(key) is { } old)
        {
            Tell(new InformerEvent<T>(InformerEventType.Deleted, old, final ?? old));
        }
    }

    private void Tell(InformerEvent<T> change)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(change);
            }
            catch (Exception failure)
            {
                log.LogError(failure, "A handler of {Kind} failed on {Key}", Kind, ObjectView.Key(change.Object));
            }
        }
    }

    // After a cut the watch goes on where it stopped. A server that keeps refusing may do so because of the version.
    private static bool MayResume(Exception failure, int failures) => failure switch
    {
        KubernetesException refused => refused.IsTransient && refused.Status.Reason != "Timeout" && failures < MaxResumes,
        JsonException or InvalidDataException => false,
        _ => true,
    };

    // A store that was restored from a backup counts from an older version. The server would then keep
    // a watch from the future silent until it has caught up, and everything in between would be missed.
    private async Task<string?> StillTrueAsync(string version, CancellationToken cancellationToken)
    {
        var glance = new ListOptions { LabelSelector = options.LabelSelector, FieldSelector = options.FieldSelector, Limit = 1 };
        await foreach (var page in resource.ListPagesAsync(options.Namespace, glance, cancellationToken))
        {
            var known = ulong.TryParse(version, out var ours) & ulong.TryParse(page.Metadata.ResourceVersion, out var theirs);
            return known && theirs < ours ? null : version;
        }

        return version;
    }

    private async Task PauseAsync(Exception failure, int failures, CancellationToken cancellationToken)
    {
        var gone = failure is KubernetesException { IsGone: true };
        var pause = options.Backoff.After(failures);
        if (failure is KubernetesException { RetryAfter: { } asked } && asked > pause)
        {
            pause = asked < options.Backoff.Cap ? asked : options.Backoff.Cap;
        }

        log.Log(gone ? LogLevel.Debug : LogLevel.Warning, "{Kind}: {Failure}; again in {Pause}", Kind, failure.Message, pause);
        await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ResyncAsync(CancellationToken cancellationToken)
    {
        while (options.Resync is { } period && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(period, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var value in HasSynced && !cancellationToken.IsCancellationRequested ? cache.List() : [])
            {
                Tell(new InformerEvent<T>(InformerEventType.Resynced, value, value));
            }
        }
    }

    private TimeSpan RelistAfter
    {
        get
        {
            var bySize = options.RelistPerObject * cache.Count;
            var wanted = bySize < options.RelistSoonest ? options.RelistSoonest : bySize;
            return wanted < options.Relist ? wanted : options.Relist;
        }
    }

    private WatchOptions Watch(string? version, TimeSpan untilRelist) => new()
    {
        LabelSelector = options.LabelSelector,
        FieldSelector = options.FieldSelector,
        ResourceVersion = version,
        Timeout = untilRelist < options.WatchTimeout ? TimeSpan.FromSeconds(Math.Max(1, untilRelist.TotalSeconds)) : options.WatchTimeout,
        IdleTimeout = options.IdleTimeout,
    };

    private void Beat() => Interlocked.Exchange(ref lastActivity, time.GetTimestamp());

    private void Warn(UnreadableObject stranger) =>
        log.LogWarning("{Kind} {Key} does not fit its class and is kept as it was: {Reason}", Kind, stranger.Key, stranger.Reason);
}
