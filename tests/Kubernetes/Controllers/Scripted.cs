using Federation.Kubernetes.Controllers;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Tests.Controllers;

/// <summary>A controller that does what a test says.</summary>
internal sealed class Scripted(
    Func<V1ConfigMap, CancellationToken, ReconciliationResult<V1ConfigMap>> reconcile,
    Func<V1ConfigMap, ReconciliationResult<V1ConfigMap>>? deleted = null) : IEntityController<V1ConfigMap>, IEntityFinalizer<V1ConfigMap>
{
    public async Task<ReconciliationResult<V1ConfigMap>> ReconcileAsync(V1ConfigMap entity, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return reconcile(entity, cancellationToken);
    }

    public async Task<ReconciliationResult<V1ConfigMap>> DeletedAsync(V1ConfigMap entity, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return deleted?.Invoke(entity) ?? ReconciliationResult<V1ConfigMap>.Success(entity);
    }

    public Task<ReconciliationResult<V1ConfigMap>> FinalizeAsync(V1ConfigMap entity, CancellationToken cancellationToken) =>
        ReconcileAsync(entity, cancellationToken);
}
