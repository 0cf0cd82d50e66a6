namespace Federation.Domain.Workloads;

/// <summary>What a mistyped name probably meant.</summary>
public static class NearestName
{
    // Longer names are not typing mistakes, and the distance costs length times length.
    private const int MaxLength = 64;

    /// <summary>What is said of a field that nobody knows.</summary>
    /// <param name="known">Those that may stand where it does.</param>
    public static string Told(string name, IReadOnlyCollection<string> known) => Of(name, known) is { } near
        ? $"unknown field; did you mean '{near}'?"
        : $"unknown field; known here are {string.Join(", ", known)}";

    /// <summary>The known name with the fewest edits, case aside; null when none is near.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length > MaxLength) return null;
        var (best, edits) = known
            .Select(k => (Name: k, Edits: Edits(name.ToLowerInvariant(), k.ToLowerInvariant())))
            .OrderBy(k => k.Edits).ThenBy(k => k.Name, StringComparer.Ordinal)
            .FirstOrDefault((Name: "", Edits: int.MaxValue));
        return edits <= (best.Length + 1) / 3 || Contains(name, best) ? best : null;
    }

    // "containerPort" means "port", "secretName" means "name".
    private static bool Contains(string name, string known) =>
        known.Length >= 3 && name.Contains(known, StringComparison.OrdinalIgnoreCase);

    // Levenshtein distance, one row at a time.
    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
