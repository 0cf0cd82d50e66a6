using System.Text;
using Federation.Application.Ports;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Signing;

/// <summary>Signs in with a wallet's key.</summary>
/// <param name="wallet">Who signs in: the key's own address, or the contract's that stands by what it signs.</param>
/// <param name="open">Called when something is to be signed, not before.</param>
public sealed class SignInKey(Address wallet, Func<ISigner> open) : ISignInKey
{
    public SignInKey(ISigner signer)
        : this(signer.Address, () => signer)
    {
    }

    /// <inheritdoc/>
    public async Task<SignedWords> SignAsync(SignInDraft draft, CancellationToken cancellation)
    {
        var text = new SignInMessage
        {
            Domain = draft.Domain, Address = wallet, Statement = draft.Statement, Uri = draft.Uri, ChainId = draft.ChainId, Nonce = draft.Nonce, IssuedAt = draft.IssuedAt, ExpirationTime = draft.Ends,
        }.ToText();
        try
        {
            return new SignedWords(text, (await open().SignMessageAsync(Encoding.UTF8.GetBytes(text), cancellation)).ToString());
        }
        catch (Exception e) when (e is SignerUnavailableException or SignatureException)
        {
            throw new TenantKeyException($"The wallet's key cannot sign: {e.Message}", e);
        }
    }
}
