using System.Globalization;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>The cursor in a ConfigMap of the operator's namespace. Two writers cannot both win: each names the version that it read.</summary>
internal sealed class CursorStore(KubernetesClient client, string @namespace, ChainIdentity chain) : ICursorStore
{
    public const string Name = "federation-cursor";

    private readonly ResourceClient<V1ConfigMap> maps = client.Resource<V1ConfigMap>();
    private volatile V1ConfigMap? stored;

    /// <exception cref="ClusterException">The cursor is of another chain or contract, or unreadable.</exception>
    public async Task<ChainCursor?> LoadAsync(CancellationToken cancellation)
    {
        stored = await maps.GetAsync(Name, @namespace, cancellation);
        if (stored?.Data is not { } data) return null;
        var cursor = Read(data) ?? throw Refused("CursorUnreadable", "cannot be read");
        return cursor.ChainId == chain.ChainId && cursor.LeaseManager.Equals(chain.LeaseManager, StringComparison.OrdinalIgnoreCase)
            ? cursor
            : throw Refused("CursorOfAnotherChain", $"is of chain {cursor.ChainId} and contract {cursor.LeaseManager}, not of {chain.ChainId} and {chain.LeaseManager}");
    }

    public async Task SaveAsync(ChainCursor cursor, CancellationToken cancellation)
    {
        try
        {
            stored ??= await maps.GetAsync(Name, @namespace, cancellation);
            var data = Write(cursor);
            if (stored?.Data is { } old && data.All(d => old.GetValueOrDefault(d.Key) == d.Value)) return;
            stored = stored is null
                ? await maps.CreateAsync(OperatorMap.New(Name, @namespace, data), cancellationToken: cancellation)
                : await maps.ReplaceAsync(stored with { Data = data }, cancellationToken: cancellation);
        }
        catch (KubernetesException e) when (e.IsConflict || e.IsNotFound)
        {
            stored = null;
            throw new ClusterException("CursorConflict", $"ConfigMap {@namespace}/{Name} was written by somebody else; it is read again.", isTransient: true, e);
        }
    }

    private static Dictionary<string, string> Write(ChainCursor cursor) => new()
    {
        ["chainId"] = cursor.ChainId.ToString(CultureInfo.InvariantCulture),
        ["leaseManager"] = cursor.LeaseManager,
        ["block"] = cursor.Block.ToString(CultureInfo.InvariantCulture),
        ["blockHash"] = cursor.BlockHash,
    };

    private static ChainCursor? Read(IReadOnlyDictionary<string, string> data) =>
        ulong.TryParse(data.GetValueOrDefault("chainId"), NumberStyles.None, CultureInfo.InvariantCulture, out var chainId)
        && ulong.TryParse(data.GetValueOrDefault("block"), NumberStyles.None, CultureInfo.InvariantCulture, out var block)
        && data.TryGetValue("leaseManager", out var manager) && data.TryGetValue("blockHash", out var hash)
            ? new ChainCursor(chainId, manager, block, hash)
            : null;

    private ClusterException Refused(string reason, string what) =>
        new(reason, $"ConfigMap {@namespace}/{Name} {what}: correct the operator's options, or delete it to read the chain from the start.", isTransient: false);
}
