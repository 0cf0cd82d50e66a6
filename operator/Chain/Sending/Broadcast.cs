using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Transactions;

namespace Federation.Chain.Sending;

/// <summary>What a node says to a signed transaction.</summary>
internal enum BroadcastAnswer
{
    /// <summary>In the pool, or perhaps so: the answer was lost. Either way it is looked for.</summary>
    Sent,

    /// <summary>The nonce was used by another transaction.</summary>
    NonceUsed,

    /// <summary>The pool holds another transaction with the nonce and wants more for a replacement.</summary>
    Underpriced,

    /// <summary>The node will not take it.</summary>
    Refused,

    /// <summary>It was not sent: the fence is closed.</summary>
    Withheld,
}

internal static class Broadcast
{
    public static async Task<(BroadcastAnswer Answer, string Reason)> SendAsync(EthereumClient client, SignedTransaction transaction, CancellationToken cancellation)
    {
        try
        {
            await client.SendRawTransactionAsync(transaction, cancellation);
            return (BroadcastAnswer.Sent, "");
        }
        catch (RpcTransportException e)
        {
            return (BroadcastAnswer.Sent, e.Message);
        }
        catch (RpcResponseException e)
        {
            return (Read(e.RpcMessage), e.RpcMessage);
        }
    }

    // There are no codes for these: geth, erigon, nethermind, besu, reth and anvil say it in words, much the same ones.
    internal static BroadcastAnswer Read(string message)
    {
        bool Says(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
        if (Says("already known") || Says("already imported") || Says("known transaction")) return BroadcastAnswer.Sent;
        if (Says("nonce too low") || Says("nonce is too low") || Says("OldNonce")) return BroadcastAnswer.NonceUsed;
        if (Says("underpriced") || Says("fee too low")) return BroadcastAnswer.Underpriced;
        return BroadcastAnswer.Refused;
    }
}
