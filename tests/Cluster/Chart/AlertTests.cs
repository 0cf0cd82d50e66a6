using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Chart;

/// <summary>The alerts, as promtool sees them fire.</summary>
public sealed class AlertTests : IDisposable
{
    private const string Spools = "spool.enabled=true,spool.tokenFrom.name=spool-token,spool.tokenFrom.key=token,spool.tls.secret=spool-tls";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-alerts-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("minimal", "alerts.yaml")]
    [InlineData("tenant", "tenant-alerts.yaml")]
    public async Task Alerts_FireWhenTheyShould_AndOnlyThen(string values, string cases)
    {
        var rules = await RulesAsync(values);
        await WriteAsync(rules, cases);
        Assert.Contains("SUCCESS", (await PromtoolAsync("check", "rules", "rules.yaml")).Good, StringComparison.Ordinal);
        Assert.Contains("SUCCESS", (await PromtoolAsync("test", "rules", cases)).Good, StringComparison.Ordinal);
    }

    // What is asked of promtool above can fail: every alert's case, once the alert is gone.
    [Theory]
    [InlineData("minimal", "alerts.yaml")]
    [InlineData("tenant", "tenant-alerts.yaml")]
    public async Task AlertThatIsGone_IsMissed(string values, string cases)
    {
        var rules = await RulesAsync(values);
        var all = (JsonArray)rules["groups"]![0]!["rules"]!;
        all.RemoveAt(all.Count - 1);
        await WriteAsync(rules, cases);
        Assert.NotEqual(0, (await PromtoolAsync("test", "rules", cases)).Code);
    }

    [Theory]
    [InlineData("minimal", "FederationReorgs")]
    [InlineData("tenant", "FederationTenantFailovers")]
    public async Task EveryAlert_LeadsToItsRunbook_AndThoseLeftOutAreGone(string values, string leftOut)
    {
        var rules = (JsonArray)(await RulesAsync(values, "--set", "metrics.rules.runbookBase=https://runbooks.example/", "--set", $"metrics.rules.disabled={{{leftOut}}}"))["groups"]![0]!["rules"]!;
        Assert.NotEmpty(rules);
        Assert.DoesNotContain(rules, r => (string)r!["alert"]! == leftOut);
        Assert.All(rules, r => Assert.Equal($"https://runbooks.example/{(string)r!["alert"]!}.md", (string)r["annotations"]!["runbook_url"]!));
    }

    // An alert of what is not there would only be one more that nobody can explain.
    [Theory]
    [InlineData("minimal", false)]
    [InlineData("minimal", true, "--set", Spools)]
    [InlineData("minimal", true, "--set", "settings.Spool:Urls:0=https://spools.example:9105")]
    [InlineData("minimal", false, "--set", Spools + ",metrics.rules.disabled={FederationSpoolAway}")]
    [InlineData("tenant", false)]
    public async Task AlertOfSpools_IsThere_WhereNodesSpool(string values, bool isThere, params string[] arguments) =>
        Assert.Equal(isThere, ((JsonArray)(await RenderedAsync(values, arguments))["groups"]![0]!["rules"]!).Any(r => (string)r!["alert"]! == "FederationSpoolAway"));

    // A limit that its value says.
    [Fact]
    public async Task Patience_IsTheValues() => Assert.Contains(
        (JsonArray)(await RulesAsync("tenant", "--set", "metrics.rules.pendingMinutes=40"))["groups"]![0]!["rules"]!, r => ((string)r!["expr"]!).EndsWith("> 40 * 60", StringComparison.Ordinal));

    // All that there are.
    private static Task<JsonObject> RulesAsync(string values, params string[] arguments) => RenderedAsync(values, values == "minimal" ? ["--set", Spools, .. arguments] : arguments);

    private static async Task<JsonObject> RenderedAsync(string values, params string[] arguments) =>
        (JsonObject)(await Tool.ObjectsAsync(values, ["--set", "metrics.rules.enabled=true", .. arguments])).Single(o => o.Text("kind") == "PrometheusRule")["spec"]!;

    // JSON is YAML.
    private async Task WriteAsync(JsonObject rules, string cases)
    {
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "rules.yaml"), rules.ToJsonString());
        File.Copy(Path.Combine(Tool.Chart, "tests", cases), Path.Combine(folder.FullName, cases));
    }

    private Task<Outcome> PromtoolAsync(string verb, string what, string file) => Tool.RunAsync(Programs.Promtool, [verb, what, Path.Combine(folder.FullName, file)]);
}
