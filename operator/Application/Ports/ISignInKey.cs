namespace Federation.Application.Ports;

/// <summary>The wallet's key as it signs in at gateways. What it signs here moves no money.</summary>
public interface ISignInKey
{
    /// <summary>Writes the message (EIP-4361) and signs it (EIP-191).</summary>
    /// <exception cref="TenantKeyException">Nothing can be signed.</exception>
    Task<SignedWords> SignAsync(SignInDraft draft, CancellationToken cancellation);
}

/// <summary>What a message to sign in with is to say, beside who signs.</summary>
/// <param name="Statement">One line for people.</param>
public sealed record SignInDraft(string Domain, string Uri, ulong ChainId, string Nonce, string Statement, DateTimeOffset IssuedAt, DateTimeOffset Ends);

/// <param name="Signature">0x hex.</param>
public sealed record SignedWords(string Text, string Signature);
