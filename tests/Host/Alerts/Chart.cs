using System.Diagnostics;
using System.Text.Json.Nodes;
using Federation.Chain.Tests.Support;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>What the chart of this repository gives to Prometheus and Grafana.</summary>
internal static class Chart
{
    private static readonly string Folder = Path.Combine(Repository.Root, "charts", "federation-operator");

    /// <summary>Where alerts say that their runbooks are.</summary>
    public const string Runbooks = "operator/docs/runbooks/";

    /// <summary>Rendered without a cluster, as one that has Prometheus' operator.</summary>
    public static async Task<IReadOnlyList<JsonObject>> RenderAsync(string values, params string[] arguments)
    {
        using var helm = Process.Start(new ProcessStartInfo(Programs.Helm,
            ["template", "federation", Folder, "--namespace", "federation-system", "--values", Path.Combine(Folder, "ci", values + "-values.yaml"), "--api-versions", "monitoring.coreos.com/v1", "--api-versions", "cert-manager.io/v1", .. arguments])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = helm.StandardOutput.ReadToEndAsync();
        var errors = await helm.StandardError.ReadToEndAsync();
        await helm.WaitForExitAsync();
        Assert.True(helm.ExitCode == 0, errors);
        return [.. YamlToJson.Read(await output).OfType<JsonObject>()];
    }

    /// <summary>Each query of each dashboard's panels, with what Grafana puts in the place of its variables.</summary>
    public static async Task<IReadOnlyList<PanelQuery>> QueriesAsync(string values)
    {
        var boards = (await RenderAsync(values)).Where(o => (string?)o["metadata"]?["labels"]?["grafana_dashboard"] == "1");
        return
        [
            .. from config in boards
               let board = JsonNode.Parse((string)((JsonObject)config["data"]!).Single().Value!)!
               from panel in board["panels"]!.AsArray()
               from target in panel!["targets"]!.AsArray()
               select new PanelQuery((string)board["title"]!, (string)panel["title"]!, ((string)target!["expr"]!).Replace("$namespace", ".*", StringComparison.Ordinal)),
        ];
    }
}

/// <param name="Board">Title of the dashboard.</param>
/// <param name="Panel">Title of the panel.</param>
internal sealed record PanelQuery(string Board, string Panel, string Expression);
