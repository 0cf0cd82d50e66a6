using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Watching;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Writing;

/// <summary>Writes manifests. What was written shows in the mirror at once, so that the next pass does not write it again.</summary>
internal sealed class ClusterWriter(KubernetesClient client)
{
    private static readonly ApplyOptions Spec = new() { FieldManager = Names.Manager, Force = true };
    private static readonly WriteOptions Status = new() { FieldManager = Names.Manager, Subresource = "status" };
    private static readonly WriteOptions Create = new() { FieldManager = Names.Manager };

    /// <returns>False when an object of that name exists.</returns>
    public Task<bool> CreateAsync(ObjectMirror mirror, JsonObject manifest, CancellationToken cancellation) => Explained(manifest, async () =>
    {
        try
        {
            mirror.Wrote(await client.Resource(mirror.Kind).CreateAsync(manifest, Create, cancellation));
            return true;
        }
        catch (KubernetesException e) when (e.IsAlreadyExists)
        {
            return false;
        }
    });

    /// <summary>Server-side apply of all that the operator owns; other fields stay.</summary>
    public Task ApplyAsync(ObjectMirror mirror, JsonObject manifest, CancellationToken cancellation) => Explained(manifest, async () =>
    {
        mirror.Wrote(await client.Resource(mirror.Kind).ApplyAsync(manifest, Spec, cancellation));
        return true;
    });

    /// <summary>Makes the object what its manifest says, where it is not; one that is there is set back field by field.</summary>
    /// <returns>What was not as the manifest says; nothing of an object that was not there.</returns>
    /// <exception cref="ClusterException">The API server refuses, or the object is not so even right after the write.</exception>
    public async Task<IReadOnlyList<Difference>> EnsureAsync(ObjectMirror mirror, JsonObject? seen, JsonObject manifest, CancellationToken cancellation)
    {
        if (seen is null)
        {
            await ApplyAsync(mirror, manifest, cancellation);
            return [];
        }

        var differences = ManifestComparer.Differences(seen, manifest);
        if (differences.Count == 0) return [];
        var answer = await PatchAsync(mirror, seen, patch => ManifestComparer.Repair(patch, differences), cancellation);
        if (ManifestComparer.Differences(answer, manifest) is [_, ..] left)
            throw new ClusterException(
                "NotAsWritten",
                $"{manifest.Text("kind")} {ObjectView.Key(manifest)} is not as it was written: something in the cluster, such as an admission webhook, sets {string.Join(", ", left)}. Except the namespaces of leases from it.",
                isTransient: false);
        return differences;
    }

    /// <summary>
    /// Replaces the status of this very object, whole: the operator is its only writer, and a namesake made since must
    /// not get it. Server-side apply can say neither.
    /// </summary>
    /// <param name="condition">What else must hold of the object as it stands.</param>
    public Task WriteStatusAsync(ObjectMirror mirror, JsonObject seen, JsonNode status, CancellationToken cancellation, Action<JsonPatchBuilder>? condition = null) => Explained(seen, async () =>
    {
        var (key, uid) = (ObjectView.Key(seen), seen.Text("metadata", "uid"));
        var patch = new JsonPatchBuilder().Test(uid, "metadata", "uid");
        condition?.Invoke(patch);
        patch.Add(status, "status");
        var resource = client.Resource(mirror.Kind);
        var space = key.Namespace.Length == 0 ? null : key.Namespace;
        try
        {
            mirror.Wrote(await resource.PatchAsync(key.Name, space, patch.Build(), Status, cancellation));
        }
        catch (Exception error) when (MayHaveHappened(error))
        {
            // The next look would want another status, whose answer may be lost too: the object itself says whether this one is there.
            if (await resource.GetAsync(key.Name, space, cancellation) is not { } now || now.Text("metadata", "uid") != uid || !JsonNode.DeepEquals(now["status"], status)) throw;
            mirror.Wrote(now);
        }

        return true;
    });

    /// <summary>Changes single fields of this very object.</summary>
    /// <returns>The object as it is then.</returns>
    public async Task<JsonObject> PatchAsync(ObjectMirror mirror, JsonObject seen, Action<JsonPatchBuilder> change, CancellationToken cancellation)
    {
        var key = ObjectView.Key(seen);
        var patch = new JsonPatchBuilder().Test(seen.Text("metadata", "uid"), "metadata", "uid");
        change(patch);
        var answer = seen;
        await Explained(seen, async () =>
        {
            answer = await client.Resource(mirror.Kind).PatchAsync(key.Name, key.Namespace.Length == 0 ? null : key.Namespace, patch.Build(), Create, cancellation);
            mirror.Wrote(answer);
            return true;
        });
        return answer;
    }

    /// <summary>Deletes this very object, never a namesake made since.</summary>
    public Task DeleteAsync(ObjectMirror mirror, JsonObject seen, CancellationToken cancellation) => Explained(seen, async () =>
    {
        var key = ObjectView.Key(seen);
        mirror.Deleting(seen);
        var options = new DeleteOptions { Uid = seen.Text("metadata", "uid"), Propagation = PropagationPolicy.Background };
        try
        {
            await client.Resource(mirror.Kind).DeleteAsync(key.Name, key.Namespace.Length == 0 ? null : key.Namespace, options, cancellation);
        }
        catch (KubernetesException e) when (e.IsConflict)
        {
            // Another object has the name now: the one that was meant is gone.
        }

        // A namespace lives on while it empties: only the API server may say that it is gone.
        if (mirror.Kind != ResourceKinds.Namespace) mirror.Deleted(seen);
        return true;
    });

    private static bool MayHaveHappened(Exception error) => error
        is TimeoutException
        or HttpRequestException { HttpRequestError: not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError) };

    private static async Task<bool> Explained(JsonObject manifest, Func<Task<bool>> write)
    {
        try
        {
            return await write();
        }
        catch (KubernetesException e)
        {
            // A namespace on its way out refuses new objects; it will be made again when it is gone.
            var leaving = e.Message.Contains("because it is being terminated", StringComparison.Ordinal);
            var reason = leaving ? "NamespaceTerminating" : e.Reason is { Length: > 0 } known ? known : "WriteRefused";
            var transient = leaving || e.IsTransient || e.IsConflict || e.IsNotFound;
            throw new ClusterException(reason, $"{manifest.Text("kind")} {ObjectView.Key(manifest)} was not written: {e.Message}", transient, e);
        }
    }
}
