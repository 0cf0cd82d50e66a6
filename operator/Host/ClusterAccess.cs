using Federation.Application.Access;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Cluster;
using Federation.Gateway.Access;
using Federation.Host.Options;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;

namespace Federation.Host;

/// <summary>Opens the tenants' way to this process's API server. A replica that stands by has it open too: a stream is nothing to be led elsewhere.</summary>
internal sealed class ClusterAccess(OperatorOptions options, AccessDoor door, ContractAddresses contracts, TimeProvider clock, ILogger<ClusterAccess> log)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);

    /// <summary>Returns when it is open, or cannot be. What is in its way is no reason for an operator to end.</summary>
    public async Task OpenAsync(KubernetesClient client, CancellationToken cancellation)
    {
        if (!options.Access.Enabled) return;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await OpenOnceAsync(client, cancellation);
                return;
            }
            catch (KubeConfigException error)
            {
                log.LogError("Tenants get no access by the gateway: {Error}", error.Message);
                return;
            }
            catch (Exception error) when (error is KubernetesException or HttpRequestException or TimeoutException or ClusterException)
            {
                log.LogWarning("Tenants get no access by the gateway yet: {Error} It needs to get and create the Secret {Secret} in {Namespace}; Access:Enabled turns it off.", error.Message, GatewaySecret.Name, options.Namespace);
                await Task.Delay(Retry, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task OpenOnceAsync(KubernetesClient client, CancellationToken cancellation)
    {
        var secret = await GatewaySecret.EnsureAsync(client, options.Namespace, cancellation);
        var audience = $"{options.Chain.ChainId} {contracts.LeaseManager} {options.Datacenter}";
        door.Set(new OpenDoor(
            client.Configuration.Server, ApiTransport.Create(client.Configuration), new TenantSpaces(client, clock), new TenantCredentials(secret, audience)));
    }
}
