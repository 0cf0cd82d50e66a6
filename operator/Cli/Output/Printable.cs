namespace Federation.Cli.Output;

/// <summary>Words of strangers, before they reach a terminal that obeys some of them.</summary>
internal static class Printable
{
    private const int MostChars = 512;

    /// <summary>One line without control characters.</summary>
    public static string Line(string text)
    {
        var cut = text.Length > MostChars ? text[..MostChars] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format ? ' ' : c));
    }
}
