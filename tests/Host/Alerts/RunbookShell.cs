using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Federation.Host.Tests.Alerts;

/// <summary>What came of a line that was typed or asked.</summary>
/// <param name="IsFound">It succeeded, and said something.</param>
internal sealed record Finding(string Line, bool IsFound, string Said);

/// <summary>
/// Types lines of a runbook into one bash. <c>kubectl</c> is the real one, but for what needs a kubelet: logs are those that it is told
/// here, cut as <c>--tail</c> says, and a port is forwarded by being there.
/// </summary>
/// <param name="environment">Variables that the page's reader has.</param>
internal sealed partial class RunbookShell(IReadOnlyDictionary<string, string> environment)
{
    private const string Prelude = """
        set -uo pipefail
        kubectl() {
          case " $* " in
            *" logs "*)
              local lines=10 word
              for word in "$@"; do case $word in --tail=-1) lines=+1 ;; --tail=*) lines=${word#--tail=} ;; esac; done
              tail -n "$lines" "$LOG" ;;
            *" port-forward "*) exec sleep 60 ;;
            *) command kubectl "$@" ;;
          esac
        }
        """;

    // More than what the commands of a page allow themselves.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <param name="log">What the operator has said so far.</param>
    public async Task<IReadOnlyList<Finding>> TypeAsync(IReadOnlyList<string> lines, string log)
    {
        if (lines.Count == 0) return [];
        var folder = Directory.CreateTempSubdirectory("federation-look-");
        try
        {
            var file = Path.Combine(folder.FullName, "log");
            await File.WriteAllTextAsync(file, log + "\n");
            var (output, errors) = await RunAsync($"{Prelude}\n{string.Concat(lines.Select(l => $"{l}\nprintf '\\n@@%d\\n' $?\n"))}", folder.FullName, file);
            // Behind each line's output is how it ended.
            var parts = Ends().Split(output);
            return [.. lines.Select((line, i) => Judge(line, parts.ElementAtOrDefault(2 * i) ?? "", parts.ElementAtOrDefault((2 * i) + 1), errors))];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // What is put into the background says nothing.
    private static Finding Judge(string line, string output, string? code, string errors)
    {
        var found = code is not null && int.Parse(code, CultureInfo.InvariantCulture) == 0 && (output.Trim().Length > 0 || line.EndsWith('&'));
        return new Finding(line, found, found ? output.Trim() : $"(ended with {code ?? "the shell"}) {output.Trim()} {errors.Trim()}");
    }

    private async Task<(string Output, string Errors)> RunAsync(string script, string home, string log)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = home, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        (start.Environment["HOME"], start.Environment["LOG"]) = (home, log);
        using var bash = Process.Start(start)!;
        bash.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var output = bash.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = await bash.StandardError.ReadToEndAsync(limit.Token);
            await bash.WaitForExitAsync(limit.Token);
            return (await output, errors);
        }
        catch (OperationCanceledException)
        {
            bash.Kill(entireProcessTree: true);
            return ("", $"It did not end within {Patience.TotalMinutes} minutes.");
        }
    }

    [GeneratedRegex(@"\n@@(\d+)\n")]
    private static partial Regex Ends();
}
