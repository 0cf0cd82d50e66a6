namespace Federation.Application.Ports;

/// <summary>Sign-In with Ethereum messages (EIP-4361): what they say, and whether who they name signed them.</summary>
public interface ISignInWords
{
    /// <exception cref="FormatException">The text is no such message; the message names the line.</exception>
    SignInWord Read(string text);

    /// <summary>The key of the address that the message names signed it (EIP-191, low s alone). No node is asked.</summary>
    /// <param name="signature">0x hex.</param>
    bool IsSignedByKey(SignInWord word, string signature);

    /// <summary>The contract at the address that the message names says that it stands by it (ERC-1271).</summary>
    /// <param name="signature">0x hex, in whatever form the contract wants it.</param>
    /// <returns>Null: there is no contract.</returns>
    /// <exception cref="LedgerException">The chain cannot be asked: it is neither signed nor not.</exception>
    Task<bool?> IsSignedByContractAsync(SignInWord word, string signature, CancellationToken cancellation);
}

/// <summary>What a Sign-In with Ethereum message says.</summary>
/// <param name="Text">As it was signed.</param>
/// <param name="Address">Who signs in, EIP-55.</param>
/// <param name="Ends">Null: it names no end.</param>
/// <param name="Begins">Null: at once.</param>
public sealed record SignInWord(string Text, string Address, string Domain, string Uri, ulong ChainId, string Nonce, DateTimeOffset IssuedAt, DateTimeOffset? Ends, DateTimeOffset? Begins);
