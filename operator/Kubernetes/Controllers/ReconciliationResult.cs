namespace Federation.Kubernetes.Controllers;

/// <summary>How a reconciliation ended. There is no way to say "failed, and never look again".</summary>
public sealed record ReconciliationResult<TEntity>
    where TEntity : class
{
    private ReconciliationResult(TEntity entity, bool isSuccess) => (Entity, IsSuccess) = (entity, isSuccess);

    public TEntity Entity { get; }

    public bool IsSuccess { get; }

    public bool IsFailure => !IsSuccess;

    public string? ErrorMessage { get; private init; }

    public Exception? Error { get; private init; }

    /// <summary>When to look again. A failure without it comes again with growing pauses; a success with the next resync.</summary>
    public TimeSpan? RequeueAfter { get; private init; }

#pragma warning disable CA1000 // The shape that users of KubeOps know.
    public static ReconciliationResult<TEntity> Success(TEntity entity, TimeSpan? requeueAfter = null) =>
        new(entity, true) { RequeueAfter = requeueAfter };

    public static ReconciliationResult<TEntity> Failure(TEntity entity, string errorMessage, Exception? error = null, TimeSpan? requeueAfter = null) =>
        new(entity, false) { ErrorMessage = errorMessage, Error = error, RequeueAfter = requeueAfter };
#pragma warning restore CA1000
}
