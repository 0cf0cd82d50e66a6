using System.Text.Json;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Ethereum.Multicall;

/// <summary>One read among many.</summary>
/// <param name="Target">The contract.</param>
/// <param name="Data">Selector and arguments.</param>
public sealed record MulticallInput(Address Target, byte[] Data)
{
    /// <summary>A read of one function.</summary>
    public MulticallInput(Address target, FunctionMessage message)
        : this(target, message.EncodeCall())
    {
    }
}

/// <summary>What one read returned.</summary>
/// <param name="Success">False if it reverted.</param>
/// <param name="ReturnData">The results, or the revert data.</param>
public sealed record MulticallResult(bool Success, byte[] ReturnData)
{
    /// <summary>The results of the message that was sent.</summary>
    /// <exception cref="RpcResponseException">The read reverted.</exception>
    /// <exception cref="AbiException">The data is no strict encoding of the results.</exception>
    public TOutput Decode<TOutput>(FunctionMessage<TOutput> message)
    {
        if (!Success)
        {
            var data = JsonSerializer.SerializeToElement(Hex.Encode(ReturnData));
            throw new RpcResponseException("eth_call", RpcResponseException.ExecutionReverted, "execution reverted", data);
        }
        return message.DecodeOutput(ReturnData);
    }
}

/// <summary>Results that all hold for one block.</summary>
/// <param name="Block">The block.</param>
/// <param name="Results">In the order of the reads.</param>
public sealed record MulticallOutput(Block Block, IReadOnlyList<MulticallResult> Results);
