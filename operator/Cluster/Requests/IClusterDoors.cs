using Federation.Kubernetes.Client;

namespace Federation.Cluster.Requests;

/// <summary>A tenant's ways into the clusters of datacenters.</summary>
public interface IClusterDoors
{
    /// <returns>Why there is none into a datacenter's, and what would help; null when there may be one.</returns>
    string? FaultOf(string provider);

    /// <summary>Takes no longer than a few seconds, whatever the datacenter does.</summary>
    /// <exception cref="DoorException">It cannot be entered now.</exception>
    Task<ClusterDoor> OpenAsync(string provider, CancellationToken cancellation);
}

/// <summary>A way in. It belongs to who opened it, and is good for a while.</summary>
/// <param name="Unauthorized">Whose matter it is when the cluster does not take the credential.</param>
/// <param name="Advice">What helps then, for people.</param>
public sealed record ClusterDoor(KubernetesClient Client, DoorFault Unauthorized, string Advice)
{
    /// <summary>To be called when the cluster has taken the credential; null: nobody wants to know.</summary>
    public Action? Taken { get; init; }
}

/// <summary>Whose matter it is that a cluster cannot be entered.</summary>
public enum DoorFault
{
    /// <summary>Nobody's: the datacenter has not seen the lease yet.</summary>
    NotYet,

    /// <summary>The tenant's: nothing is held against the datacenter.</summary>
    Ours,

    /// <summary>The tenant's if this machine's clock is wrong, else the datacenter's.</summary>
    Clock,

    /// <summary>The datacenter's: as if it did not answer.</summary>
    Theirs,
}

/// <summary>A cluster that cannot be entered; the message says why and what would help.</summary>
public sealed class DoorException(DoorFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public DoorFault Fault { get; } = fault;
}
