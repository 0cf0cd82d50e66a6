using System.Text.RegularExpressions;

namespace Federation.Architecture.Tests;

/// <summary>What the chart says of the operator is so: its definitions, values, series and runbooks.</summary>
public partial class ChartTests
{
    private static string Alerts => ChartFiles.Read("files/alerts.yaml") + ChartFiles.Read("files/tenant-alerts.yaml");

    [Fact]
    public void GeneratedFiles_AreWhatWouldBeGeneratedNow()
    {
        foreach (var (name, text) in ChartFiles.Generate())
        {
            var path = Repository.PathOf(ChartFiles.Folder, name);
            if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(path, text);
            Assert.True(File.Exists(path) && File.ReadAllText(path) == text, $"{ChartFiles.Folder}/{name} is stale: run `make generate`.");
        }
    }

    [Fact]
    public void Roles_AreAllGenerated() => Assert.Equal(
        ChartFiles.Generate().Keys.Where(k => k.StartsWith("files/roles/", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        Directory.GetFiles(Repository.PathOf(ChartFiles.Folder, "files", "roles")).Select(f => "files/roles/" + Path.GetFileName(f)).Order(StringComparer.Ordinal));

    [Fact]
    public void EveryValue_IsDescribed()
    {
        var described = ChartFiles.Values(ChartFiles.Read("values.yaml")).Select(v => v.Path).ToHashSet();
        Assert.NotEmpty(described);
        var leaves = ChartFiles.Read("values.yaml").Split('\n').Where(l => Leaf().IsMatch(l)).Select(l => l.Trim().Split(':')[0]);
        Assert.DoesNotContain(leaves, leaf => !described.Any(d => d == leaf || d.EndsWith("." + leaf, StringComparison.Ordinal)));
    }

    [Fact]
    public void AlertsAndDashboards_AskForSeriesThatTheOperatorExposes()
    {
        var exposed = Repository.Sources("operator").SelectMany(File.ReadLines).SelectMany(l => Quoted().Matches(l)).Select(m => m.Groups[1].Value).ToHashSet();
        var asked = new[] { "dashboards", "tenant-dashboards" }.SelectMany(f => Directory.GetFiles(Repository.PathOf(ChartFiles.Folder, "files", f))).Select(File.ReadAllText).Append(Alerts)
            .SelectMany(text => Series().Matches(text)).Select(m => Suffix().Replace(m.Value, "")).Distinct().ToArray();
        Assert.NotEmpty(asked);
        Assert.DoesNotContain(asked, name => !exposed.Contains(name));
    }

    [Fact]
    public void EveryAlert_HasItsRunbook_AndIsTried()
    {
        var alerts = Alert().Matches(Alerts).Select(m => m.Groups[1].Value).ToArray();
        var runbooks = Directory.GetFiles(Repository.PathOf("operator", "docs", "runbooks"), "Federation*.md").Select(f => Path.GetFileNameWithoutExtension(f)!);
        Assert.NotEmpty(alerts);
        Assert.Equal(alerts.Order(StringComparer.Ordinal), runbooks.Order(StringComparer.Ordinal));
        var tried = ChartFiles.Read("tests/alerts.yaml") + ChartFiles.Read("tests/tenant-alerts.yaml");
        Assert.DoesNotContain(alerts, a => !tried.Contains($"alertname=\"{a}\"", StringComparison.Ordinal));
    }

    [GeneratedRegex("^ *[A-Za-z0-9]+: .+$")]
    private static partial Regex Leaf();

    [GeneratedRegex("\"((?:federation|kubernetes)_[a-z_]+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("\\b(?:federation|kubernetes_admission)_[a-z_]+\\b")]
    private static partial Regex Series();

    [GeneratedRegex("(?<=(_ratio|_seconds))_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex("^- alert: (\\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();
}
