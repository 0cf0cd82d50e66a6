using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Chart;

/// <summary>What the dashboards ask Prometheus, as its own parser reads it.</summary>
public sealed class DashboardTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-dashboards-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("full", 20)]
    [InlineData("tenant-full", 10)]
    public async Task EveryQuery_IsRead(string values, int least)
    {
        var queries = await QueriesAsync(values);
        Assert.True(queries.Length > least, $"{queries.Length} queries");
        Assert.Contains("SUCCESS", (await CheckAsync(queries)).Good, StringComparison.Ordinal);
        // What cannot be read is noticed, wherever it stands.
        Assert.NotEqual(0, (await CheckAsync([.. queries, "sum by (kind (up)"])).Code);
    }

    // Each mode has its own, and lets one choose among operators of its own.
    [Theory]
    [InlineData("full", "federation_leading")]
    [InlineData("tenant-full", "federation_tenant_leading")]
    public async Task Namespaces_AreThoseWhereSuchAnOperatorIs(string values, string series)
    {
        var boards = await BoardsAsync(values);
        Assert.NotEmpty(boards);
        Assert.All(boards, b => Assert.Equal($"label_values({series}, namespace)", (string?)b["templating"]!["list"]![1]!["query"]));
    }

    private static async Task<JsonNode[]> BoardsAsync(string values)
    {
        var boards = (await Tool.ObjectsAsync(values)).Where(o => o.Text("metadata", "labels", "grafana_dashboard") == "1");
        return [.. boards.Select(b => JsonNode.Parse((string)((JsonObject)b["data"]!).Single().Value!)!)];
    }

    private static async Task<string[]> QueriesAsync(string values)
    {
        return
        [
            .. (await BoardsAsync(values)).SelectMany(b => (JsonArray)b["panels"]!).SelectMany(p => (JsonArray)p!["targets"]!).Select(t => (string)t!["expr"]!),
        ];
    }

    // What Grafana puts in the place of its variables.
    private static string Filled(string query) => query
        .Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$__interval", "1m", StringComparison.Ordinal).Replace("$__range", "1h", StringComparison.Ordinal)
        .Replace("$namespace", "federation-system", StringComparison.Ordinal);

    // JSON is YAML.
    private async Task<Outcome> CheckAsync(IEnumerable<string> queries)
    {
        var rules = queries.Select((q, i) => (JsonNode)new JsonObject { ["record"] = $"dashboard:query:{i}", ["expr"] = Filled(q) });
        var file = Path.Combine(folder.FullName, "queries.yaml");
        await File.WriteAllTextAsync(file, new JsonObject { ["groups"] = new JsonArray(new JsonObject { ["name"] = "dashboards", ["rules"] = new JsonArray([.. rules]) }) }.ToJsonString());
        return await Tool.RunAsync(Programs.Promtool, ["check", "rules", file]);
    }
}
