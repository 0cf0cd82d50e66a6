using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Host;

/// <summary>Waits until the API server answers and the operator's own namespace is there, which the election needs.</summary>
internal sealed class ClusterGate(KubernetesClient client, TimeProvider clock, ILogger log)
{
    public Task EnsureNamespaceAsync(string name, CancellationToken cancellation) => new ServerPatience(clock, log).AskAsync(async () =>
    {
        var namespaces = client.Resource(ResourceKinds.Namespace);
        try
        {
            if (await namespaces.GetAsync(name, cancellationToken: cancellation) is null)
                await namespaces.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, cancellationToken: cancellation);
        }
        catch (KubernetesException error) when (error.IsAlreadyExists)
        {
            // Another replica was faster.
        }

        return true;
    }, cancellation);
}
