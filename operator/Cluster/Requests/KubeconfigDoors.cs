using System.Buffers;
using System.Collections.Concurrent;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;

namespace Federation.Cluster.Requests;

/// <summary>By a kubeconfig for each datacenter, which its administrator handed out: in a folder, named as the datacenter's on-chain identity.</summary>
public sealed class KubeconfigDoors(string folder, TimeProvider clock) : IClusterDoors, IDisposable
{
    private const string Advice = "Mend or renew its kubeconfig.";
    private const string Gone = "It took the kubeconfig that it handed out before, and by its own word that has not ended.";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly ConcurrentDictionary<string, HandedOut> clients = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public string? FaultOf(string provider) => FileOf(provider) is null
        ? $"There is no kubeconfig {provider.ToLowerInvariant()} in the folder of Tenant:Access:KubeconfigFolder: the datacenter {provider} hands it out."
        : null;

    /// <inheritdoc/>
    public async Task<ClusterDoor> OpenAsync(string provider, CancellationToken cancellation)
    {
        try
        {
            return await DoorOfAsync(ClientOf(provider), cancellation);
        }
        catch (Exception e) when (e is KubeConfigException or UnauthorizedAccessException or IOException)
        {
            throw new DoorException(DoorFault.Ours, $"{e.Message} {Advice}", e);
        }
    }

    public void Dispose()
    {
        foreach (var known in clients.Values) known.Client.Dispose();
    }

    /// <summary>An address, in hex.</summary>
    public static bool IsAddress(string provider) => provider.Length == 42 && provider.StartsWith("0x", StringComparison.Ordinal) && provider.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0;

    // Credentials are handed out anew: a file that says something else is read again. By what it says: of a mounted Secret the file is a
    // link, whose own time never changes. The old client may be in use still; it is let go of.
    private HandedOut ClientOf(string provider)
    {
        var file = FileOf(provider) ?? throw new KubeConfigException(FaultOf(provider)!);
        var text = KubeConfig.ReadInline(file);
        if (clients.TryGetValue(provider, out var known) && known.Text == text) return known;
        var configuration = KubeConfig.ParseInline(text, file);
        return clients[provider] = new HandedOut(text, new KubernetesClient(configuration, WorkloadDelivery.ClientOptions, clock), configuration.Credentials);
    }

    // What has ended is to be renewed, and what never was good may be a wrong file. What was good, and by its own word still is, the
    // datacenter has gone back on: it must not keep a lease by that. Unless it is this machine's clock that says it has not ended.
    private async Task<ClusterDoor> DoorOfAsync(HandedOut known, CancellationToken cancellation)
    {
        var hasEnded = CredentialEnd.Of(await known.Credentials.GetAsync(cancellation)) <= clock.GetUtcNow();
        var isGone = known.WasTaken && (!hasEnded || known.WasTakenAfterItsEnd);
        return new ClusterDoor(known.Client, isGone ? DoorFault.Clock : DoorFault.Ours, isGone ? Gone : Advice) { Taken = () => known.Took(hasEnded) };
    }

    // The registry's word becomes a file's name: an address, and no path.
    private string? FileOf(string provider) => !IsAddress(provider) ? null
        : new[] { provider, provider.ToLowerInvariant() }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private sealed class HandedOut(string text, KubernetesClient client, ICredentialSource credentials)
    {
        public string Text => text;

        public KubernetesClient Client => client;

        public ICredentialSource Credentials => credentials;

        /// <summary>Whether the cluster has ever taken it, in the time of this process.</summary>
        public bool WasTaken { get; private set; }

        /// <summary>Then its own word of when it ends is worth nothing.</summary>
        public bool WasTakenAfterItsEnd { get; private set; }

        public void Took(bool hasEnded)
        {
            WasTaken = true;
            WasTakenAfterItsEnd |= hasEnded;
        }
    }
}
