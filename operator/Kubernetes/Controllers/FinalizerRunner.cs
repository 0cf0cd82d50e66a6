using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Controllers;

/// <summary>Attaches finalizers to living entities and runs them on dying ones, wherever in the list they stand.</summary>
internal sealed class FinalizerRunner<TEntity>(ResourceClient<TEntity> resource, IReadOnlyList<(string Name, IEntityFinalizer<TEntity> Finalizer)> finalizers)
    where TEntity : class
{
    /// <returns>The entity with all finalizers; null when it has gone meanwhile.</returns>
    public async Task<TEntity?> AttachAsync(TEntity entity, CancellationToken cancellationToken)
    {
        var current = entity;
        foreach (var (name, _) in finalizers)
        {
            if (FinalizerPatch.Add(ObjectView.Metadata(current), name) is { } patch)
            {
                current = await PatchAsync(current, patch, cancellationToken);
                if (current is null)
                {
                    return null;
                }
            }
        }

        return current;
    }

    /// <returns>Success when none of ours is left; foreign ones are their owners' business.</returns>
    public async Task<ReconciliationResult<TEntity>> FinalizeAsync(TEntity entity, CancellationToken cancellationToken)
    {
        var current = entity;
        foreach (var (name, finalizer) in finalizers)
        {
            if (ObjectView.Metadata(current).Finalizers?.Contains(name) != true)
            {
                continue;
            }

            var result = await finalizer.FinalizeAsync(current, cancellationToken);
            if (result.IsFailure || result.RequeueAfter is not null)
            {
                return result;
            }

            if (await DetachAsync(current, name, cancellationToken) is not { } left)
            {
                break;
            }

            current = left;
        }

        return ReconciliationResult<TEntity>.Success(current);
    }

    private async Task<TEntity?> DetachAsync(TEntity entity, string name, CancellationToken cancellationToken) =>
        FinalizerPatch.Remove(ObjectView.Metadata(entity), name) is { } patch ? await PatchAsync(entity, patch, cancellationToken) : entity;

    private async Task<TEntity?> PatchAsync(TEntity entity, V1Patch patch, CancellationToken cancellationToken)
    {
        var key = ObjectView.Key(entity);
        try
        {
            return await resource.PatchAsync(key.Name, key.Namespace, patch, cancellationToken: cancellationToken);
        }
        catch (KubernetesException failure) when (failure.IsNotFound)
        {
            return null;
        }
    }
}
