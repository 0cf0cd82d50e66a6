using System.Security.Cryptography;
using System.Text;
using Federation.Application.Ports;
using Federation.Chain.Ledger;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Signing;

/// <summary>
/// A Sign-In with Ethereum message (EIP-4361) that names host, URL and chain and ends within five minutes shows who asks, without a
/// session: whoever got hold of it reads the same things until then, and nothing else.
/// </summary>
public sealed class ReaderProof(EthereumClient client, ulong chainId, TimeProvider clock, ChainMetrics? metrics = null) : IReaderProof
{
    /// <summary>The longest that a message may be good for.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);

    // As far as the clocks of who signs and who is asked may differ.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    /// <summary>The text that shows who asks for what is at a URL and below it.</summary>
    /// <param name="url">Of the lease at the datacenter's endpoint, or one below it.</param>
    public static SignInMessage Message(Uri url, Address who, ulong chainId, string nonce, DateTimeOffset now) => new()
    {
        Domain = url.Authority, Address = who, Statement = "Read what this lease was measured at.", Uri = url.AbsoluteUri, ChainId = chainId, Nonce = nonce,
        IssuedAt = now, ExpirationTime = now + LongestLife,
    };

    /// <summary>The same, of a key that signs it.</summary>
    /// <exception cref="SignerUnavailableException">Nothing can be signed now.</exception>
    public static async Task<SignedWords> SignAsync(Uri url, ISigner signer, ulong chainId, TimeProvider clock, CancellationToken cancellation)
    {
        var text = Message(url, signer.Address, chainId, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), clock.GetUtcNow()).ToText();
        return new SignedWords(text, (await signer.SignMessageAsync(Encoding.UTF8.GetBytes(text), cancellation)).ToString());
    }

    /// <inheritdoc/>
    public async Task<ReaderIdentity> WhoAsync(ReaderClaim claim, CancellationToken cancellation)
    {
        if (claim.Message.Length == 0)
            return No($"Show who asks: sign a Sign-In with Ethereum message (EIP-4361) of {claim.Host} whose URI is {claim.Lease}, and send it as Authorization: EIP-4361 <the message, base64url>.<the signature, 0x hex>.");
        SignInMessage message;
        byte[] signature;
        try
        {
            (message, signature) = (SignInMessage.Parse(claim.Message), Hex.Decode(claim.Signature));
        }
        catch (FormatException e)
        {
            return No($"That is no Sign-In with Ethereum message (EIP-4361) and its signature: {e.Message}.");
        }

        if (FaultOf(message, claim) is { } fault) return No(fault);
        var digest = PersonalMessage.Digest(claim.Message);
        var isSigned = ContractSignature.IsSignedByKey(message.Address, digest, signature) || await LedgerFault.WrapAsync(
            "Who asks", metrics, () => ContractSignature.IsValidAsync(client, message.Address, digest, signature, ct: cancellation));
        return isSigned ? new ReaderIdentity(message.Address.ToString(), "") : No($"The message is not signed by {message.Address}, which it names: sign it as a personal message (EIP-191).");
    }

    private string? FaultOf(SignInMessage message, ReaderClaim claim)
    {
        var now = clock.GetUtcNow();
        if (message.Domain != claim.Host) return $"The message is for {message.Domain}, this is {claim.Host}.";
        if (!IsAtOrBelow(message.Uri, claim.Lease) || !IsAtOrBelow(claim.Url, message.Uri)) return $"The message is for {message.Uri}, which does not cover {claim.Url}: name {claim.Lease} or what is asked for.";
        if (message.ChainId != chainId) return $"The message is for chain {message.ChainId}, this datacenter is on {chainId}.";
        if (message.ExpirationTime is not { } end || end - message.IssuedAt > LongestLife) return $"The message must end: an expiration time at most {LongestLife.TotalMinutes:0} minutes after it was issued.";
        if (now >= end) return $"The message ended at {end:u}, it is {now:u}: sign a new one.";
        return message.IssuedAt > now + Tolerance || message.NotBefore > now + Tolerance ? $"The message is of {message.IssuedAt:u} or later, it is {now:u}: see to the clock." : null;
    }

    private static bool IsAtOrBelow(string url, string above) => url == above || url.StartsWith(above + "/", StringComparison.Ordinal);

    private static ReaderIdentity No(string problem) => new("", problem);
}
