using Federation.Domain.Settlement;

namespace Federation.Application.Ports;

/// <summary>Sends intents with the operator's key and waits until they are mined. May be called while an earlier call waits.</summary>
public interface ILeaseTransactions
{
    /// <summary>How many intents of this one's kind go into one transaction.</summary>
    int MostTogether(ChainIntent first);

    /// <summary>
    /// Sends one transaction: of the first intent, and of those of its kind that go into the same one. The others are left, so
    /// that whoever waits for a block looks again at what is most urgent after it.
    /// </summary>
    /// <param name="intents">At least one, most urgent first.</param>
    /// <returns>One outcome for each intent that was tried; one that failed is looked at again by its loop.</returns>
    Task<IReadOnlyList<IntentOutcome>> SubmitAsync(IReadOnlyList<ChainIntent> intents, CancellationToken cancellation);
}

/// <param name="TransactionHash">Null when nothing was sent.</param>
/// <param name="Block">Where it was mined, or where its effect was found to be there already; 0 when it was not.</param>
/// <param name="Error">Null when it took effect, by this transaction or before it; else the contract's error or what hindered sending.</param>
public sealed record IntentOutcome(ChainIntent Intent, string? TransactionHash, ulong Block, string? Error)
{
    /// <summary>The contract will never take it: trying again is in vain.</summary>
    public bool IsRefusedForGood { get; init; }

    /// <summary>It failed with the tenant's signature, and would not without: that receipt is not sent with it again.</summary>
    public bool IsSignatureRefused { get; init; }
}
