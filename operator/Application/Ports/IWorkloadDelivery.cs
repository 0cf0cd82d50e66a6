using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Application.Ports;

/// <summary>The tenant's way into its leases' namespaces at the datacenters.</summary>
public interface IWorkloadDelivery
{
    /// <returns>Why nothing can be delivered to a datacenter, and what would help; null when it can.</returns>
    string? FaultOf(string provider);

    /// <summary>What the datacenter says of the lease; one that does not answer is <see cref="RemoteSight.Silent"/>.</summary>
    /// <param name="chainTime">Unix seconds of the newest block: what this machine's clock is held to, where a datacenter says that it is wrong.</param>
    Task<RemoteSight> ReadAsync(string provider, LeaseId lease, long chainTime, CancellationToken cancellation);

    /// <returns>Null when the datacenter has taken it; else why not, for people.</returns>
    Task<string?> DeliverAsync(string provider, LeaseId lease, JsonElement workload, CancellationToken cancellation);
}
