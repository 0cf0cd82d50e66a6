using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>What the wallet can put into escrow.</summary>
public interface ITenantFunds
{
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<TenantFunds> ReadAsync(string token, CancellationToken cancellation);
}

/// <param name="Wallet">The wallet's own, smallest units.</param>
/// <param name="Vault">In the Vault and free.</param>
/// <param name="Allowance">What the Vault may pull out of the wallet.</param>
/// <param name="IsTaken">The Vault takes this token at all.</param>
public sealed record TenantFunds(BigInteger Wallet, BigInteger Vault, BigInteger Allowance, bool IsTaken)
{
    /// <summary>The most that goes into escrow from here on.</summary>
    public BigInteger Spendable => Vault + BigInteger.Min(Wallet, Allowance);
}
