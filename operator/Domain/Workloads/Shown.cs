using System.Text;

namespace Federation.Domain.Workloads;

/// <summary>Text of a tenant as it may stand in conditions and logs: quoted, short, without control characters.</summary>
internal static class Shown
{
    private const int DefaultLength = 40;

    public static string Of(string text) => $"'{Clean(text)}'";

    public static string Clean(string text, int maxLength = DefaultLength)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= maxLength) return clean.Append('…').ToString();
            clean.Append(Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? "?" : rune.ToString());
        }

        return clean.ToString();
    }
}
