using Federation.Domain.Isolation;

namespace Federation.Application.Ports;

/// <summary>Tries out what the cluster's network does with NetworkPolicy.</summary>
public interface INetworkProbe
{
    /// <summary>Takes up to some minutes, and leaves no pod behind.</summary>
    /// <exception cref="ClusterException">It could not be tried out; the message says why.</exception>
    Task<ProbeSight> ProbeAsync(CancellationToken cancellation);
}
