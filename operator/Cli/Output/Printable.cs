using System.Globalization;

namespace Federation.Cli.Output;

/// <summary>Words of strangers, before they reach a terminal that obeys some of them.</summary>
internal static class Printable
{
    private const int MostChars = 512;

    /// <summary>One line without control characters.</summary>
    public static string Line(string text) => Clean(text.Length > MostChars ? text[..MostChars] + "…" : text);

    /// <summary>All of a text of this program's own, whose lines are meant.</summary>
    public static string Lines(string text) => string.Join('\n', text.Split('\n').Select(Clean));

    private static string Clean(string text) => string.Concat(text.Select(c => IsOrder(c) ? ' ' : c));

    private static bool IsOrder(char c) =>
        char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
