using System.Collections.Concurrent;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;
using Federation.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Federation.Kubernetes.Controllers;

/// <summary>What the builder was told.</summary>
internal sealed record ControllerSettings(int Workers, TimeSpan Resync, IReadOnlyList<IInformer> WaitFor);

/// <summary>Runs a controller: takes keys, calls it, and makes sure that every outcome is looked at again in time.</summary>
public sealed class ControllerRunner<TEntity> : IDisposable
    where TEntity : class
{
    private readonly Informer<TEntity> primary;
    private readonly IEntityController<TEntity> controller;
    private readonly FinalizerRunner<TEntity>? finalizers;
    private readonly ControllerSettings settings;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly ConcurrentDictionary<ObjectKey, TEntity> gone = new();
    // By UID, those that our finalizers are done with: the cache shows them a moment longer.
    private readonly ConcurrentDictionary<ObjectKey, string> released = new();
    private readonly ControllerMetrics metrics;

    internal ControllerRunner(
        Informer<TEntity> primary, IEntityController<TEntity> controller, FinalizerRunner<TEntity>? finalizers,
        ControllerSettings settings, WorkQueue<ObjectKey> queue, TimeProvider time, ILogger log)
    {
        (this.primary, this.controller, this.finalizers, this.settings) = (primary, controller, finalizers, settings);
        (Queue, this.time, this.log) = (queue, time, log);
        metrics = new ControllerMetrics(primary.Kind.Plural, queue);
    }

    /// <summary>The keys that wait; add one to have its entity reconciled.</summary>
    public WorkQueue<ObjectKey> Queue { get; }

    /// <summary>Works until cancelled; begins when all informers have synced, because before that absence means nothing.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(settings.WaitFor.Select(informer => informer.WaitForSyncAsync(cancellationToken)));
            await Task.WhenAll(Enumerable.Range(0, settings.Workers).Select(_ => WorkAsync(cancellationToken)).Append(ResyncAsync(cancellationToken)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping is no failure.
        }
    }

    public void Dispose()
    {
        metrics.Dispose();
        Queue.Dispose();
    }

    internal void Observe(InformerEvent<TEntity> change, Func<InformerEvent<TEntity>, bool> predicate)
    {
        var key = ObjectView.Key(change.Object);
        if (change.Type == InformerEventType.Deleted)
        {
            gone[key] = change.Object;
            released.TryRemove(key, out _);
            Queue.Add(key);
        }
        else if (predicate(change))
        {
            Queue.Add(key);
        }
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var key = await Queue.TakeAsync(cancellationToken);
            var started = time.GetTimestamp();
            try
            {
                var result = await StepAsync(key, cancellationToken);
                metrics.Record(time.GetElapsedTime(started), result?.IsSuccess ?? true);
                Plan(key, result);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception failure)
            {
                metrics.Record(time.GetElapsedTime(started), false);
                Retry(key, failure);
            }
            finally
            {
                Queue.Done(key);
            }
        }
    }

    private async Task<ReconciliationResult<TEntity>?> StepAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        // 1. Deleted, or replaced by a namesake: the old one first.
        if (gone.TryGetValue(key, out var lost))
        {
            var result = await controller.DeletedAsync(lost, cancellationToken);
            if (result.IsFailure || result.RequeueAfter is not null)
            {
                return result;
            }

            gone.TryRemove(new KeyValuePair<ObjectKey, TEntity>(key, lost));
        }

        // 2. Absence is success.
        if (primary.Get(key) is not { } entity)
        {
            return null;
        }

        // 3. Dying: only the finalizers have a say.
        if (ObjectView.Metadata(entity).DeletionTimestamp is not null)
        {
            return finalizers is null ? null : await FinalizeAsync(finalizers, key, entity, cancellationToken);
        }

        // 4. Living: first the promise to clean up, then the work.
        var current = finalizers is null ? entity : await finalizers.AttachAsync(entity, cancellationToken);
        return current is null ? null : await controller.ReconcileAsync(current, cancellationToken);
    }

    private async Task<ReconciliationResult<TEntity>?> FinalizeAsync(FinalizerRunner<TEntity> runner, ObjectKey key, TEntity entity, CancellationToken cancellationToken)
    {
        var uid = ObjectView.Metadata(entity).Uid ?? "";
        if (released.TryGetValue(key, out var done) && done == uid)
        {
            return null;
        }

        var result = await runner.FinalizeAsync(entity, cancellationToken);
        if (result.IsFailure || result.RequeueAfter is not null)
        {
            return result;
        }

        released[key] = uid;
        if (primary.Get(key) is null)
        {
            released.TryRemove(key, out _);
        }

        return result;
    }

    private void Plan(ObjectKey key, ReconciliationResult<TEntity>? result)
    {
        if (result is { IsFailure: true })
        {
            var pause = result.RequeueAfter;
            if (pause is { } chosen)
            {
                Queue.AddAfter(key, chosen);
            }
            else
            {
                pause = Queue.AddRateLimited(key);
            }

            log.LogWarning(result.Error, "{Key}: {Message}; again in {Pause}", key, result.ErrorMessage, pause);
            return;
        }

        Queue.Forget(key);
        if (result?.RequeueAfter is { } next)
        {
            Queue.AddAfter(key, next);
        }
    }

    private void Retry(ObjectKey key, Exception failure)
    {
        // Somebody wrote first: ordinary, and the newer state is on its way here.
        var conflict = failure is KubernetesException { IsConflict: true };
        var pause = Queue.AddRateLimited(key, (failure as KubernetesException)?.RetryAfter);
        log.Log(conflict ? LogLevel.Debug : LogLevel.Error, failure, "{Key}: failed {Count} times; again in {Pause}", key, Queue.Failures(key), pause);
    }

    private async Task ResyncAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(settings.Resync, time, cancellationToken);
            foreach (var entity in primary.List())
            {
                Queue.Add(ObjectView.Key(entity));
            }
        }
    }
}
