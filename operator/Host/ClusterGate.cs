using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Host;

/// <summary>Waits until the API server answers and the operator's own namespace is there, which the election needs.</summary>
internal sealed class ClusterGate(KubernetesClient client, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    public async Task EnsureNamespaceAsync(string name, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var namespaces = client.Resource(ResourceKinds.Namespace);
                if (await namespaces.GetAsync(name, cancellationToken: cancellation) is null)
                    await namespaces.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, cancellationToken: cancellation);
                return;
            }
            catch (KubernetesException error) when (error.IsAlreadyExists)
            {
                return;
            }
            catch (Exception error) when (error is HttpRequestException or TimeoutException or KubernetesException { IsTransient: true })
            {
                log.LogWarning("Waiting for the API server: {Error}", error.Message);
                await Task.Delay(Retry, clock, cancellation);
            }
        }
    }
}
