using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Application.Ports;

/// <summary>What shows a lease's usage beside its datacenter's own word: what was settled on chain, and the evidence that receipts rest on.</summary>
public interface IUsageProofs
{
    /// <param name="seen">The lease at <paramref name="toBlock"/>.</param>
    /// <param name="fromBlock">No later than its match.</param>
    /// <returns>Null: nothing was settled until then.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<SettledProof?> ReadSettledAsync(LeaseId lease, ChainLease seen, ulong fromBlock, ulong toBlock, CancellationToken cancellation);

    /// <summary>Fetches the evidence and folds it anew. What cannot be asked is an answer too: it throws for no gateway's sake.</summary>
    /// <param name="endpoint">Of the datacenter, as the registry has it.</param>
    /// <param name="settledRoot">That a settlement on chain named last; null: none does.</param>
    Task<ShownUsage> ReadShownAsync(string endpoint, LeaseId lease, string? settledRoot, CancellationToken cancellation);
}

/// <param name="Last">The chain's last receipt.</param>
/// <param name="EvidenceRoot">That a settlement named last; null: none did.</param>
public sealed record SettledProof(SettledUsage Last, string? EvidenceRoot);

/// <summary>What a datacenter shows of a lease's usage.</summary>
/// <param name="Measured">What the evidence comes to; null: it shows none.</param>
/// <param name="Why">Why it shows none, for people; null: it does, or there is none yet.</param>
public sealed record ShownUsage(UsagePosition? Measured, string? Why)
{
    public static ShownUsage None { get; } = new(null, null);

    /// <summary>What was handed over does not hold.</summary>
    public bool IsFalse { get; init; }
}
