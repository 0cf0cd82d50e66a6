namespace Federation.Domain.Isolation;

/// <summary>Whether tenants' pods have users of their own, none of which is one of the node's, as the administrator says.</summary>
public enum UserNamespaces
{
    /// <summary>Where all nodes that take pods can, and the pod has no persistent volume: not every file system can be mounted so.</summary>
    Prefer,

    /// <summary>All of them; where the cluster cannot, no new leases are taken and no workload is started.</summary>
    Require,

    Off,
}
