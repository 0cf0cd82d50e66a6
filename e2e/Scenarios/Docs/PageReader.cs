using System.Diagnostics;
using System.Text.RegularExpressions;
using Federation.Testing.Pages;

namespace Federation.Scenarios.Docs;

/// <summary>
/// Somebody who follows the pages to the letter: each block of shell is typed into bash, in order, in a folder of its own; each named block of YAML becomes
/// that file; and what a block of text shows has to be what the commands above it said. Where a page exports an example and the reader has that variable already,
/// the reader keeps its own: addresses, files, a lease.
/// </summary>
/// <param name="home">The reader's home, where it works.</param>
/// <param name="has">Variables that the reader has from the start.</param>
/// <param name="edits">What has to be written otherwise here, as text and replacement.</param>
internal sealed partial class PageReader(string home, IReadOnlyDictionary<string, string> has, params (string Text, string Instead)[] edits)
{
    // The sections of a runbook that are looked through.
    private static readonly string[] WhereToLook = ["How to see it", "How to know that it is over"];

    // Longer than what the commands of any block allow themselves, one after the other.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(12);

    // grep ends with 1 where it finds nothing, kill where a program has ended by itself. A query that Prometheus does not understand is answered with another status.
    private const string Looking = """
        grep() { command grep "$@" || [ $? = 1 ]; }
        kill() { command kill "$@" 2> /dev/null || true; }
        ask() { curl -sf --get "$PROMETHEUS/api/v1/query" --data-urlencode "query=$1" | command grep -o '"status":"success"'; }
        """;

    private string said = "";

    private string State => Path.Combine(home, ".exported");

    /// <summary>Follows a page, or the sections of it that are named.</summary>
    internal async Task FollowAsync(Page page, params string[] sections)
    {
        Assert.All(sections, s => Assert.Contains(page.Fences, f => f.Section == s));
        // Diagrams and the like are there to be read.
        foreach (var fence in page.Fences.Where(f => (sections.Length == 0 || sections.Contains(f.Section)) && f.Language is not ("" or "mermaid")))
        {
            await FollowAsync(fence);
            FollowsAttribute.Followed(fence);
        }
    }

    /// <summary>Looks where a runbook says that one sees it. Nothing is wrong here: what is looked for need not be found, but it can be looked for.</summary>
    internal async Task LookAsync(Page runbook)
    {
        var looks = runbook.Fences.Where(IsLook).ToArray();
        Assert.True(looks.Length > 0, $"{runbook.Path} does not say where to look.");
        foreach (var look in looks)
        {
            var lines = look.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !Conditional().IsMatch(l)).Select(l => Query().Match(l) is { Success: true } asked ? $"ask '{asked.Groups[1].Value.Trim()}'" : l).ToArray();
            Assert.True(lines.Length > 0, $"{look.Place}: nothing of it is looked at.");
            await TypeAsync(look with { Text = $"{Looking}\n{string.Join('\n', lines)}\n" });
            FollowsAttribute.Followed(look);
        }
    }

    /// <summary>A runbook has its reader look by this.</summary>
    internal static bool IsLook(Fence fence) => WhereToLook.Contains(fence.Section);

    /// <summary>What a variable is now.</summary>
    internal async Task<string> ValueAsync(string name) => (await RunAsync($"printf %s \"${name}\"")).Output;

    /// <summary>Whether a page's example shows what was said: an ellipsis stands for anything, and a column is as wide as it has to be.</summary>
    internal static bool IsAsShown(string shown, string said)
    {
        var pattern = string.Join("[\\s\\S]*?", Blanks().Replace(shown.Trim(), " ").Split('…').Select(Regex.Escape));
        return Regex.IsMatch(Blanks().Replace(said.Trim(), " "), $"^{pattern}$", RegexOptions.None, TimeSpan.FromSeconds(10));
    }

    private async Task FollowAsync(Fence fence)
    {
        switch (fence.Language)
        {
            case "sh":
                said = await TypeAsync(fence);
                break;
            case "yaml" when fence.File is { } file:
                await File.WriteAllTextAsync(Path.Combine(home, file), Edited(fence.Text), TestContext.Current.CancellationToken);
                break;
            case "text":
                if (!IsAsShown(fence.Text, said)) Assert.Fail($"{fence.Place}: the commands say otherwise than the page shows.\nThe page:\n{fence.Text}\nThe commands:\n{said}");
                break;
            default:
                Assert.Fail($"{fence.Place}: nobody knows what to do with a block of '{fence.Language}'.");
                break;
        }
    }

    private async Task<string> TypeAsync(Fence fence)
    {
        var kept = File.Exists(State) ? Exported().Matches(await File.ReadAllTextAsync(State, TestContext.Current.CancellationToken)).Select(m => m.Groups[1].Value).ToHashSet() : [];
        kept.UnionWith(has.Keys);
        var (code, output) = await RunAsync(Example().Replace(Edited(fence.Text), line => kept.Contains(line.Groups[1].Value) ? "" : line.Value));
        if (code != 0) Assert.Fail($"{fence.Place}: it ends with {code}.\n{fence.Text}\nIt says:\n{output}");
        return output;
    }

    // Every command of a block has to succeed: who types them sees each one fail.
    private async Task<(int Code, string Output)> RunAsync(string block)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\nexec 2>&1\n[ ! -f '{State}' ] || . '{State}'\n{block}\ndeclare -px > '{State}'"])
        {
            WorkingDirectory = home, RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("FEDERATION_", StringComparison.Ordinal) || k.StartsWith("XDG_", StringComparison.Ordinal) || k is "KUBECONFIG" or "CI").ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in has) start.Environment[name] = value;
        start.Environment["HOME"] = home;
        using var bash = Process.Start(start)!;
        bash.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var output = await bash.StandardOutput.ReadToEndAsync(limit.Token);
            await bash.WaitForExitAsync(limit.Token);
            return (bash.ExitCode, output);
        }
        catch (OperationCanceledException)
        {
            bash.Kill(entireProcessTree: true);
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            return (124, $"It did not end within {Patience.TotalMinutes} minutes.");
        }
    }

    private string Edited(string text) => edits.Aggregate(text, (now, edit) => now.Replace(edit.Text, edit.Instead, StringComparison.Ordinal));

    // What is made of other values, by a command or out of PATH, is no example.
    [GeneratedRegex(@"^export (?!PATH=)([A-Z_]+)=((?!\$\().)*$", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex("^declare -x ([A-Z_]+)", RegexOptions.Multiline)]
    private static partial Regex Exported();

    [GeneratedRegex("^(.*) # in Prometheus$")]
    private static partial Regex Query();

    // What only some installations have.
    [GeneratedRegex(" # (with|where) ")]
    private static partial Regex Conditional();

    [GeneratedRegex(@"[ \t]+")]
    private static partial Regex Blanks();
}
