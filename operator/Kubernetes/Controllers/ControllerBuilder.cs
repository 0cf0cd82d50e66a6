using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Queueing;
using Federation.Kubernetes.Watching;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Kubernetes.Controllers;

/// <summary>States what a controller looks at; nothing starts before <see cref="ControllerRunner{TEntity}.RunAsync"/>.</summary>
/// <param name="primary">Informer of the entities.</param>
/// <param name="controller">What to do with one.</param>
public sealed class ControllerBuilder<TEntity>(Informer<TEntity> primary, IEntityController<TEntity> controller)
    where TEntity : class
{
    private readonly List<Action<WorkQueue<ObjectKey>>> sources = [];
    private readonly List<IInformer> waitFor = [primary];
    private readonly List<(string, IEntityFinalizer<TEntity>)> finalizers = [];
    private Func<InformerEvent<TEntity>, bool> predicate = _ => true;
    private ResourceClient<TEntity>? resource;
    private Backoff backoff = Backoff.Default;
    private int workers = 1;
    private TimeSpan resync = TimeSpan.FromMinutes(10);

    /// <summary>Changes of the entity that count; see <see cref="Predicates"/>.</summary>
    public ControllerBuilder<TEntity> Where(Func<InformerEvent<TEntity>, bool> filter)
    {
        var before = predicate;
        predicate = change => before(change) && filter(change);
        return this;
    }

    /// <summary>A change of an object that an entity owns (by owner reference of its kind) reconciles the entity.</summary>
    public ControllerBuilder<TEntity> Owns<TOwned>(Informer<TOwned> owned, Func<InformerEvent<TOwned>, bool>? filter = null)
        where TOwned : class => Watches(owned, OwnersOf, filter);

    /// <summary>A change of an object reconciles the entities that it maps to. Both its old and its new state are mapped.</summary>
    public ControllerBuilder<TEntity> Watches<TOther>(
        Informer<TOther> other, Func<TOther, IEnumerable<ObjectKey>> map, Func<InformerEvent<TOther>, bool>? filter = null)
        where TOther : class
    {
        waitFor.Add(other);
        sources.Add(queue => other.AddHandler(change =>
        {
            if (filter is not null && !filter(change))
            {
                return;
            }

            foreach (var key in change.Old is null ? map(change.Object) : map(change.Old).Concat(map(change.Object)).Distinct())
            {
                queue.Add(key);
            }
        }));
        return this;
    }

    /// <summary>Attaches a finalizer to every living entity and runs it on dying ones.</summary>
    /// <param name="name">Qualified name, such as <c>example.org/cleanup</c>.</param>
    /// <param name="finalizer">What must happen first.</param>
    /// <param name="client">Client of the entity's resource; writes the finalizer.</param>
    public ControllerBuilder<TEntity> WithFinalizer(string name, IEntityFinalizer<TEntity> finalizer, ResourceClient<TEntity> client)
    {
        finalizers.Add((name, finalizer));
        resource = client;
        return this;
    }

    /// <summary>Entities reconciled at the same time.</summary>
    public ControllerBuilder<TEntity> WithWorkers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        workers = count;
        return this;
    }

    /// <summary>How often every entity is reconciled without a change: repairs what no event told.</summary>
    public ControllerBuilder<TEntity> WithResync(TimeSpan period)
    {
        resync = period;
        return this;
    }

    public ControllerBuilder<TEntity> WithBackoff(Backoff pauses)
    {
        backoff = pauses;
        return this;
    }

    public ControllerRunner<TEntity> Build(TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        var clock = time ?? TimeProvider.System;
        var runner = new ControllerRunner<TEntity>(
            primary, controller, resource is null ? null : new FinalizerRunner<TEntity>(resource, finalizers),
            new ControllerSettings(workers, resync, waitFor), new WorkQueue<ObjectKey>(backoff, clock), clock,
            (loggers ?? NullLoggerFactory.Instance).CreateLogger($"Federation.Kubernetes.Controller.{primary.Kind.Plural}"));
        primary.AddHandler(change => runner.Observe(change, predicate));
        sources.ForEach(source => source(runner.Queue));
        return runner;
    }

    private IEnumerable<ObjectKey> OwnersOf<TOwned>(TOwned owned)
        where TOwned : class
    {
        var metadata = ObjectView.Metadata(owned);
        return (metadata.OwnerReferences ?? [])
            .Where(owner => owner.Kind == primary.Kind.Kind && GroupOf(owner.ApiVersion) == primary.Kind.Group)
            .Select(owner => new ObjectKey(primary.Kind.Namespaced ? metadata.Namespace ?? "" : "", owner.Name));
    }

    // An owner stays the owner when its version moves on.
    private static string GroupOf(string apiVersion) => apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion.Split('/')[0] : "";
}
