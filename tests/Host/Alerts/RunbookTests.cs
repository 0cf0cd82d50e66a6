using System.Diagnostics;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>Each alert's page can be looked by in its story, and the reader that does so notices a page that finds nothing.</summary>
public sealed class RunbookTests
{
    private const string Log = "one\nSettleIntent for 0x1 failed: no gas\nthree";

    [Fact]
    public async Task EachPage_HasWhatFindsTheCause_AndWhatTellsThatItIsOver()
    {
        var pages = await PagesAsync();
        Assert.Equal(pages.Select(p => p.Alert).Order(StringComparer.Ordinal), Causes.Of.Keys.Order(StringComparer.Ordinal));
        Assert.All(pages, p => Assert.Contains(p.See, l => l.LeftOut is null));
        Assert.All(pages, p => Assert.Equal(Runbook.Lasting.Contains(p.Alert), p.Over.Count == 0));
        // What tells that it is over is never left out.
        Assert.All(pages.SelectMany(p => p.Over), l => Assert.Null(l.LeftOut));
    }

    [Fact]
    public async Task WhatIsLeftOut_IsOnAPage_AndIsNoQuery()
    {
        var lines = (await PagesAsync()).SelectMany(p => p.See).ToArray();
        Assert.All(Runbook.NotHere.Keys, part => Assert.Contains(lines, l => l.Text.Contains(part, StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, l => l.IsQuery && l.LeftOut is not null);
    }

    [Fact]
    public async Task EachQuery_IsRead_AsItStandsAndShortened()
    {
        var queries = (await PagesAsync()).SelectMany(p => p.See.Concat(p.Over)).Where(l => l.IsQuery).SelectMany(l => new[] { l.Text, ShortenedRules.Shorten(l.Text, 60) }).ToArray();
        Assert.True(queries.Length > 60, $"{queries.Length} queries");
        var (code, said) = await CheckAsync(queries);
        Assert.True(code == 0, said);
        Assert.NotEqual(0, (await CheckAsync([.. queries, "sum by (kind (up)"])).Code);
    }

    [Fact]
    public async Task Line_IsFound_WhereItSucceedsAndSaysSomething()
    {
        var found = await TypeAsync(
            "kubectl -n x logs -l a=b --prefix --tail=-1 | grep -E 'Intent .*failed: ' | tail -n 5",
            "kubectl -n x logs deployment/a --tail=1 | grep failed",
            "kubectl -n x logs deployment/a --tail=2 | grep failed      # the last word says why",
            "true",
            "echo \"$NODE\"",
            "grep failed nowhere | tail -n 1",
            "echo after");
        Assert.Equal([true, false, true, false, true, false, true], found.Select(f => f.IsFound));
        Assert.Equal("SettleIntent for 0x1 failed: no gas", found[0].Said);
        Assert.Equal(("http://here", "after"), (found[4].Said, found[6].Said));
    }

    [Fact]
    public async Task PortThatIsForwarded_IsThere_UntilItIsEnded()
    {
        var found = await TypeAsync(
            "kubectl -n x port-forward deployment/a 8080 > /dev/null &",
            "for i in 1 2 3; do kill -0 $! && echo there && break; done; kill $!");
        Assert.All(found, f => Assert.True(f.IsFound, f.Said));
        Assert.Equal("there", found[1].Said);
    }

    [Fact]
    public async Task ShellThatEnds_HasFoundNothingOfWhatFollows()
    {
        var found = await TypeAsync("echo before", "exit 3", "echo after");
        Assert.Equal([true, false, false], found.Select(f => f.IsFound));
    }

    private static Task<IReadOnlyList<Finding>> TypeAsync(params string[] lines) => new RunbookShell(new Dictionary<string, string> { ["NODE"] = "http://here" }).TypeAsync(lines, Log);

    private static async Task<IReadOnlyList<Runbook>> PagesAsync()
    {
        var alerts = new List<string>();
        foreach (var values in new[] { "minimal", "tenant" }) alerts.AddRange((await ShortenedRules.RenderAsync(values))["rules"]!.AsArray().Select(r => (string)r!["alert"]!));
        return [.. alerts.Select(Runbook.Read)];
    }

    // JSON is YAML.
    private static async Task<(int Code, string Said)> CheckAsync(IReadOnlyList<string> queries)
    {
        var folder = Directory.CreateTempSubdirectory("federation-runbooks-");
        try
        {
            var (file, rules) = (Path.Combine(folder.FullName, "queries.yaml"), queries.Select((q, i) => (JsonNode)new JsonObject { ["record"] = $"page:query:{i}", ["expr"] = q }));
            await File.WriteAllTextAsync(file, new JsonObject { ["groups"] = new JsonArray(new JsonObject { ["name"] = "pages", ["rules"] = new JsonArray([.. rules]) }) }.ToJsonString());
            using var promtool = Process.Start(new ProcessStartInfo(Programs.Promtool, ["check", "rules", file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = promtool.StandardOutput.ReadToEndAsync();
            var errors = await promtool.StandardError.ReadToEndAsync();
            await promtool.WaitForExitAsync();
            return (promtool.ExitCode, await output + errors);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
