using Federation.Domain.Leases;
using Federation.Domain.Settlement;

namespace Federation.Application.Ports;

/// <summary>What was settled of leases, by the chain's logs.</summary>
public interface ISettlements
{
    /// <param name="seen">The lease at <paramref name="toBlock"/>.</param>
    /// <param name="fromBlock">No later than its match.</param>
    /// <returns>Null: nothing was settled until then.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<SettledProof?> ReadSettledAsync(LeaseId lease, ChainLease seen, ulong fromBlock, ulong toBlock, CancellationToken cancellation);
}

/// <param name="Last">The chain's last receipt.</param>
/// <param name="EvidenceRoot">That a settlement named last; null: none did.</param>
public sealed record SettledProof(SettledUsage Last, string? EvidenceRoot);
