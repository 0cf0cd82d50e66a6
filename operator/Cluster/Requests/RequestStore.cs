using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Events;

namespace Federation.Cluster.Requests;

/// <summary>
/// The status of one ComputeRequest, for one pass: replaced whole under the version that was read, so that whoever decided on an older
/// book writes nothing, and sends nothing either.
/// </summary>
internal sealed class RequestStore(ResourceClient<V1Alpha1ComputeRequest> requests, V1Alpha1ComputeRequest seen, EventRecorder events, TimeProvider time) : IRequestStore
{
    private static readonly WriteOptions Status = new() { FieldManager = Names.Manager, Subresource = "status" };

    private V1Alpha1ComputeRequest stored = seen;

    public async Task SaveAsync(RequestReport report, CancellationToken cancellation)
    {
        var before = stored.Status;
        var status = RequestMapper.ToStatus(report, before?.Conditions ?? [], time.GetUtcNow());
        var json = RequestMapper.ToJson(status);
        if (before is not null && JsonNode.DeepEquals(RequestMapper.ToJson(before), json)) return;
        try
        {
            var patch = new JsonPatchBuilder().IfVersion(stored.Metadata.ResourceVersion ?? "").Test(stored.Metadata.Uid, "metadata", "uid").Add(json, "status").Build();
            stored = await requests.PatchAsync(stored.Metadata.Name!, stored.Metadata.Namespace, patch, Status, cancellation);
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or TimeoutException or IOException)
        {
            throw new ClusterException("RequestUnwritten", $"ComputeRequest {stored.Metadata.Namespace}/{stored.Metadata.Name} was not written: {e.Message}", isTransient: true, e);
        }

        var stands = before is null ? [] : ConditionMapper.FromEntity(before.Conditions);
        foreach (var turned in Transitions.Between(stands, report.Conditions))
            events.Publish(stored, turned.Status == ConditionStatus.False ? EventType.Warning : EventType.Normal, turned.Reason.Length > 0 ? turned.Reason : turned.Type, turned.Message);
        var known = RequestHistory.ToSent(before?.Transactions ?? []);
        foreach (var sent in report.Record.Transactions.Except(known)) Publish(sent);
    }

    private void Publish(SentTransaction sent)
    {
        if (sent.Error is { } error) events.Publish(stored, EventType.Warning, $"{sent.Action}Failed", $"Lease {sent.Lease}: transaction {sent.Hash}: {error}");
        else events.Publish(stored, EventType.Normal, $"{sent.Action}Sent", $"Lease {sent.Lease}: transaction {sent.Hash}.");
    }
}
