using System.Text.Json;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Rlp;
using Federation.Ethereum.Transactions;
using Federation.Ethereum.TypedData;

namespace Federation.Ethereum.Signing;

/// <summary>
/// Asks a signing service (Web3Signer, Clef, a node with an unlocked account). What comes back is trusted only after
/// it is shown to be signed by the expected address over exactly what was asked for.
/// </summary>
public sealed class RemoteSigner(IJsonRpcClient rpc, Address address, RemoteSignerOptions? options = null) : ISigner
{
    private readonly RemoteSignerOptions options = options ?? new RemoteSignerOptions();

    /// <inheritdoc/>
    public Address Address => address;

    /// <inheritdoc/>
    public async Task<SignedTransaction> SignTransactionAsync(Eip1559Transaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var request = new RpcRequest("eth_signTransaction", ToInput(transaction));
        var answer = await rpc.SendAsync<JsonElement>(request, cancellationToken);
        SignedTransaction signed;
        try
        {
            signed = SignedTransaction.Decode(Hex.Decode(RawOf(answer)));
        }
        catch (Exception e) when (e is RlpException or FormatException)
        {
            throw new SignatureException("the remote signer did not return a signed transaction of type 2: " + e.Message, e);
        }
        if (signed.Transaction != transaction)
            throw new SignatureException("the remote signer signed another transaction than the one asked for");
        if (signed.From != address)
            throw new SignatureException($"the remote signer signed as {signed.From} instead of {address}");
        return signed;
    }

    /// <inheritdoc/>
    public async Task<Signature> SignTypedDataAsync(Eip712TypedData data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var json = data.ToJson();
        object payload = options.TypedDataAsText ? json : JsonDocument.Parse(json).RootElement.Clone();
        var request = new RpcRequest(options.TypedDataMethod, address, payload);
        return Verified(await rpc.SendAsync<string?>(request, cancellationToken), data.Digest());
    }

    /// <inheritdoc/>
    public async Task<Signature> SignMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default)
    {
        var request = new RpcRequest("eth_sign", address, message.ToArray());
        return Verified(await rpc.SendAsync<string?>(request, cancellationToken), PersonalMessage.Digest(message.Span));
    }

    /// <summary>Whether the service lists the address (<c>eth_accounts</c>); null when it is there and does not say.</summary>
    /// <exception cref="RpcTransportException">It does not answer.</exception>
    public async Task<bool?> HoldsKeyAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var answer = await rpc.SendAsync<JsonElement>(new RpcRequest("eth_accounts"), cancellationToken);
            return answer.ValueKind == JsonValueKind.Array
                ? answer.EnumerateArray().Any(a => a.ValueKind == JsonValueKind.String && Address.TryParse(a.GetString(), out var held) && held == address)
                : null;
        }
        catch (RpcResponseException)
        {
            return null;
        }
    }

    /// <summary>The address only.</summary>
    public override string ToString() => $"remote signer {address}";

    private Signature Verified(string? answer, Bytes32 digest)
    {
        var signature = Signature.Parse(answer ?? throw new SignatureException("the remote signer answered null"));
        return Recovery.IsSignedBy(digest, signature, address)
            ? signature
            : throw new SignatureException($"the remote signer's signature is not {address}'s over what was asked for");
    }

    // Web3Signer and Anvil answer with the raw bytes, Geth and Clef with an object around them.
    private static string RawOf(JsonElement answer)
    {
        if (answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("raw", out var raw))
            answer = raw;
        return answer.ValueKind == JsonValueKind.String
            ? answer.GetString()!
            : throw new FormatException("neither hex data nor an object with 'raw'");
    }

    private object ToInput(Eip1559Transaction transaction) => new
    {
        Type = "0x2",
        From = address,
        transaction.To,
        transaction.ChainId,
        transaction.Nonce,
        transaction.Gas,
        transaction.MaxFeePerGas,
        transaction.MaxPriorityFeePerGas,
        transaction.Value,
        transaction.Data,
        transaction.AccessList,
    };
}
