using System.Globalization;
using System.Text;

namespace Federation.Ethereum.Cryptography;

/// <summary>
/// A Sign-In with Ethereum message. It is signed as a <see cref="PersonalMessage"/>; who verifies also compares domain,
/// URI, chain, nonce and times with its own. Source: EIP-4361.
/// </summary>
public sealed record SignInMessage
{
    internal const string Opening = " wants you to sign in with your Ethereum account:";

    /// <summary>Host, and port if it is not the scheme's own, that asks for the sign-in; perhaps with a scheme before it.</summary>
    public required string Domain { get; init; }

    public required Address Address { get; init; }

    /// <summary>One line for people; null if there is none.</summary>
    public string? Statement { get; init; }

    /// <summary>What the sign-in is for.</summary>
    public required string Uri { get; init; }

    public required ulong ChainId { get; init; }

    /// <summary>At least eight letters and digits, chosen by the verifier and accepted once.</summary>
    public required string Nonce { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public DateTimeOffset? ExpirationTime { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public string? RequestId { get; init; }

    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>Reads a message strictly: every line in its place, nothing left over.</summary>
    /// <exception cref="FormatException">Names the line that is missing or malformed.</exception>
    public static SignInMessage Parse(string text) => new SignInParser(text).Read();

    /// <summary>True if the message's own times allow it at the instant.</summary>
    public bool IsTimely(DateTimeOffset now) => !(now >= ExpirationTime) && !(now < NotBefore);

    /// <summary>The text to sign.</summary>
    /// <exception cref="FormatException">A member contains a line break, or the nonce is too short.</exception>
    public string ToText()
    {
        var text = new StringBuilder();
        text.Append(Domain).Append(Opening).Append('\n').Append(Address).Append("\n\n");
        if (Statement is not null)
            text.Append(Statement).Append('\n');
        text.Append("\nURI: ").Append(Uri).Append("\nVersion: 1\nChain ID: ")
            .Append(ChainId.ToString(CultureInfo.InvariantCulture)).Append("\nNonce: ").Append(Nonce)
            .Append("\nIssued At: ").Append(Time(IssuedAt));
        if (ExpirationTime is { } expiration)
            text.Append("\nExpiration Time: ").Append(Time(expiration));
        if (NotBefore is { } notBefore)
            text.Append("\nNot Before: ").Append(Time(notBefore));
        if (RequestId is not null)
            text.Append("\nRequest ID: ").Append(RequestId);
        if (Resources.Count > 0)
            text.Append("\nResources:");
        foreach (var resource in Resources)
            text.Append("\n- ").Append(resource);
        // Reading it back shows that no member broke out of its line.
        var result = text.ToString();
        return Parse(result).Resources.Count == Resources.Count ? result : throw new FormatException("a member breaks its line");
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
