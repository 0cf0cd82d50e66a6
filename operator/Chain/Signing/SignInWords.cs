using Federation.Application.Ports;
using Federation.Chain.Ledger;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Cryptography;

namespace Federation.Chain.Signing;

/// <summary>Sign-ins of wallets: those of keys by recovery, those of contracts by asking them at the latest block.</summary>
public sealed class SignInWords(EthereumClient client, ChainMetrics? metrics = null) : ISignInWords
{
    // A wallet of dozens of signers sends less.
    private const int MostSignatureBytes = 8192;

    /// <inheritdoc/>
    public SignInWord Read(string text)
    {
        var message = SignInMessage.Parse(text);
        return new SignInWord(text, message.Address.ToString(), message.Domain, message.Uri, message.ChainId, message.Nonce, message.IssuedAt, message.ExpirationTime, message.NotBefore);
    }

    /// <inheritdoc/>
    public bool IsSignedByKey(SignInWord word, string signature) =>
        BytesOf(signature) is { } bytes && ContractSignature.IsSignedByKey(Address.Parse(word.Address), PersonalMessage.Digest(word.Text), bytes);

    /// <inheritdoc/>
    public async Task<bool?> IsSignedByContractAsync(SignInWord word, string signature, CancellationToken cancellation) => BytesOf(signature) is not { } bytes ? false : await LedgerFault.WrapAsync(
        "Who signs in", metrics, () => ContractSignature.AskContractAsync(client, Address.Parse(word.Address), PersonalMessage.Digest(word.Text), bytes, ct: cancellation));

    private static byte[]? BytesOf(string signature)
    {
        if (signature.Length > 2 + (2 * MostSignatureBytes)) return null;
        try
        {
            return Hex.Decode(signature);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
