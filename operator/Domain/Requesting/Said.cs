namespace Federation.Domain.Requesting;

/// <summary>What a datacenter says, cut to what a status has room for: strangers' words are shown, and take no more than that.</summary>
public static class Said
{
    public const int MostWord = 64, MostSentence = 512, MostRefusal = 256, MostEndpoints = 16, MostEndpoint = 256;

    /// <summary>Where a reason was none.</summary>
    public const string Unnamed = "Unnamed";

    /// <returns>A CamelCase word as conditions take it; empty stays empty, and what is no such word is <see cref="Unnamed"/>.</returns>
    public static string Word(string reason) => reason.Length == 0 || (reason.Length <= MostWord && char.IsAsciiLetter(reason[0]) && reason.All(char.IsAsciiLetterOrDigit)) ? reason : Unnamed;

    /// <returns>One line of text that shows as it is.</returns>
    public static string Sentence(string text, int most = MostSentence)
    {
        var isCut = text.Length > most;
        var kept = isCut ? text[..(most - 1)] : text;
        // A pair that was cut in two is no text.
        if (kept.Length > 0 && char.IsHighSurrogate(kept[^1])) kept = kept[..^1];
        if (kept.Any(char.IsControl)) kept = string.Concat(kept.Select(c => char.IsControl(c) ? ' ' : c));
        return isCut ? kept + "…" : kept;
    }

    /// <returns>Those that are not too long, the first few.</returns>
    public static IReadOnlyList<string> Endpoints(IEnumerable<string?> endpoints) =>
        [.. endpoints.OfType<string>().Where(e => e.Length is > 0 and <= MostEndpoint && !e.Any(char.IsControl)).Take(MostEndpoints)];
}
