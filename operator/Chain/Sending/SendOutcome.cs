using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Sending;

/// <summary>What became of a call that was to be sent.</summary>
/// <param name="Receipt">Of the mined transaction, reverted or not; null when none was mined.</param>
/// <param name="Hash">Of the transaction sent last; null when nothing was sent.</param>
/// <param name="Error">Null when it took effect; else the contract's error, or what hindered sending.</param>
public sealed record SendOutcome(TransactionReceipt? Receipt, Bytes32? Hash, string? Error)
{
    /// <summary>The call itself fails, as it is now: another time or a higher fee would not help.</summary>
    public bool IsReverted { get; init; }

    public static SendOutcome Refused(string error) => new(null, null, error);
}
