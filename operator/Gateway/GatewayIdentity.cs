namespace Federation.Gateway;

/// <summary>Chain and contracts that this gateway's Offers are valid on.</summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="Market">Where orders are matched: the verifying contract of their signatures. EIP-55 address.</param>
/// <param name="LeaseManager">What holds the leases. EIP-55 address.</param>
public sealed record GatewayIdentity(ulong ChainId, string Market, string LeaseManager);
