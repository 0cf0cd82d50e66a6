using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Chart;

/// <summary>The alerts, as promtool sees them fire.</summary>
public sealed class AlertTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-alerts-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Alerts_FireWhenTheyShould_AndOnlyThen()
    {
        var rules = await RulesAsync();
        await WriteAsync(rules);
        Assert.Contains("SUCCESS", (await PromtoolAsync("check", "rules", "rules.yaml")).Good, StringComparison.Ordinal);
        Assert.Contains("SUCCESS", (await PromtoolAsync("test", "rules", "alerts.yaml")).Good, StringComparison.Ordinal);
    }

    // What is asked of promtool above can fail: every alert's case, once the alert is gone.
    [Fact]
    public async Task AlertThatIsGone_IsMissed()
    {
        var rules = await RulesAsync();
        var all = (JsonArray)rules["groups"]![0]!["rules"]!;
        all.RemoveAt(all.Count - 1);
        await WriteAsync(rules);
        Assert.NotEqual(0, (await PromtoolAsync("test", "rules", "alerts.yaml")).Code);
    }

    [Fact]
    public async Task EveryAlert_LeadsToItsRunbook_AndThoseLeftOutAreGone()
    {
        var rules = (JsonArray)(await RulesAsync("--set", "metrics.rules.runbookBase=https://runbooks.example/", "--set", "metrics.rules.disabled={FederationReorgs}"))["groups"]![0]!["rules"]!;
        Assert.DoesNotContain(rules, r => (string)r!["alert"]! == "FederationReorgs");
        Assert.All(rules, r => Assert.Equal($"https://runbooks.example/{(string)r!["alert"]!}.md", (string)r["annotations"]!["runbook_url"]!));
    }

    private static async Task<JsonObject> RulesAsync(params string[] arguments) =>
        (JsonObject)(await Tool.ObjectsAsync("minimal", ["--set", "metrics.rules.enabled=true", .. arguments])).Single(o => o.Text("kind") == "PrometheusRule")["spec"]!;

    // JSON is YAML.
    private async Task WriteAsync(JsonObject rules)
    {
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "rules.yaml"), rules.ToJsonString());
        File.Copy(Path.Combine(Tool.Chart, "tests", "alerts.yaml"), Path.Combine(folder.FullName, "alerts.yaml"));
    }

    private Task<Outcome> PromtoolAsync(string verb, string what, string file) => Tool.RunAsync(Programs.Promtool, [verb, what, Path.Combine(folder.FullName, file)]);
}
