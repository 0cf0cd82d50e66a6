using Federation.Domain.Settlement;

namespace Federation.Domain.Leases;

/// <summary>What is to be done and said of a lease after one look.</summary>
/// <param name="Effects">Writes into the cluster, in order.</param>
/// <param name="Intents">Transactions wanted; they replace those that the last look wanted.</param>
/// <param name="Status">To be written unless an effect removes the lease.</param>
/// <param name="NextLookMs">Unix milliseconds; never missing, so that no lease is forgotten.</param>
public sealed record LeaseDecision(
    IReadOnlyList<LeaseEffect> Effects,
    IReadOnlyList<LeaseIntent> Intents,
    LeaseStatus Status,
    long NextLookMs)
{
    /// <summary>What the lease could be settled by now, whether or not it is worth a transaction; null when by nothing.</summary>
    public Receipt? Receipt { get; init; }
}
