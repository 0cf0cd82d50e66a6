using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Federation.Domain.Workloads;

namespace Federation.Domain.Hostnames;

/// <summary>
/// Hostnames as tenants may ask for them. First the one canonical form is made (small letters, no dot at the end), then that is
/// judged, so that two spellings of a name are one name.
/// </summary>
public static partial class Hostname
{
    private const int MaxLength = 253;

    // RFC 6761, 6762, 7686, 8375 and 9476, ICANN's reserved ones, and what clusters and home networks answer by themselves.
    private static readonly HashSet<string> Inner = new(StringComparer.Ordinal)
    {
        "localhost", "localdomain", "local", "internal", "svc", "arpa", "onion", "invalid", "alt", "lan", "home", "corp", "mail", "intranet", "private",
    };

    /// <returns>What is wrong with it, or null.</returns>
    public static string? Fault(string text)
    {
        if (text.Any(c => c > '~')) return $"{Shown.Of(text)} is not in ASCII: write {Ascii(text)}";
        if (text.Contains('*', StringComparison.Ordinal)) return $"{Shown.Of(text)} is a wildcard: name each host";
        var name = Canonical(text);
        if (name.Length > MaxLength) return $"is longer than {MaxLength} characters";
        if (IsAddress(name)) return $"{Shown.Of(text)} is an address: name a host";
        if (!Grammar().IsMatch(name))
            return $"{Shown.Of(text)} is no hostname: labels of letters, digits and '-', each at most 63 characters, with dots between; no scheme, port or path";
        var labels = name.Split('.');
        if (labels.Length < 2) return $"{Shown.Of(text)} has no domain: write the whole name";
        if (Inner.Contains(labels[^1])) return $"{Shown.Of(text)} is a name of inner networks: '.{labels[^1]}' belongs to nobody";
        return labels.FirstOrDefault(l => !IsPlain(l) && !IsInternational(l)) is { } label
            ? $"{Shown.Of(text)} has the label {Shown.Of(label)}, which is no encoded Unicode: only \"xn--\" may have hyphens in third and fourth place, and one text has one encoding"
            : null;
    }

    /// <summary>The same for all spellings of one name; says nothing about a text with a fault.</summary>
    public static string Canonical(string text) => (text.EndsWith('.') ? text[..^1] : text).ToLowerInvariant();

    /// <summary>It is the domain, or a name in it. Both canonical.</summary>
    public static bool IsWithin(string name, string domain) => name == domain || name.EndsWith("." + domain, StringComparison.Ordinal);

    // A last label that reads as a number makes browsers and resolvers read the whole as one.
    private static bool IsAddress(string name) => name.Count(c => c == ':') > 1
        || (name.Split('.')[^1] is { Length: > 0 } last && (last.All(char.IsAsciiDigit) || HexNumber().IsMatch(last)));

    private static bool IsPlain(string label) => label.Length < 4 || label[2..4] != "--";

    // As IDNA 2008 has it, without its tables: small letters, digits and marks; and what is decoded encodes to the same again.
    private static bool IsInternational(string label)
    {
        if (!label.StartsWith("xn--", StringComparison.Ordinal)) return false;
        try
        {
            var idn = new IdnMapping();
            var text = idn.GetUnicode(label);
            return text != label && idn.GetAscii(text) == label && text.EnumerateRunes().All(IsLetter);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsLetter(Rune rune) => rune.Value is '-' or 0xB7 or 0x200C or 0x200D || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.NonSpacingMark
        or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber;

    private static string Ascii(string text)
    {
        try
        {
            return Shown.Of(new IdnMapping().GetAscii(text.ToLowerInvariant()));
        }
        catch (ArgumentException)
        {
            return "its encoded form, which starts with \"xn--\"";
        }
    }

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\z")]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\A0x[0-9a-f]*\z")]
    private static partial Regex HexNumber();
}
