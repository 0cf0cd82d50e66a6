using System.Collections.Concurrent;
using System.Text.Json;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>The server's version.</summary>
public sealed record VersionInfo(string Major, string Minor, string GitVersion, string? Platform)
{
    /// <summary>The minor version as a number; cloud providers write <c>20+</c>.</summary>
    public int MinorNumber => int.TryParse(Minor.TrimEnd('+'), out var number) ? number : 0;
}

/// <summary>What the server serves. Answers are kept for ten minutes.</summary>
public sealed class Discovery
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(10);

    private readonly ApiConnection connection;
    private readonly ConcurrentDictionary<string, (long ReadAt, IReadOnlyList<ResourceKind> Kinds)> known = new(StringComparer.Ordinal);

    internal Discovery(ApiConnection connection) => this.connection = connection;

    public async Task<VersionInfo> VersionAsync(CancellationToken cancellationToken = default) =>
        await GetAsync<VersionInfo>("/version", cancellationToken);

    /// <summary>Every <c>group/version</c> that is served, the core's <c>v1</c> included.</summary>
    public async Task<IReadOnlyList<string>> GroupVersionsAsync(CancellationToken cancellationToken = default)
    {
        var core = await GetAsync<CoreVersions>("/api", cancellationToken);
        var groups = await GetAsync<GroupList>("/apis", cancellationToken);
        return [.. core.Versions, .. (groups.Groups ?? []).SelectMany(group => group.Versions).Select(version => version.GroupVersion)];
    }

    /// <summary>The kinds of one <c>group/version</c>; empty when it is not served.</summary>
    public async Task<IReadOnlyList<ResourceKind>> KindsAsync(string apiVersion, CancellationToken cancellationToken = default)
    {
        if (known.TryGetValue(apiVersion, out var kept) && connection.Time.GetElapsedTime(kept.ReadAt) < Freshness)
        {
            return kept.Kinds;
        }

        var parts = apiVersion.Split('/');
        var (group, version) = parts.Length == 2 ? (parts[0], parts[1]) : ("", apiVersion);
        var path = group.Length == 0 ? "/api/" : $"/apis/{Uri.EscapeDataString(group)}/";
        try
        {
            var list = await GetAsync<ResourceList>(path + Uri.EscapeDataString(version), cancellationToken);
            // "pods/log" and the like are subresources, not kinds of their own.
            IReadOnlyList<ResourceKind> kinds = [.. (list.Resources ?? [])
                .Where(entry => !entry.Name.Contains('/', StringComparison.Ordinal))
                .Select(entry => new ResourceKind(group, version, entry.Name, entry.Kind, entry.Namespaced))];
            known[apiVersion] = (connection.Time.GetTimestamp(), kinds);
            return kinds;
        }
        catch (KubernetesException failure) when (failure.IsNotFound)
        {
            // Not kept: a CRD may be installed at any moment.
            return [];
        }
    }

    /// <summary>The resource of a manifest's apiVersion and kind, or null when the server does not serve it.</summary>
    public async Task<ResourceKind?> FindAsync(string apiVersion, string kind, CancellationToken cancellationToken = default)
    {
        var found = (await KindsAsync(apiVersion, cancellationToken)).FirstOrDefault(entry => entry.Kind == kind);
        if (found is null && known.TryRemove(apiVersion, out _))
        {
            // A kind may have come since the group was read.
            found = (await KindsAsync(apiVersion, cancellationToken)).FirstOrDefault(entry => entry.Kind == kind);
        }

        return found;
    }

    /// <summary>True when the server serves this kind.</summary>
    public async Task<bool> ServesAsync(ResourceKind kind, CancellationToken cancellationToken = default) =>
        await FindAsync(kind.ApiVersion, kind.Kind, cancellationToken) is not null;

    private async Task<TValue> GetAsync<TValue>(string path, CancellationToken cancellationToken)
    {
        var body = await connection.SendAsync(new ApiRequest(HttpMethod.Get, path), cancellationToken);
        return JsonSerializer.Deserialize<TValue>(body, KubernetesJson.Options) ?? throw new JsonException($"{path} answered nothing.");
    }

    private sealed record CoreVersions(IReadOnlyList<string> Versions);

    private sealed record GroupList(IReadOnlyList<Group>? Groups);

    private sealed record Group(IReadOnlyList<GroupVersionEntry> Versions);

    private sealed record GroupVersionEntry(string GroupVersion);

    private sealed record ResourceList(IReadOnlyList<ResourceEntry>? Resources);

    private sealed record ResourceEntry(string Name, string Kind, bool Namespaced);
}
