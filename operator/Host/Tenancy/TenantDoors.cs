using Federation.Cluster.Requests;

namespace Federation.Host.Tenancy;

/// <summary>By the kubeconfig that a datacenter handed out, where it did; else by the wallet.</summary>
internal sealed class TenantDoors(IClusterDoors? kubeconfigs, IClusterDoors gateways) : IClusterDoors
{
    /// <inheritdoc/>
    public string? FaultOf(string provider) => DoorsTo(provider).FaultOf(provider);

    /// <inheritdoc/>
    public Task<ClusterDoor> OpenAsync(string provider, CancellationToken cancellation) => DoorsTo(provider).OpenAsync(provider, cancellation);

    private IClusterDoors DoorsTo(string provider) => kubeconfigs is { } files && files.FaultOf(provider) is null ? files : gateways;
}
