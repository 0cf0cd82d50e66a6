using Federation.Domain.Settlement;

namespace Federation.Application.Ports;

/// <summary>Sends intents with the operator's key, one transaction at a time, and waits until they are mined.</summary>
public interface ILeaseTransactions
{
    /// <summary>
    /// Batches what can be batched. Returns one outcome per intent; an intent that failed is looked at again by its loop.
    /// </summary>
    Task<IReadOnlyList<IntentOutcome>> SubmitAsync(IReadOnlyList<ChainIntent> intents, CancellationToken cancellation);
}

/// <param name="TransactionHash">Null when nothing was sent.</param>
/// <param name="Block">Where it was mined, or where its effect was found to be there already; 0 when it was not.</param>
/// <param name="Error">Null when it took effect, by this transaction or before it; else the contract's error or what hindered sending.</param>
public sealed record IntentOutcome(ChainIntent Intent, string? TransactionHash, ulong Block, string? Error)
{
    /// <summary>The contract will never take it: trying again is in vain.</summary>
    public bool IsRefusedForGood { get; init; }
}
