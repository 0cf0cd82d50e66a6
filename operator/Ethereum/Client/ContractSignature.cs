using Federation.Ethereum.Abi;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.JsonRpc;

namespace Federation.Ethereum.Client;

/// <summary>Checks signatures of plain accounts and, by ERC-1271, of contracts.</summary>
public static class ContractSignature
{
    private static readonly FunctionAbi IsValidSignature =
        FunctionAbi.Parse("isValidSignature(bytes32 hash,bytes signature) returns (bytes4)");

    // Dozens of signers, or a curve in Solidity, take less. Whoever is asked for its word by a stranger's wish may not spend
    // the node's own limit, which is a second's work.
    private const ulong MostGas = 5_000_000;

    /// <summary>
    /// True if the account approves the digest: where it has code, if the contract says so; else if its key signed.
    /// A contract's answer holds for the block asked only.
    /// </summary>
    /// <exception cref="RpcTransportException">The node cannot be asked: the signature is neither good nor bad.</exception>
    /// <exception cref="RpcResponseException">The node would not run the contract: neither.</exception>
    public static async Task<bool> IsValidAsync(
        EthereumClient client, Address account, Bytes32 digest, byte[] signature, BlockParameter? block = null, CancellationToken ct = default) =>
        await AskContractAsync(client, account, digest, signature, block, ct) ?? IsSignedByKey(account, digest, signature);

    /// <summary>What the contract says; null when the account has no code. Its answer holds for the block asked only.</summary>
    /// <exception cref="RpcTransportException">The node cannot be asked: the signature is neither good nor bad.</exception>
    /// <exception cref="RpcResponseException">The node would not run the contract: neither.</exception>
    public static async Task<bool?> AskContractAsync(
        EthereumClient client, Address account, Bytes32 digest, byte[] signature, BlockParameter? block = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var code = await client.GetCodeAsync(account, block, ct);
        return code.Length == 0 ? null : await IsApprovedByContractAsync(client, account, digest, signature, block, ct);
    }

    /// <summary>True if the account's key signed the digest; no node is asked, so a contract's word is not heard.</summary>
    public static bool IsSignedByKey(Address account, Bytes32 digest, byte[] signature)
    {
        try
        {
            return Recovery.IsSignedBy(digest, Signature.Parse(signature), account);
        }
        catch (SignatureException)
        {
            return false;
        }
    }

    private static async Task<bool> IsApprovedByContractAsync(
        EthereumClient client, Address account, Bytes32 digest, byte[] signature, BlockParameter? block, CancellationToken ct)
    {
        var call = new CallInput { To = account, Data = IsValidSignature.Encode(digest, signature), Gas = MostGas };
        try
        {
            // The magic value is the function's own selector.
            var answer = IsValidSignature.DecodeOutput(await client.CallAsync(call, block, ct));
            return IsValidSignature.Matches((byte[])answer[0]);
        }
        catch (Exception e) when (e is AbiException || (e is RpcResponseException rpc && (rpc.IsRevert || HasHalted(rpc.RpcMessage))))
        {
            return false;
        }
    }

    // Halts other than a revert come without data, and with a code that differs from node to node and stands for much else;
    // the words are those of go-ethereum, which the others repeat, of OpenEthereum's line and of revm.
    private static bool HasHalted(string message) =>
        Halts.Any(words => message.Replace(" ", "", StringComparison.Ordinal).Contains(words, StringComparison.OrdinalIgnoreCase));

    private static readonly string[] Halts = ["outofgas", "gasuint64overflow", "invalidopcode", "opcodenotfound", "invalidjump", "stackunderflow", "stacklimit", "VMexecutionerror", "EVMerror"];
}
