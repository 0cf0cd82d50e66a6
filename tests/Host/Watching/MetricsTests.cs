using System.Diagnostics;
using System.Text.RegularExpressions;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Watching;

public sealed class MetricsPageTests
{
    [Fact]
    public void Page_IsThatOfTheInstruments()
    {
        var text = MetricsPage.Written();
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(MetricsPage.File, text);
        Assert.True(File.Exists(MetricsPage.File) && File.ReadAllText(MetricsPage.File) == text, "operator/docs/reference/metrics.md is stale: run `make generate`.");
    }
}

/// <summary>What a running operator shows of itself is what the page says; UPDATE_GOLDEN=1 writes that anew.</summary>
[Collection(OperatorCollection.Name)]
public sealed partial class MetricsTests(OperatorWorld world)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task WhatARunningOperatorShows_IsWhatThePageSays()
    {
        await world.ActiveAsync();
        await world.QuoteAsync();
        using var refused = await world.Gateway.GetAsync("cluster/version", TestContext.Current.CancellationToken);
        // What an operator has from its start, and what it has done here.
        string[] awaited =
        [
            "federation_leading", "federation_chain_head_block", "federation_wallet_wei", "federation_transactions_total", "federation_gas_used_total", "federation_intents_total", "federation_quotes_total",
            "federation_access_streams", "federation_access_requests_total", "federation_evidence_problem", "federation_evidence_owed_windows", "federation_metrics_dropped_total", "federation_leases",
        ];
        var missing = awaited;
        for (var tries = 0; missing.Length > 0 && tries < 150; tries++, await Task.Delay(Look, TimeProvider.System, TestContext.Current.CancellationToken))
        {
            var seen = await ScrapeAsync();
            missing = [.. awaited.Where(a => !seen.Contains($"# TYPE {a} ", StringComparison.Ordinal))];
        }

        Assert.Empty(missing);
        var text = await ScrapeAsync();
        var page = MetricsPage.Instruments().ToDictionary(i => i.Name);
        var shown = Family().Matches(text).Select(m => (Name: m.Groups["name"].Value, Help: m.Groups["help"].Value, Type: m.Groups["type"].Value)).ToArray();
        foreach (var (name, help, type) in shown) Assert.Equal((page[name].Help, page[name].Type), (help, type));
        Assert.Subset(shown.Select(s => s.Name).ToHashSet(), awaited.ToHashSet());
        var series = Series().Matches(text);
        Assert.NotEmpty(series);
        foreach (Match one in series)
        {
            var name = shown.Select(s => s.Name).Where(n => one.Groups["name"].Value == n || Histogram().Replace(one.Groups["name"].Value, "") == n).Distinct().Single();
            Assert.Equal(page[name].Labels.Order(StringComparer.Ordinal), Label().Matches(one.Groups["labels"].Value).Select(l => l.Groups["name"].Value).Where(l => l != "le").Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Metrics_AreAsPrometheusWantsThem()
    {
        await world.ActiveAsync();
        var text = await ScrapeAsync();
        using var promtool = Process.Start(new ProcessStartInfo(Programs.Promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("", "", 0), (await output, await errors, promtool.ExitCode));
    }

    private Task<string> ScrapeAsync() => world.Gateway.GetStringAsync("metrics", TestContext.Current.CancellationToken);

    [GeneratedRegex(@"^# HELP (?<name>\S+) (?<help>.*)\n# TYPE \S+ (?<type>\S+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Family();

    [GeneratedRegex(@"^(?<name>[a-z_]+)(\{(?<labels>.*)\})? \S+$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Series();

    [GeneratedRegex("(?<name>[a-z_]+)=\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Histogram();
}
