using Federation.Application.Ports;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Sending;

/// <summary>Where a sender writes in a term of leadership what it sends.</summary>
/// <param name="Finalized">Number of the last block that no reorg takes away; 0 when none is known.</param>
public sealed record SendingTerm(ISendJournal Journal, Func<ulong> Finalized);

/// <summary>What an earlier term sent and nobody waited for to the end.</summary>
/// <param name="outcome">Null receipt and an error when another transaction took its nonce, or it was not mined in time.</param>
internal sealed class Adopted(IEnumerable<string> purposes, Task<SendOutcome> outcome)
{
    private readonly HashSet<string> left = [.. purposes];

    public Task<SendOutcome> Outcome => outcome;

    /// <summary>Those of the wanted that it is for; each is answered once, so that what a reorg takes can be sent again.</summary>
    public HashSet<string> Take(IEnumerable<string> wanted)
    {
        lock (left) return wanted.Where(left.Remove).ToHashSet();
    }
}

/// <summary>In a block, which may still go away.</summary>
internal sealed record MinedTransaction(PendingTransaction Transaction, ulong Block, string BlockHash, Bytes32 Hash, bool Succeeded)
{
    public JournalEntry ToEntry() => Transaction.ToEntry() with { Data = [], MinedBlock = Block, MinedIn = BlockHash };

    /// <param name="receipt">Says which of its versions it was.</param>
    public static MinedTransaction Of(PendingTransaction transaction, TransactionReceipt receipt) => new(transaction, receipt.BlockNumber, receipt.BlockHash.ToString(), receipt.TransactionHash, receipt.Succeeded);
}

/// <summary>What was sent, and is in no final block yet.</summary>
/// <param name="Hash">Of the version that was mined, or that was signed last.</param>
/// <param name="Error">Why it did not take effect; null: it did, or nothing is known against it.</param>
internal sealed record RecalledTransaction(IReadOnlyList<string> Purposes, Bytes32 Hash, string? Error);
