using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>
/// Reads whose a namespace is from the binding that the operator made there, which no tenant can write. Without caches of
/// the cluster: a replica that stands by answers as well.
/// </summary>
public sealed class TenantSpaces(KubernetesClient client, TimeProvider clock) : ITenantSpaces
{
    private const int Most = 4096;

    private static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

    // API servers learn of a binding by a watch of their own.
    private static readonly TimeSpan Propagation = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, (DateTimeOffset At, string[] Users)> known = [];
    private readonly Lock guard = new();

    /// <inheritdoc/>
    public async Task<bool> IsTenantAsync(string space, string address, CancellationToken cancellation)
    {
        var users = Known(space) ?? await ReadAsync(space, cancellation);
        return users.Contains(address, StringComparer.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public async Task<ShellEntry> OpenShellAsync(string space, string pod, CancellationToken cancellation)
    {
        var bindings = client.Resource(ResourceKinds.RoleBinding);
        try
        {
            var entry = await LookAsync(space, pod, cancellation);
            if (entry != ShellEntry.Open || await bindings.GetAsync(Names.ShellRole, space, cancellation) is not null) return entry;
            try
            {
                await bindings.CreateAsync(TenantManifest.ShellBinding(space), cancellationToken: cancellation);
            }
            catch (KubernetesException e) when (e.IsAlreadyExists)
            {
                // Another request was faster.
            }

            await Task.Delay(Propagation, clock, cancellation);
            // Meanwhile somebody's own may have come under its name.
            return await LookAsync(space, pod, cancellation);
        }
        catch (KubernetesException e)
        {
            throw new ClusterException("ShellNotGiven", $"The right to enter the pods of {space} cannot be given: {e.Message}", e.IsTransient, e);
        }
    }

    private async Task<ShellEntry> LookAsync(string space, string pod, CancellationToken cancellation) =>
        await client.Resource<V1Pod>().GetAsync(pod, space, cancellation) is not { } seen ? ShellEntry.Missing
            : seen.Metadata.Labels?.ContainsKey(Names.ItemLabel) == true ? ShellEntry.Open : ShellEntry.Foreign;

    private string[]? Known(string space)
    {
        var now = clock.GetUtcNow();
        lock (guard) return known.TryGetValue(space, out var seen) && now >= seen.At && now - seen.At < Life ? seen.Users : null;
    }

    private async Task<string[]> ReadAsync(string space, CancellationToken cancellation)
    {
        var at = clock.GetUtcNow();
        string[] users;
        try
        {
            var binding = await client.Resource(ResourceKinds.RoleBinding).GetAsync(Names.TenantBinding, space, cancellation);
            users = [.. Subjects(binding)];
        }
        catch (KubernetesException e)
        {
            throw new ClusterException("TenantUnknown", $"The cluster does not tell whose {space} is: {e.Message}", e.IsTransient, e);
        }

        lock (guard)
        {
            // Forgotten all at once: they are read again as they are asked for.
            if (known.Count >= Most) known.Clear();
            // A namespace that is nobody's yet is somebody's in a moment, and the other replica may have let its tenant in already.
            if (users.Length > 0) known[space] = (at, users);
        }

        return users;
    }

    private static IEnumerable<string> Subjects(JsonObject? binding) =>
        binding is not null && binding.Text("roleRef", "name") == Names.TenantRole
            ? binding.Items("subjects").Where(s => s.Text("kind") == "User").Select(s => s.Text("name") ?? "")
            : [];
}
