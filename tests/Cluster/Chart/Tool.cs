using System.Diagnostics;
using System.Text.Json.Nodes;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Chart;

/// <summary>What a program said.</summary>
internal sealed record Outcome(int Code, string Output, string Errors)
{
    /// <summary>Its output when it went well.</summary>
    public string Good
    {
        get
        {
            Assert.True(Code == 0, Errors + Output);
            return Output;
        }
    }
}

/// <summary>The real helm and promtool on the chart of this repository.</summary>
internal static class Tool
{
    public const string Space = "federation-system";

    public static string Chart { get; } = Path.Combine(Golden.Root(), "charts", "federation-operator");

    public static string Values(string name) => Path.Combine(Chart, "ci", name + "-values.yaml");

    public static Task<Outcome> HelmAsync(params string[] arguments) => RunAsync(Programs.Helm, arguments);

    /// <summary>Renders without a cluster, as one that serves what the whole chart needs.</summary>
    public static Task<Outcome> TemplateAsync(string values, params string[] arguments) => HelmAsync(
    [
        "template", "federation", Chart, "--namespace", Space, "--values", Values(values),
        "--api-versions", "monitoring.coreos.com/v1", "--api-versions", "cert-manager.io/v1", .. arguments,
    ]);

    public static async Task<IReadOnlyList<JsonObject>> ObjectsAsync(string values, params string[] arguments) =>
        [.. YamlToJson.Read((await TemplateAsync(values, arguments)).Good).OfType<JsonObject>()];

    /// <summary>What kubectl says of a definition that is not served yet.</summary>
    public static bool IsUnknownKind(Outcome outcome) =>
        outcome.Errors.Contains("no matches for kind", StringComparison.Ordinal) || outcome.Errors.Contains("could not find the requested resource", StringComparison.Ordinal);

    public static async Task<Outcome> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, await output, errors);
    }
}
