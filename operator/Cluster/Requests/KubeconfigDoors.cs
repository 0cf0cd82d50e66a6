using System.Buffers;
using System.Collections.Concurrent;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;

namespace Federation.Cluster.Requests;

/// <summary>By a kubeconfig for each datacenter, which its administrator handed out: in a folder, named as the datacenter's on-chain identity.</summary>
public sealed class KubeconfigDoors(string folder, TimeProvider clock) : IClusterDoors, IDisposable
{
    private const string Advice = "Mend or renew its kubeconfig.";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly ConcurrentDictionary<string, (DateTime WrittenAt, KubernetesClient Client)> clients = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public string? FaultOf(string provider) => FileOf(provider) is null
        ? $"There is no kubeconfig {provider.ToLowerInvariant()} in the folder of Tenant:Access:KubeconfigFolder: the datacenter {provider} hands it out."
        : null;

    /// <inheritdoc/>
    public Task<ClusterDoor> OpenAsync(string provider, CancellationToken cancellation)
    {
        try
        {
            return Task.FromResult(new ClusterDoor(ClientOf(provider), DoorFault.Ours, Advice));
        }
        catch (Exception e) when (e is KubeConfigException or UnauthorizedAccessException or IOException)
        {
            throw new DoorException(DoorFault.Ours, $"{e.Message} {Advice}", e);
        }
    }

    public void Dispose()
    {
        foreach (var (_, client) in clients.Values) client.Dispose();
    }

    /// <summary>An address, in hex.</summary>
    public static bool IsAddress(string provider) => provider.Length == 42 && provider.StartsWith("0x", StringComparison.Ordinal) && provider.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0;

    // Credentials are handed out anew: a file that changed is read again. The old client may be in use still; it is let go of.
    private KubernetesClient ClientOf(string provider)
    {
        var file = FileOf(provider) ?? throw new KubeConfigException(FaultOf(provider)!);
        var written = File.GetLastWriteTimeUtc(file);
        if (clients.TryGetValue(provider, out var known) && known.WrittenAt == written) return known.Client;
        var client = new KubernetesClient(KubeConfig.LoadInline(file), WorkloadDelivery.ClientOptions, clock);
        clients[provider] = (written, client);
        return client;
    }

    // The registry's word becomes a file's name: an address, and no path.
    private string? FileOf(string provider) => !IsAddress(provider) ? null
        : new[] { provider, provider.ToLowerInvariant() }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
