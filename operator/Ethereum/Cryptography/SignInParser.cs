using System.Globalization;

namespace Federation.Ethereum.Cryptography;

/// <summary>Walks over the lines of a Sign-In with Ethereum message, each of which has one place.</summary>
internal sealed class SignInParser
{
    private const int MaxChars = 8192;
    private readonly string[] lines;
    private int at;

    public SignInParser(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxChars)
            throw new FormatException($"a sign-in message has at most {MaxChars} characters");
        if (text.Any(c => char.IsControl(c) && c != '\n'))
            throw new FormatException("a sign-in message has no control characters");
        lines = text.Split('\n');
    }

    public SignInMessage Read()
    {
        var domain = Opening();
        var address = Federation.Ethereum.Address.Parse(Next("address"));
        Blank();
        var statement = Statement();
        var uri = Required("URI: ");
        if (Required("Version: ") != "1")
            throw new FormatException("the version must be 1");
        var message = new SignInMessage
        {
            Domain = domain,
            Address = address,
            Statement = statement,
            Uri = System.Uri.TryCreate(uri, UriKind.Absolute, out _) ? uri : throw new FormatException("the URI is none"),
            ChainId = Number(Required("Chain ID: ")),
            Nonce = Nonce(Required("Nonce: ")),
            IssuedAt = Time(Required("Issued At: ")),
            ExpirationTime = Optional("Expiration Time: ") is { } expiration ? Time(expiration) : null,
            NotBefore = Optional("Not Before: ") is { } notBefore ? Time(notBefore) : null,
            RequestId = Optional("Request ID: "),
            Resources = Resources(),
        };
        return at == lines.Length ? message : throw new FormatException($"line {at + 1} has no place in a sign-in message");
    }

    private string Opening()
    {
        var line = Next("opening");
        var domain = line.EndsWith(SignInMessage.Opening, StringComparison.Ordinal) ? line[..^SignInMessage.Opening.Length] : "";
        return domain.Length > 0 && !domain.Contains(' ', StringComparison.Ordinal)
            ? domain
            : throw new FormatException("the first line does not ask for a sign-in");
    }

    private string? Statement()
    {
        var line = Next("statement");
        if (line.Length == 0)
            return null;
        Blank();
        return line;
    }

    private List<string> Resources()
    {
        var resources = new List<string>();
        if (at == lines.Length || lines[at] != "Resources:")
            return resources;
        at++;
        while (Optional("- ") is { } resource)
            resources.Add(resource);
        return resources;
    }

    private string Next(string what) =>
        at < lines.Length ? lines[at++] : throw new FormatException($"the sign-in message ends before its {what}");

    private void Blank()
    {
        if (Next("blank line").Length != 0)
            throw new FormatException($"line {at} must be blank");
    }

    private string? Optional(string label) =>
        at < lines.Length && lines[at].StartsWith(label, StringComparison.Ordinal) ? lines[at++][label.Length..] : null;

    private string Required(string label) => Optional(label) is { Length: > 0 } value
        ? value
        : throw new FormatException($"line {at + 1} must start with '{label}'");

    private static ulong Number(string digits) => ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new FormatException("the chain id is no number");

    private static string Nonce(string nonce) => nonce.Length >= 8 && nonce.All(char.IsAsciiLetterOrDigit)
        ? nonce
        : throw new FormatException("the nonce must be at least eight letters and digits");

    // RFC 3339 with an offset; without one the instant would depend on the reader's place.
    private static DateTimeOffset Time(string text) => DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        && (text.EndsWith('Z') || text[^6] is '+' or '-')
        ? time
        : throw new FormatException($"'{text}' is no RFC 3339 time");
}
