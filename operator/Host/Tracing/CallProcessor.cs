using System.Diagnostics;
using OpenTelemetry;

namespace Federation.Host.Tracing;

/// <summary>
/// Leaves of the runtime's spans of HTTP calls what tells where the time went. Their addresses go: those of nodes and stores hold access
/// keys, in paths as well as in queries.
/// </summary>
/// <param name="source">Of the spans of calls.</param>
internal sealed class CallProcessor(string source) : BaseProcessor<Activity>
{
    private static readonly HashSet<string> Kept = ["http.request.method", "http.response.status_code", "server.address", "server.port", "network.protocol.version", "error.type"];

    public override void OnEnd(Activity data)
    {
        if (data.Source.Name != source) return;
        foreach (var (name, _) in data.TagObjects.ToArray())
            if (!Kept.Contains(name)) data.SetTag(name, null);
    }
}
