using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Sending;

/// <summary>Why a call is not sent, or a mined one did nothing.</summary>
internal static class Refusals
{
    /// <summary>Whether a refusal to estimate is about the call, and not about the node: nodes say in words that a call needs more gas than a block has, or than the account can pay.</summary>
    public static bool IsOfTheCall(RpcResponseException error) =>
        ContractErrors.Explain(error) is not null || error.IsRevert || error.RpcMessage.Contains("gas required exceeds", StringComparison.OrdinalIgnoreCase);

    /// <summary>The receipt does not say why: the same call on the state before it most likely fails alike.</summary>
    public static async Task<string> WhyRevertedAsync(EthereumClient client, Address from, TransactionReceipt receipt, CancellationToken cancellation)
    {
        try
        {
            var sent = await client.GetTransactionByHashAsync(receipt.TransactionHash, cancellation);
            if (sent is not null)
                await client.CallAsync(new CallInput { From = from, To = sent.To, Data = sent.Input, Gas = sent.Gas }, BlockParameter.AtNumber(receipt.BlockNumber), cancellation);
        }
        catch (RpcResponseException e) when (ContractErrors.Explain(e) is { } reason)
        {
            return reason;
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException)
        {
            // The transaction has reverted whether or not the reason can be had.
        }

        return $"reverted in block {receipt.BlockNumber}";
    }
}
