using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Requests;

/// <summary>
/// Delivers as a person does, by <c>kubectl apply</c>: with a kubeconfig for each datacenter, in a folder, named as the datacenter's
/// on-chain identity. A datacenter that there is none for is not asked.
/// </summary>
public sealed class KubeconfigDelivery(string folder, IHasher hasher, TimeProvider clock) : IWorkloadDelivery, IDisposable
{
    private const string FieldManager = "federation-tenant";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly ConcurrentDictionary<string, (DateTime WrittenAt, KubernetesClient Client)> clients = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public string? FaultOf(string provider) => FileOf(provider) is null
        ? $"There is no kubeconfig {provider.ToLowerInvariant()} in the folder of Tenant:Access:KubeconfigFolder: the datacenter {provider} hands it out."
        : null;

    /// <inheritdoc/>
    public async Task<RemoteSight> ReadAsync(string provider, LeaseId lease, CancellationToken cancellation)
    {
        try
        {
            var found = await AskAsync(provider, (client, stop) => client.Resource<V1Alpha1ComputeLease>().GetAsync(lease.Namespace, lease.Namespace, stop), cancellation);
            return found is null ? Pending : ToSight(found);
        }
        catch (KubernetesException e) when (e.Code == HttpStatusCode.Forbidden)
        {
            // As long as the datacenter has not made the namespace and given the tenant its rights there.
            return Pending;
        }
        catch (Exception e) when (IsLocal(e))
        {
            return RemoteSight.Unasked(Said.Sentence($"The datacenter {provider} could not be asked, for a reason on this side: {e.Message} Mend or renew its kubeconfig, or this cluster's way out."));
        }
        catch (Exception e) when (IsOfServer(e, cancellation))
        {
            return RemoteSight.Silent(Said.Sentence($"The datacenter {provider} does not answer: {e.Message}"));
        }
    }

    /// <inheritdoc/>
    public async Task<string?> DeliverAsync(string provider, LeaseId lease, JsonElement workload, CancellationToken cancellation)
    {
        var manifest = new JsonObject
        {
            ["apiVersion"] = $"{Names.Group}/v1alpha1",
            ["kind"] = "ComputeLease",
            ["metadata"] = new JsonObject { ["name"] = lease.Namespace, ["namespace"] = lease.Namespace },
            ["spec"] = new JsonObject { ["workload"] = JsonNode.Parse(workload.GetRawText()) },
        };
        try
        {
            await AskAsync(provider, (client, stop) => client.Resource<V1Alpha1ComputeLease>().ApplyAsync(manifest, new ApplyOptions { FieldManager = FieldManager, Force = true }, stop), cancellation);
            return null;
        }
        catch (Exception e) when (IsOfServer(e, cancellation))
        {
            return Said.Sentence(e.Message);
        }
    }

    public void Dispose()
    {
        foreach (var (_, client) in clients.Values) client.Dispose();
    }

    private static RemoteSight Pending { get; } = new(true, false, "", false, "NamespacePending", "", []);

    private RemoteSight ToSight(V1Alpha1ComputeLease lease)
    {
        var hash = lease.Spec.Workload is { } workload ? hasher.Keccak256(CanonicalJson.Encode(workload)) : "";
        var ready = lease.Status?.Conditions.FirstOrDefault(c => c.Type == "Ready");
        // Jobs that have ended serve nobody, and are what was wanted.
        var isOver = lease.Status?.Phase == "Completed";
        return new RemoteSight(
            true, true, hash, isOver || ready?.Status == "True", isOver ? "Completed" : Said.Word(ready?.Reason ?? ""), Said.Sentence(ready?.Message ?? ""), Said.Endpoints(lease.Status?.Endpoints.Select(e => e.Url) ?? []));
    }

    // What this side has to mend: the file, the credential in it, the way out.
    private static bool IsLocal(Exception e) => e is KubeConfigException or UnauthorizedAccessException
        || e is KubernetesException { Code: HttpStatusCode.Unauthorized }
        || (e is HttpRequestException && e.InnerException is SocketException { SocketErrorCode: SocketError.TryAgain or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.AddressNotAvailable });

    private static bool IsOfServer(Exception e, CancellationToken cancellation) =>
        e is KubernetesException or KubeConfigException or UnauthorizedAccessException or HttpRequestException or TimeoutException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested);

    private async Task<T> AskAsync<T>(string provider, Func<KubernetesClient, CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, Patience, Timeout.InfiniteTimeSpan);
        return await ask(ClientOf(provider), limit.Token);
    }

    // Credentials are handed out anew: a file that changed is read again. The old client may be in use still; it is let go of.
    private KubernetesClient ClientOf(string provider)
    {
        var file = FileOf(provider) ?? throw new KubeConfigException(FaultOf(provider)!);
        var written = File.GetLastWriteTimeUtc(file);
        if (clients.TryGetValue(provider, out var known) && known.WrittenAt == written) return known.Client;
        var client = new KubernetesClient(KubeConfig.LoadInline(file), new KubernetesClientOptions { UserAgent = FieldManager }, clock);
        clients[provider] = (written, client);
        return client;
    }

    // The registry's word becomes a file's name: an address, and no path.
    private string? FileOf(string provider) => !IsAddress(provider) ? null
        : new[] { provider, provider.ToLowerInvariant() }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static bool IsAddress(string provider) => provider.Length == 42 && provider.StartsWith("0x", StringComparison.Ordinal) && provider.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0;
}
