using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>This provider's entry in the registry on chain, for the datacenter's own eyes.</summary>
public interface IRegistryReader
{
    /// <param name="token">That it is paid in, and stakes; 0x hex.</param>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<RegistryStanding> ReadAsync(string token, CancellationToken cancellation);
}

/// <param name="Operator">Key that the registry takes Offers, activations and receipts from; the zero address: not registered.</param>
/// <param name="OwnKey">Key that this operator signs with.</param>
/// <param name="Payout">Earnings are credited to it.</param>
/// <param name="IsActive">The registry takes new leases of it.</param>
/// <param name="Stake">Smallest units of the token in its pool, delegated stake included.</param>
/// <param name="FreeStake">Of these, what no lease has locked.</param>
public sealed record RegistryStanding(
    string Operator,
    string OwnKey,
    string Payout,
    bool IsActive,
    string Endpoint,
    string Region,
    BigInteger Stake,
    BigInteger FreeStake);
