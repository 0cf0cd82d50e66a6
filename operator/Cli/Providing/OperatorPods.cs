using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cli.Access;
using Federation.Cli.Output;

namespace Federation.Cli.Providing;

/// <summary>Why an operator's pods do not run, as their cluster says it: in one that does not, no doctor can be run.</summary>
internal static class OperatorPods
{
    /// <param name="there">The flags by which kubectl finds the cluster and the namespace.</param>
    /// <returns>For people; null where one is ready, and where nobody says.</returns>
    public static async Task<string?> NotReadyAsync(Surroundings here, IReadOnlyList<string> there, string deployment, string space, CancellationToken cancellation)
    {
        if (await ListAsync(["get", "pods", "--selector", $"app.kubernetes.io/name={deployment}"]) is not { } pods || pods.Any(IsReady)) return null;
        var warnings = await ListAsync(["get", "events", "--field-selector", "type=Warning,involvedObject.kind=Pod"]) ?? [];
        string[] lines =
        [
            pods.Count == 0 ? $"There is no pod of {deployment} in {space}." : $"No pod of {deployment} in {space} is ready:",
            .. pods.Select(p => $"  {NameOf(p)}: {Why(p, warnings)}"),
            $"Where none runs, a pod of the doctor's own looks: helm test RELEASE --namespace {space} --logs, with the release's name from helm list --namespace {space}.",
        ];
        return string.Join('\n', lines);

        async Task<IReadOnlyList<JsonObject>?> ListAsync(string[] what)
        {
            if (await Kubectl.AskAsync(here, [.. there, .. what, "--output", "json", "--request-timeout=10s"], cancellation) is not { } said) return null;
            try
            {
                return [.. (JsonNode.Parse(said)?["items"] as JsonArray ?? []).OfType<JsonObject>()];
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    private static string Why(JsonObject pod, IReadOnlyList<JsonObject> warnings)
    {
        var status = pod["status"] as JsonObject ?? [];
        var container = (status["containerStatuses"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault();
        var (waiting, ended) = (container?["state"]?["waiting"], container?["state"]?["terminated"] ?? container?["lastState"]?["terminated"]);
        string[] all =
        [
            .. Conditions(pod).Where(c => (string?)c["type"] == "PodScheduled" && (string?)c["status"] == "False").Select(Said),
            .. waiting is JsonObject state ? [$"waits, {Said(state)}"] : Array.Empty<string>(),
            // The last lines of its log: what it refuses to start with.
            .. ended is JsonObject end ? [$"ended with {(int?)end["exitCode"] ?? -1}, {Said(end)}"] : Array.Empty<string>(),
            .. warnings.Where(w => (string?)w["involvedObject"]?["uid"] == (string?)pod["metadata"]?["uid"]).OrderBy(w => (string?)w["lastTimestamp"] ?? (string?)w["eventTime"], StringComparer.Ordinal).TakeLast(1).Select(Said),
        ];
        return all.Length > 0 ? string.Join("; ", all.Select(Printable.Line)) : $"its phase is {(string?)status["phase"] ?? "not known"}, and it is not ready";
    }

    private static string Said(JsonObject by) => string.Join(": ", new[] { (string?)by["reason"], ((string?)by["message"])?.Trim() }.Where(t => !string.IsNullOrEmpty(t)));

    private static bool IsReady(JsonObject pod) => Conditions(pod).Any(c => (string?)c["type"] == "Ready" && (string?)c["status"] == "True");

    private static IEnumerable<JsonObject> Conditions(JsonObject pod) => (pod["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>();

    private static string NameOf(JsonObject pod) => (string?)pod["metadata"]?["name"] ?? "";
}
