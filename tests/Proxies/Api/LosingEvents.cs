using System.Text.Json.Nodes;

namespace Federation.Proxies.Api;

/// <summary>Events of watches are lost on the way; the watches go on as if nothing had been.</summary>
/// <param name="which">Given type and object; null: all but bookmarks, which then tell of versions whose events never came.</param>
public sealed class LosingEvents(Func<string, JsonNode, bool>? which = null) : Fault
{
    private int lost;

    public int Lost => lost;

    public override Task<bool> LetsPassAsync(Exchange exchange, string line)
    {
        var told = line.Length == 0 ? null : JsonNode.Parse(line);
        var type = (string?)told?["type"] ?? "";
        var loses = type is not ("" or "BOOKMARK" or "ERROR") && which?.Invoke(type, told!["object"]!) != false;
        if (loses) Interlocked.Increment(ref lost);
        return Task.FromResult(!loses);
    }
}
