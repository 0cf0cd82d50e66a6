using Federation.Application.Ports;
using Federation.Application.Requesting;
using Federation.Cluster.Entities;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Controllers;
using Federation.Kubernetes.Events;

namespace Federation.Cluster.Requests;

/// <summary>Passes over one ComputeRequest at a time; the finalizer's passes end it, and let it go when its money is back.</summary>
internal sealed class RequestController(KubernetesClient client, Requester requester, EventRecorder events, TimeProvider time)
    : IEntityController<V1Alpha1ComputeRequest>, IEntityFinalizer<V1Alpha1ComputeRequest>
{
    private readonly ResourceClient<V1Alpha1ComputeRequest> requests = client.Resource<V1Alpha1ComputeRequest>();

    public async Task<ReconciliationResult<V1Alpha1ComputeRequest>> ReconcileAsync(V1Alpha1ComputeRequest entity, CancellationToken cancellationToken) =>
        await PassAsync(entity, cancellationToken) is { } report
            ? ReconciliationResult<V1Alpha1ComputeRequest>.Success(entity, report.NextLook)
            : ReconciliationResult<V1Alpha1ComputeRequest>.Success(entity);

    public async Task<ReconciliationResult<V1Alpha1ComputeRequest>> FinalizeAsync(V1Alpha1ComputeRequest entity, CancellationToken cancellationToken) =>
        await PassAsync(entity, cancellationToken) is { IsSettled: false } report
            ? ReconciliationResult<V1Alpha1ComputeRequest>.Success(entity, report.NextLook)
            : ReconciliationResult<V1Alpha1ComputeRequest>.Success(entity);

    // Read anew: the cache may not show yet what the last pass wrote, and would have it bought again.
    private async Task<RequestReport?> PassAsync(V1Alpha1ComputeRequest cached, CancellationToken cancellation)
    {
        var now = await requests.GetAsync(cached.Metadata.Name!, cached.Metadata.Namespace, cancellation);
        if (now is null || now.Metadata.Uid != cached.Metadata.Uid)
        {
            if (now is null) requester.Forget(RequestMapper.KeyOf(cached));
            return null;
        }

        var store = new RequestStore(requests, now, events, time);
        var report = await requester.PassAsync(RequestMapper.ToDemand(now), RequestMapper.ToRecord(now.Status), store, cancellation);
        await store.SaveAsync(report, cancellation);
        return report;
    }
}
