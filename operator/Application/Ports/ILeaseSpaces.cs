using Federation.Domain.Leases;

namespace Federation.Application.Ports;

/// <summary>The namespaces of leases, looked at from the cluster's side.</summary>
public interface ILeaseSpaces
{
    /// <summary>Leases that have a namespace here and no ComputeLease in it: no look at leases ever comes by them. Those on their way out are left out.</summary>
    Task<IReadOnlyList<LeaseId>> ListWithoutObjectAsync(CancellationToken cancellation);
}
