using System.Text;
using Federation.Chain.Tests.Support;
using Federation.Cli.Commands;
using Federation.Cli.Settings;

namespace Federation.Cli.Tests;

/// <summary>The page about the commands is written from them; UPDATE_GOLDEN=1 writes it anew.</summary>
public sealed class ReferenceTests : IDisposable
{
    private static readonly string Page = Path.Combine(Repository.Root, "operator", "docs", "reference", "kubectl-compute.md");

    private readonly Shell shell = new();

    public void Dispose() => shell.Dispose();

    [Fact]
    public void Page_IsThatOfTheCommands()
    {
        var text = Written();
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Page)!);
            File.WriteAllText(Page, text);
        }

        Assert.Equal(text, File.ReadAllText(Page));
    }

    private string Written()
    {
        var text = new StringBuilder("# kubectl compute\n\nWritten from the program by `make generate`; `kubectl compute COMMAND --help` says the same.\n");
        var root = CommandLine.Tree(shell.Here(TextWriter.Null, TextWriter.Null));
        Table(text, "Flags of all commands", ["flag", "meaning"], Flags.All.Select(o => new[] { $"`{HelpText.NameOf(o)}`", o.Description! }));
        text.Append("\n## Commands\n");
        foreach (var command in root.Subcommands.Where(c => !c.Hidden))
        {
            text.Append($"\n### {command.Name}\n\n{command.Description}\n\n```\n{HelpText.UsageOf(command)}\n```\n");
            Rows(text, ["", "meaning"],
            [
                .. command.Arguments.Select(a => new[] { $"`{HelpText.NameOf(a)}`", a.Description! }),
                .. HelpText.OptionsOf(command).Select(o => new[] { $"`{HelpText.NameOf(o)}`{(o.Required ? " (needed)" : "")}", o.Description! }),
            ]);
        }

        Table(text, "Settings", ["in the file", "in the environment", "meaning"], SettingsReader.All.Select(s => new[] { $"`{s.Key}`", $"`{s.Variable}`", s.Meaning }));
        Table(text, "Exit codes", ["code", "meaning"], ExitCodes.All.Select(c => new[] { $"{c.Code}", c.Meaning }));
        return text.Append("\n`logs`, `shell`, `cp`, `top` and `doctor` end with kubectl's own code where kubectl ran. `NO_COLOR` takes the colours out of progress; data never has any.\n").ToString();
    }

    private static void Table(StringBuilder text, string title, string[] heads, IEnumerable<string[]> rows)
    {
        text.Append($"\n## {title}\n");
        Rows(text, heads, [.. rows]);
    }

    private static void Rows(StringBuilder text, string[] heads, IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0) return;
        text.Append($"\n| {string.Join(" | ", heads)} |\n|{string.Concat(heads.Select(_ => "---|"))}\n");
        foreach (var row in rows) text.Append($"| {string.Join(" | ", row.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal)))} |\n");
    }
}
