using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>ComputeLease objects to lease records and back.</summary>
internal static class LeaseMapper
{
    /// <summary>The ComputeLease of a match, as the operator owns it: everything but the workload.</summary>
    public static JsonObject ToManifest(MatchedLease lease, ChainIdentity chain)
    {
        var metadata = NamespaceManifest.Metadata(lease.Id, lease.Id.Namespace);
        metadata["annotations"] = Json.Map((Names.LeaseIdAnnotation, lease.Id.Hex));
        return new JsonObject
        {
            ["apiVersion"] = Names.Group + "/v1alpha1",
            ["kind"] = "ComputeLease",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["chain"] = ChainMapper.ToJson(lease, chain) },
        };
    }

    /// <summary>The record of an object whose identity its namespace vouches for: everything inside is the tenant's to write.</summary>
    /// <exception cref="FormatException">The status is not what the operator writes.</exception>
    public static LeaseRecord ToRecord(JsonObject lease, LeaseId id)
    {
        var chain = ChainMapper.Read(lease.At("spec", "chain"));
        return new LeaseRecord(
            id,
            chain is null ? null : ChainMapper.ToTerms(chain),
            (ulong)Math.Max(0, chain?.MatchedBlock ?? 0),
            Workload(lease),
            lease.Number("metadata", "generation"),
            ReadStatus(lease) is { } status ? StatusMapper.FromEntity(status) : LeaseStatus.New)
        {
            Export = Wish(lease),
        };
    }

    /// <exception cref="FormatException">The status is not what the operator writes.</exception>
    public static ComputeLeaseStatus? ReadStatus(JsonObject lease)
    {
        try
        {
            return lease["status"]?.Deserialize<ComputeLeaseStatus>(KubernetesJson.Options);
        }
        catch (JsonException e)
        {
            throw new FormatException($"Status of ComputeLease {lease.Text("metadata", "name")} cannot be read: {e.Message}", e);
        }
    }

    // The API server has held it against the schema.
    private static ExportWish? Wish(JsonObject lease) => lease.At("spec", "export") is { } export
        ? new ExportWish(
            [.. (export.At("volumes") as JsonArray ?? []).OfType<JsonValue>().Select(v => v.TryGetValue<string>(out var name) ? name : "")],
            export.Text("to", "secret") ?? "",
            export.Number("user") is > 0 and var user ? (uint)user : PodManifest.VolumeGroup)
        : null;

    // However deep it is: the parser refuses it with a reason, and the lease stays in sight.
    internal static JsonElement? Workload(JsonObject lease) =>
        lease.At("spec", "workload") is { } workload ? JsonSerializer.SerializeToElement(workload, KubernetesJson.Options) : null;
}
