using System.Text.RegularExpressions;

namespace Federation.Host.Tests.Alerts;

/// <summary>Somebody whom an alert has called: looks where its runbook says, and later whether it is over.</summary>
/// <param name="factor">By which the time of the alert's rule is divided here, and so that of its page.</param>
/// <param name="port">Where the operator is asked, in the place of a port that is forwarded.</param>
/// <param name="log">What the operator has said so far.</param>
internal sealed class RunbookReader(LivePrometheus prometheus, RunbookShell shell, int factor, int port, Func<string> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>What the lines find, each of them, and what is the cause among it; said line by line when they do not.</summary>
    public async Task<string> FindAsync(LiveAlert alert, IReadOnlyList<RunbookLine> lines, string cause, int looks = 120)
    {
        IReadOnlyList<Finding> found = [];
        // A status is written some seconds after what it is about.
        for (var look = 0; look < looks; look++)
        {
            found = await LookAsync(alert, lines);
            var said = string.Join('\n', found.Select(f => f.Said));
            if (found.All(f => f.IsFound) && Regex.IsMatch(said, cause, RegexOptions.Multiline, TimeSpan.FromSeconds(5))) return said;
            await Task.Delay(Pause, TimeProvider.System);
        }

        Assert.Fail($"The page of {alert.Name} does not find '{cause}':\n{string.Join('\n', found.Select(f => $"{(f.IsFound ? "+" : "-")} {f.Line}\n{f.Said}"))}");
        return "";
    }

    /// <summary>Looks once.</summary>
    public async Task<IReadOnlyList<Finding>> LookAsync(LiveAlert alert, IReadOnlyList<RunbookLine> lines)
    {
        var asked = lines.Where(l => l.LeftOut is null).ToLookup(l => l.IsQuery, l => Filled(l.Text, alert));
        var found = new List<Finding>();
        foreach (var query in asked[true])
        {
            var answers = await prometheus.ShowAsync(ShortenedRules.Shorten(query, factor));
            found.Add(new Finding(query, answers.Count > 0, string.Join('\n', answers)));
        }

        found.AddRange(await shell.TypeAsync([.. asked[false].Select(l => l.Replace("localhost:8080", $"127.0.0.1:{port}", StringComparison.Ordinal))], log()));
        return found;
    }

    // Pages name the alert's labels.
    private static string Filled(string line, LiveAlert alert) => alert.Labels.Aggregate(line, (text, label) => text.Replace($"\"${label.Key.ToUpperInvariant()}\"", $"\"{label.Value}\"", StringComparison.Ordinal));
}
