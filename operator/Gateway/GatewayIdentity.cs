namespace Federation.Gateway;

/// <summary>Chain and contract that this gateway's Offers are valid on.</summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="LeaseManager">EIP-55 address.</param>
public sealed record GatewayIdentity(ulong ChainId, string LeaseManager);
