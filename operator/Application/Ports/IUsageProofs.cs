using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Application.Ports;

/// <summary>What shows a lease's usage beside its datacenter's own word: what was settled on chain, and the evidence that receipts rest on.</summary>
public interface IUsageProofs : ISettlements
{
    /// <summary>Fetches the evidence and folds it anew. What cannot be asked is an answer too: it throws for no gateway's sake.</summary>
    /// <param name="endpoint">Of the datacenter, as the registry has it.</param>
    /// <param name="settledRoot">That a settlement on chain named last; null: none does.</param>
    Task<ShownUsage> ReadShownAsync(string endpoint, LeaseId lease, string? settledRoot, CancellationToken cancellation);
}

/// <summary>What a datacenter shows of a lease's usage.</summary>
/// <param name="Measured">What the evidence comes to; null: it shows none.</param>
/// <param name="Why">Why it shows none, for people; null: it does, or there is none yet.</param>
public sealed record ShownUsage(UsagePosition? Measured, string? Why)
{
    public static ShownUsage None { get; } = new(null, null);

    /// <summary>What was handed over does not hold.</summary>
    public bool IsFalse { get; init; }
}
