using System.Text;
using System.Text.RegularExpressions;
using Federation.Chain.Tests.Support;

namespace Federation.Host.Tests.Watching;

/// <summary>The page about the metrics, as it is written from the instruments in the sources.</summary>
internal static partial class MetricsPage
{
    public static readonly string File = Path.Combine(Repository.Root, "operator", "docs", "reference", "metrics.md");

    private static readonly Dictionary<string, string> Units = new()
    {
        ["seconds"] = "seconds", ["ratio"] = "ratio, 0 to 1", ["wei"] = "wei", ["block"] = "block number", ["windows"] = "windows", ["leading"] = "1 or 0", ["problem"] = "1 or 0", ["refused"] = "1 or 0", ["used"] = "gas", ["units"] = "smallest units of a token",
    };

    public static string Written()
    {
        var text = new StringBuilder("""
            # Metrics of the operator

            Written from the program by `make generate`. They are at `/metrics`, in Prometheus' text format, of each replica: most count at the one that
            leads. A tenant's operator shows those of chain and transactions, and its own (`federation_tenant_…`). A series is there once there is something to count; outcomes of
            intents and transactions, fee bumps, reorgs, Offers and reviews that fail are there from the start. No label holds a lease or an address; what is about one lease is in the log, by
            its id, and in traces. A histogram has `_bucket`, `_sum` and `_count`. Which alerts watch them is in [runbooks](../runbooks/README.md).

            | name | type | unit | labels | what it is |
            |---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var one in Instruments().OrderBy(i => i.Name, StringComparer.Ordinal))
            text.Append($"| `{one.Name}` | {one.Type} | {UnitOf(one.Name, one.Type)} | {string.Join(", ", one.Labels.Select(l => $"`{l}`"))} | {one.Help} |\n");
        return text.ToString();
    }

    private static string UnitOf(string name, string type) =>
        Units.GetValueOrDefault(name.Replace("_total", "", StringComparison.Ordinal).Split('_')[^1]) ?? (type == "counter" ? "count" : "number");

    // Each is made in one statement.
    public static IEnumerable<Row> Instruments() =>
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "operator"), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal)
        from Match made in Made().Matches(System.IO.File.ReadAllText(file))
        let help = made.Groups["help"].Value
        select new Row(made.Groups["name"].Value, made.Groups["kind"].Value.ToLowerInvariant(), help, LabelsOf(help));

    // By which labels it is told apart stands in its help, whose words are the labels' names.
    private static string[] LabelsOf(string help) =>
        By().Match(help) is { Success: true } by ? [.. by.Groups["label"].Captures.Select(c => c.Value)] : [];

    [GeneratedRegex("""(?:Create(?:Observable)?(?<kind>Counter|Gauge|Histogram)(?:<\w+>)?\(|writer\.Head\()\s*"(?<name>[a-z_]+)",\s*(?:\(\) => [^"]*?|[A-Z]\w+, )?(?:(?:null|"[^"]*"),\s*)?"(?<help>[^"]+)"(?:, InstrumentKind\.(?<kind>\w+))?""", RegexOptions.ExplicitCapture)]
    private static partial Regex Made();

    [GeneratedRegex(@", by (?<label>[a-z]+)( \([^)]*\))?( and (?<label>[a-z]+))?", RegexOptions.ExplicitCapture)]
    private static partial Regex By();

    public sealed record Row(string Name, string Type, string Help, string[] Labels);
}
