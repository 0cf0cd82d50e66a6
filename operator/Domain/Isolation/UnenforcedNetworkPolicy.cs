namespace Federation.Domain.Isolation;

/// <summary>What a datacenter does while nothing shows that its network enforces NetworkPolicy, as its administrator says.</summary>
public enum UnenforcedNetworkPolicy
{
    /// <summary>No new leases; those that run go on.</summary>
    Refuse,

    /// <summary>New leases are taken all the same: something else keeps them apart, or nothing has to.</summary>
    Allow,
}
