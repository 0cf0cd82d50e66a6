using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Cluster.Writing;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Events;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;

namespace Federation.Cluster;

/// <summary>ComputeLease objects. One lives in the namespace that its lease's id names, and has the namespace's name.</summary>
internal sealed class LeaseStore(
    ClusterCache cache, ClusterWriter writer, LeaseNamespaces namespaces, HoldStore holds, EventRecorder events, ChainIdentity chain, TimeProvider time, ILogger<LeaseStore> log) : ILeaseStore
{
    // The loop lists many times a second. An object is never changed: what was read from it holds as long as it is there.
    private readonly ConditionalWeakTable<PackedObject, Reading> readings = [];
    private volatile Listing? last;

    public Task<IReadOnlyList<LeaseRecord>> ListAsync(CancellationToken cancellation)
    {
        // Read before the list: a change in between makes the next look read again.
        var version = (cache.Leases.ChangeCount, cache.Namespaces.ChangeCount);
        if (last is { } same && version is (not null, not null) && same.Version == version) return Task.FromResult(same.Records);
        IReadOnlyList<LeaseRecord> records = [.. cache.Leases.All().Select(Read).OfType<LeaseRecord>()];
        last = new Listing(version, records);
        return Task.FromResult(records);
    }

    public async Task EnsureAsync(MatchedLease lease, CancellationToken cancellation)
    {
        await namespaces.EnsureAsync(lease.Id, cancellation, async () => HoldMapper.ToText(await holds.FindAsync(lease.Id, cancellation)));
        var manifest = LeaseMapper.ToManifest(lease, chain);
        var seen = cache.Find(manifest);
        if (seen is null && await writer.CreateAsync(cache.Leases, manifest, cancellation)) return;
        if (seen is not null && ManifestComparer.Holds(seen, manifest)) return;
        // Where an amendment was found its place is said before its terms are: with those its hold may go.
        if (await holds.FindAmendedAsync(lease.Id, cancellation) is { Count: > 0 } more) await namespaces.ReserveAsync(lease.Id, more, cancellation);
        await writer.ApplyAsync(cache.Leases, manifest, cancellation);
        if (seen is not null) events.Publish(seen, EventType.Normal, "ChainSpecUpdated", "spec.chain or the labels did not say what the chain says, after an amendment or an edit by hand; now they do.");
    }

    public async Task<bool> WriteStatusAsync(LeaseRecord seen, LeaseStatus status, CancellationToken cancellation)
    {
        var name = seen.Id.Namespace;
        var stored = cache.Leases.Find(name, name)
            ?? throw new ClusterException("LeaseGone", $"ComputeLease {name} is not there; the next pass makes it again.", isTransient: true);
        // Most looks say what stands.
        if (readings.TryGetValue(stored, out var reading) && ReferenceEquals(reading.Record, seen) && reading.Says(status)) return false;
        var lease = stored.Tree;
        var before = LeaseMapper.ReadStatus(lease);
        var stands = before is null ? LeaseStatus.New : StatusMapper.FromEntity(before);
        if (before is not null && StatusMapper.Same(stands, status)) return false;
        var entity = StatusMapper.ToEntity(status, before?.Conditions ?? [], time.GetUtcNow());
        await WriteAsync(seen, lease, StatusMapper.ToJson(entity), cancellation);
        foreach (var turned in Transitions.Between(stands.Conditions, status.Conditions))
            events.Publish(lease, turned.Status == ConditionStatus.False ? EventType.Warning : EventType.Normal, Reason(turned), turned.Message);
        return true;
    }

    // One object holds what the tenant writes and the usage that the tenant pays by: the one may not crowd the other out.
    private async Task WriteAsync(LeaseRecord seen, JsonObject lease, JsonNode status, CancellationToken cancellation)
    {
        try
        {
            await writer.WriteStatusAsync(cache.Leases, lease, status.DeepClone(), cancellation, patch => IsOfTheSameWindow(patch, seen, lease));
        }
        catch (ClusterException e) when (e.Message.Contains("too large", StringComparison.OrdinalIgnoreCase))
        {
            var small = await MakeRoomAsync(seen.Id, lease, cancellation);
            await writer.WriteStatusAsync(cache.Leases, small, status, cancellation, patch => IsOfTheSameWindow(patch, seen, small));
        }
    }

    // A write that waited in the server while another leader closed the next window would take that back. By what only the operator
    // writes: a version also changes with each edit of the tenant's, who would pay for no window while it edits. A test for null holds of
    // a field that is not there, in all versions of the server (json-patch 4 and 5).
    private static void IsOfTheSameWindow(JsonPatchBuilder patch, LeaseRecord seen, JsonObject lease)
    {
        if (seen.Status.Usage is { ThroughMs: var through }) patch.Test(through, "status", "usage", "throughMs");
        else if (lease["status"] is null) patch.Test(null, "status");
        else patch.Test(null, "status", "usage");
    }

    // All that is not the operator's: the workload, labels without number, and who wrote which of them.
    private async Task<JsonObject> MakeRoomAsync(LeaseId id, JsonObject lease, CancellationToken cancellation)
    {
        var hasWorkload = (lease["spec"] as JsonObject)?.ContainsKey("workload") == true;
        var small = await writer.PatchAsync(cache.Leases, lease, patch =>
        {
            patch.Add(NamespaceManifest.Labels(id), "metadata", "labels");
            patch.Add(Json.Map((Names.LeaseIdAnnotation, id.Hex)), "metadata", "annotations");
            patch.Add(new JsonArray(new JsonObject()), "metadata", "managedFields");
            if (hasWorkload) patch.Remove("spec", "workload");
        }, cancellation);
        if (hasWorkload) events.Publish(lease, EventType.Warning, "WorkloadTooLarge", $"spec.workload left no room for the status and was removed; {WorkloadLimits.Bytes / 1024} KiB are allowed.");
        else events.Publish(lease, EventType.Warning, "MetadataTooLarge", "Labels and annotations left no room for the status and were removed: write fewer.");
        return small;
    }

    private LeaseRecord? Read(PackedObject lease)
    {
        var key = lease.Key;
        // One that lies elsewhere was not made by the operator: no chain stands behind it.
        if (cache.LeaseOf(key.Namespace) is not { } id || key.Name != id.Namespace) return null;
        return readings.GetValue(lease, one => new Reading(id, ToRecord(one.Tree, id))) is { } read && read.Id == id ? read.Record : ToRecord(lease.Tree, id);
    }

    private LeaseRecord? ToRecord(JsonObject lease, LeaseId id)
    {
        try
        {
            return LeaseMapper.ToRecord(lease, id) with { Reserved = HoldMapper.SharesFrom(cache.Namespaces.Get(id.Namespace).Annotation(Names.ReservedAnnotation)) };
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            // Going on from nothing would bill its usage twice: it stands still until its status is repaired.
            log.LogError("{Lease}: status cannot be read, the lease is left alone: {Problem}", id, e.Message);
            return null;
        }
    }

    private static string Reason(LeaseCondition condition) => condition.Reason.Length > 0 ? condition.Reason : condition.Type;

    private sealed record Listing((long? Leases, long? Namespaces) Version, IReadOnlyList<LeaseRecord> Records);

    /// <param name="Id">What the namespace said when it was read.</param>
    /// <param name="Record">Null when the status cannot be read: it is told once, not on every look.</param>
    private sealed record Reading(LeaseId Id, LeaseRecord? Record)
    {
        private byte[]? digest;

        /// <summary>The object has this status already.</summary>
        public bool Says(LeaseStatus status) =>
            Record is { } record && !ReferenceEquals(record.Status, LeaseStatus.New) && (digest ??= StatusMapper.Digest(record.Status)).AsSpan().SequenceEqual(StatusMapper.Digest(status));
    }
}
