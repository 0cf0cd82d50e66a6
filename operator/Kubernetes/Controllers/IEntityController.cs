namespace Federation.Kubernetes.Controllers;

/// <summary>Brings the world in line with an entity. Called for one entity by one worker at a time.</summary>
public interface IEntityController<TEntity>
    where TEntity : class
{
    /// <summary>
    /// Level-triggered: looks at what is, not at what happened. The entity comes from the cache and may be a moment old.
    /// An exception is a failure, repeated with growing pauses for ever.
    /// </summary>
    Task<ReconciliationResult<TEntity>> ReconcileAsync(TEntity entity, CancellationToken cancellationToken);

    /// <summary>
    /// The entity is gone, as last seen. A deletion while the process was down is not told: what must happen needs a finalizer.
    /// </summary>
    Task<ReconciliationResult<TEntity>> DeletedAsync(TEntity entity, CancellationToken cancellationToken) =>
        Task.FromResult(ReconciliationResult<TEntity>.Success(entity));
}

/// <summary>What must happen before an entity may go.</summary>
public interface IEntityFinalizer<TEntity>
    where TEntity : class
{
    /// <summary>
    /// Success lets the entity go; success with a time means not yet, look again then; a failure is repeated for ever.
    /// </summary>
    Task<ReconciliationResult<TEntity>> FinalizeAsync(TEntity entity, CancellationToken cancellationToken);
}
