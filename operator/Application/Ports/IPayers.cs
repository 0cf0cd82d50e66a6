using System.Numerics;
using Federation.Domain.Leases;

namespace Federation.Application.Ports;

/// <summary>Whether the payer of a Request stands behind it.</summary>
public interface IPayers
{
    /// <summary>Whether the payer signed that it asks for quotes for this Request; a contract is asked on chain.</summary>
    /// <param name="signature">0x hex.</param>
    /// <exception cref="LedgerException">The payer may be a contract, and the chain cannot be read.</exception>
    Task<bool> HasAskedAsync(RequestTerms request, string signature, CancellationToken cancellation);

    /// <summary>Whether the payer signed that it asks for this lease to be amended to what the Request says.</summary>
    /// <inheritdoc cref="HasAskedAsync(RequestTerms, string, CancellationToken)"/>
    Task<bool> HasAskedAsync(LeaseId lease, RequestTerms request, string signature, CancellationToken cancellation);

    /// <summary>What the payer could put into escrow, as of the newest block or some seconds before.</summary>
    /// <param name="promised">Leases that its open quotes may have become.</param>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<PayerFunds> ReadFundsAsync(RequestTerms request, IReadOnlyList<LeaseId> promised, CancellationToken cancellation);
}

/// <param name="Amount">Its tokens and its Vault balance in the Request's token, smallest units.</param>
/// <param name="Matched">Of the promised leases, those whose escrow that lacks already.</param>
public sealed record PayerFunds(BigInteger Amount, IReadOnlySet<LeaseId> Matched);
