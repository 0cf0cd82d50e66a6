using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Federation.Application.Settings;
using Federation.Chain.Tests.Support;
using Federation.Host.Countersigning;
using Federation.Host.Options;
using Federation.Host.Tenancy;
using Federation.Metrics.Spool;

namespace Federation.Host.Tests.Options;

/// <summary>The page about the options is written from them, and from what their sources say of each; UPDATE_GOLDEN=1 writes it anew.</summary>
public sealed partial class OptionsPageTests
{
    private static readonly string Page = Path.Combine(Repository.Root, "operator", "docs", "reference", "options.md");

    private static readonly Dictionary<string, string> Sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "operator"), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).ToDictionary(f => f, File.ReadAllText);

    private static readonly (string Title, string Section, object Options)[] Modes =
    [
        ("The operator (`run`, and `doctor`, which looks at the same)", "Federation", new OperatorOptions()),
        ("A tenant's operator (`tenant`, and `doctor tenant`)", "Tenant", new TenantOptions()),
        ("A node's spool (`spool`)", "Spool", new SpoolOptions()),
        ("A tenant's agent (`countersign`)", "Countersign", new CountersignOptions()),
    ];

    [Fact]
    public void Page_IsThatOfTheOptions()
    {
        var text = Written();
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(Page, text);
        Assert.True(File.Exists(Page) && File.ReadAllText(Page) == text, "operator/docs/reference/options.md is stale: run `make generate`.");
    }

    // Each row has what an administrator asks: what it is for, and what it is when nothing is written.
    [Fact]
    public void EachOption_SaysWhatItIsFor()
    {
        var rows = Modes.SelectMany(m => RowsOf(m.Section, m.Options)).ToArray();
        Assert.True(rows.Length > 150);
        Assert.Empty(rows.Where(r => r.Meaning.Length == 0).Select(r => r.Name));
        Assert.Contains(rows, r => r is { Name: "Chain:Sending:MaxFeePerGas", Default: "200000000000", Kind: "whole number" });
        Assert.Contains(rows, r => r is { Name: "DeniedCidrs", Variable: "Federation__DeniedCidrs__0", Kind: "list of text" });
        Assert.Contains(rows, r => r is { Name: "Quotes:Total", Again: "settings file" });
        // Who says of an option that its file is read again has to mean it, and the other way round.
        Assert.Empty(rows.Where(r => Regex.IsMatch(r.Meaning, "[Rr]ead (again|for every)") && r.Again != "its file").Select(r => r.Name));
        Assert.Contains(rows, r => r is { Name: "Tls:Certificate", Again: "its file" });
        Assert.Contains(rows, r => r is { Name: "Times:Epoch", Again: "", Default: "01:00:00", Kind: "time" });
    }

    private static string Written()
    {
        var text = new StringBuilder("""
            # Options

            Written from the program by `make generate`. Each option stands in the environment, under the variable in the table; on the command line, as
            `--SECTION:NAME=value`; or in `appsettings.json`, as an object per section. A time is `hours:minutes:seconds`, with days before it as
            `7.00:00:00`; entries of a list are counted from 0; `NAME` is a name of yours. What is unknown or cannot be read ends the program at its start, all of it at once.

            Options are read at the start and not again, but for those of which the table says otherwise. *Its file*: what is in the file that it names is read again while the
            program runs, so that it may be renewed without a restart. *Settings file*: the option itself takes another value, within ten seconds, once the file of `SettingsFile`
            says so. All that changes there is taken, or none of it: a value with a fault, or another option, refuses the whole, all of it is in the log, and
            `federation_settings_refused` is 1 until it is mended. Offers, leases and transactions that are under way stay as they were agreed.

            """.ReplaceLineEndings("\n"));
        foreach (var (title, section, options) in Modes)
        {
            text.Append($"\n## {title}\n\nSection `{section}`.\n\n| option | variable | what it is | default | read again | meaning |\n|---|---|---|---|---|---|\n");
            foreach (var row in RowsOf(section, options))
                text.Append($"| `{row.Name}` | `{row.Variable}` | {row.Kind} | {(row.Default.Length == 0 ? "" : $"`{row.Default}`")} | {row.Again} | {row.Meaning.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<Row> RowsOf(string section, object options)
    {
        var rows = Below(section, "", options);
        // The spool's own options, and what it has in common with the others. It has no settings file.
        return options is not SpoolOptions ? rows : rows.Concat(Below(section, "Tls:", new TlsSection())).Concat(Below(section, "Log:", new LogSection()).Select(r => r with { Again = "" }))
            .Append(new Row("Listen", "Spool__Listen", "text", SpoolHost.Listen, "Where it listens: one URL or several, by semicolons. https ones need Tls.", ""));
    }

    private static IEnumerable<Row> Below(string section, string prefix, object options) => SettingsReader.Names(options.GetType()).Select(name =>
    {
        var parts = name.Name.Split(':');
        var holder = parts[..^1].Aggregate(options, (o, part) => o.GetType().GetProperty(part)!.GetValue(o)!);
        // Where it is said: options may have some in common with others.
        var meaning = MeaningOf(holder.GetType().GetProperty(parts[^1])!.DeclaringType!, parts[^1]);
        return new Row(
            prefix + name.Name, VariableOf($"{section}:{prefix}{name.Name}", name.Type), KindOf(name.Type), Default(holder.GetType().GetProperty(parts[^1])!.GetValue(holder)),
            meaning, AgainOf(holder.GetType().GetProperty(parts[^1])!));
    });

    private static string AgainOf(PropertyInfo option) => option.IsDefined(typeof(ReloadableAttribute)) ? "settings file" : option.IsDefined(typeof(FollowedAttribute)) ? "its file" : "";

    private static string VariableOf(string name, Type type) =>
        name.Replace(":", "__", StringComparison.Ordinal) + (SettingsReader.ElementOf(type) is null ? "" : type.IsArray ? "__0" : "__NAME");

    private static string KindOf(Type type) => SettingsReader.ElementOf(type) is { } element
        ? (type.IsArray ? "list of " : "table of ") + KindOf(element)
        : (Nullable.GetUnderlyingType(type) ?? type) switch
        {
            var t when t == typeof(string) => "text",
            var t when t == typeof(bool) => "true or false",
            var t when t == typeof(TimeSpan) => "time",
            var t when t == typeof(Uri) => "address",
            var t when t == typeof(double) || t == typeof(decimal) => "number",
            _ => "whole number",
        };

    private static string Default(object? value) => value switch
    {
        null => "",
        bool yes => yes ? "true" : "false",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        string text => text,
        IDictionary table => string.Join(", ", table.Keys.Cast<object>().Select(k => $"{k}={table[k]}")),
        Array list => string.Join(", ", list.Cast<object>()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    // As the source says it, which is where it is kept right.
    private static string MeaningOf(Type type, string property)
    {
        var source = Sources.Values.Single(s => Regex.IsMatch(s, $@"^public (sealed )?(class|record) {type.Name}\b", RegexOptions.Multiline) && s.Contains($"namespace {type.Namespace};", StringComparison.Ordinal));
        var body = source[Regex.Match(source, $@"^public (sealed )?(class|record) {type.Name}\b", RegexOptions.Multiline).Index..];
        var comment = Regex.Match(body, $@"(?<lines>(?:^ +/// .*\n)+)(?:^ +\[\w+\]\n)*^ +public [^\n(]+ {property} {{ get; (?:set|init); }}", RegexOptions.Multiline).Groups["lines"].Value;
        var text = string.Join(' ', comment.Split('\n').Select(l => l.Trim().TrimStart('/').Trim()));
        text = Marks().Replace(Code().Replace(Reference().Replace(text, m => $"`{m.Groups["name"].Value.Split('.')[^1]}`"), "`${text}`"), "").Trim();
        return text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);
    }

    [GeneratedRegex("<see cref=\"(?<name>[^\"]+)\" ?/>", RegexOptions.ExplicitCapture)]
    private static partial Regex Reference();

    [GeneratedRegex("<c>(?<text>.*?)</c>", RegexOptions.ExplicitCapture)]
    private static partial Regex Code();

    [GeneratedRegex("</?(summary|inheritdoc|para)[^>]*>")]
    private static partial Regex Marks();

    private sealed record Row(string Name, string Variable, string Kind, string Default, string Meaning, string Again);
}
