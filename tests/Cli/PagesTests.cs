using System.Diagnostics;
using System.Text.RegularExpressions;
using Federation.Chain.Tests.Support;
using Federation.Cli.Commands;
using Federation.Testing.Pages;

namespace Federation.Cli.Tests;

/// <summary>What the pages have people type is what the program takes: every line of every page goes through the program's own parser.</summary>
public sealed partial class PagesTests : IDisposable
{
    private const string Program = "kubectl compute";

    // The page of the commands is written from them, with brackets around what may be left out.
    private static readonly IReadOnlyList<Page> Pages = [.. Page.All(Repository.Root).Where(p => p.Path != "operator/docs/reference/kubectl-compute.md")];

    private readonly Shell shell = new();

    public void Dispose() => shell.Dispose();

    [Fact]
    public void EveryCommandOfEveryPage_IsOneThatTheProgramTakes()
    {
        var calls = Pages.SelectMany(CallsOf).ToArray();
        Assert.NotEmpty(calls);
        Assert.Equal("", string.Join("\n", calls.Select(c => FaultOf(c.Place, c.Words)).OfType<string>()));
        // Tenants' and providers' pages are among them.
        foreach (var verb in new[] { "quote", "create", "close", "invoice", "register", "doctor", "drain" }) Assert.Contains(calls, c => c.Words[0] == verb);
    }

    [Theory]
    [InlineData("kubectl compute crate -f web.yaml")]
    [InlineData("LEASE=$(kubectl compute create -f web.yaml --approve --whatever -o name)")]
    [InlineData("kubectl compute create --approve | jq .id")]
    [InlineData("kubectl compute close \\\n  --wait")]
    [InlineData("kubectl compute close \"$LEASE\" -n lease-1234")]
    [InlineData("kubectl compute crate --help")]
    public void WrongCommand_IsFound(string line)
    {
        var call = Assert.Single(CallsOf(Page.Parse("page.md", $"```sh\n{line}\n```\n")));
        Assert.StartsWith("page.md:1: ", FaultOf(call.Place, call.Words), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kubectl compute quote -f 'my web.yaml'   # who asks | what")]
    [InlineData("kubectl compute logs \"$LEASE\" -- --since=5m | head")]
    public void RightCommand_IsNone(string line)
    {
        var call = Assert.Single(CallsOf(Page.Parse("page.md", $"```sh\n{line}\n```\n")));
        Assert.Null(FaultOf(call.Place, call.Words));
    }

    [Fact]
    public async Task EveryShellBlock_IsShell()
    {
        var blocks = Pages.SelectMany(p => p.Fences).Where(f => f.Language == "sh").ToArray();
        Assert.NotEmpty(blocks);
        foreach (var block in blocks) Assert.True(await SyntaxFaultOfAsync(block.Text) is null, $"{block}{await SyntaxFaultOfAsync(block.Text)}");
        Assert.NotNull(await SyntaxFaultOfAsync("for x in a; echo $x"));
    }

    [Fact]
    public void EveryLink_LeadsToAFile_AndToAHeadingOfIt()
    {
        Assert.NotEmpty(Page.All(Repository.Root).SelectMany(LinksOf));
        Assert.Empty(Page.All(Repository.Root).SelectMany(LinksOf).Where(l => !Leads(l.From, l.To, l.Heading)).Select(l => $"{l.From}: {l.To}{l.Heading}"));
        Assert.False(Leads("README.md", "operator/docs/nobody-wrote-this.md", ""));
        Assert.False(Leads("README.md", "operator/docs/tenant-quickstart.md", "#no-such-heading"));
    }

    private static IEnumerable<(string From, string To, string Heading)> LinksOf(Page page) => page.Prose.SelectMany(l => Link().Matches(l))
        .Where(m => !m.Groups[1].Value.Contains("://", StringComparison.Ordinal)).Select(m => (page.Path, m.Groups[1].Value, m.Groups[2].Value));

    private static bool Leads(string from, string to, string heading)
    {
        var target = to.Length == 0 ? Path.Combine(Repository.Root, from) : Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(from)!, to));
        return Path.Exists(target) && (heading.Length == 0 || Page.Read(Repository.Root, Path.GetRelativePath(Repository.Root, target)).Prose.Any(l => l.StartsWith('#') && $"#{Slug(l)}" == heading));
    }

    // As the usual renderers name headings.
    private static string Slug(string heading) => string.Concat(heading.TrimStart('#').Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_').Select(c => c == ' ' ? '-' : c));

    private static IEnumerable<(string Place, string[] Words)> CallsOf(Page page) => page.Fences.Where(f => f.Language is "sh" or "")
        .SelectMany(f => ShellWords.CallsOf(Program, f.Text).Select(w => (f.Place, w)))
        // And those in a line of prose; where only its name is said, that there is such a command.
        .Concat(page.Prose.SelectMany(l => Quoted().Matches(l)).SelectMany(m => ShellWords.CallsOf(Program, m.Groups[1].Value)).Select(w => (page.Path, w.Length > 1 ? w : [.. w, "--help"])));

    private string? FaultOf(string place, string[] words)
    {
        var parsed = CommandLine.Tree(shell.Here(TextWriter.Null, TextWriter.Null)).Parse(words);
        // Who asks for help may leave out what a command needs.
        string[] faults = parsed.Action is HelpText.Action ? [.. parsed.UnmatchedTokens.Select(t => $"there is no '{t}'")] : [.. parsed.Errors.Select(e => e.Message), .. Flags.IdleIn(parsed) is { } idle ? [idle] : Array.Empty<string>()];
        return faults.Length == 0 ? null : $"{place}: {Program} {string.Join(' ', words)}: {string.Join(" ", faults)}";
    }

    private static async Task<string?> SyntaxFaultOfAsync(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-n"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        var said = await bash.StandardError.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return bash.ExitCode == 0 ? null : said;
    }

    [GeneratedRegex(@"\]\(([^)#\s]*)(#[^)\s]+)?\)")]
    private static partial Regex Link();

    [GeneratedRegex("`(kubectl compute [a-z][^`]*)`")]
    private static partial Regex Quoted();
}
