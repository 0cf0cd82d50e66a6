namespace Federation.Application.Ports;

/// <summary>Whose the namespaces of leases are, as the cluster's own bindings say it; any replica can ask.</summary>
public interface ITenantSpaces
{
    /// <summary>A few seconds old at most.</summary>
    /// <param name="space">Name of a namespace.</param>
    /// <param name="address">EIP-55 or lower case.</param>
    /// <exception cref="ClusterException">The cluster does not tell.</exception>
    Task<bool> IsTenantAsync(string space, string address, CancellationToken cancellation);

    /// <summary>Gives the right to enter the pods of a namespace to whom the gateway acts as there; nothing when it is given.</summary>
    /// <exception cref="ClusterException">The cluster refuses.</exception>
    Task<ShellEntry> OpenShellAsync(string space, string pod, CancellationToken cancellation);
}

/// <summary>Whether a pod may be entered.</summary>
public enum ShellEntry
{
    /// <summary>It is not there: one that comes under its name may be anybody's.</summary>
    Missing,

    /// <summary>It is not of the lease's workload. What is done in it nobody would pay for.</summary>
    Foreign,

    /// <summary>It is of the lease's workload.</summary>
    Open,
}
