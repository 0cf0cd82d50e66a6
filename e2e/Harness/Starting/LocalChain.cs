using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>Anvil: one local chain for the whole federation, whose blocks come by time and are final two blocks later.</summary>
internal sealed class LocalChain(string stateFolder, Programs programs, Readiness readiness, HttpClient http)
{
    internal const string Component = "anvil";

    internal static string StatePath(string stateFolder) => Path.Combine(stateFolder, "chain.json");

    internal async Task<string> StartAsync(FederationOptions options, string address, int port, CancellationToken ct)
    {
        var log = Path.Combine(stateFolder, "log", "anvil.log");
        var process = new Launcher(stateFolder).Start(new Launch(Component, programs.Tool("anvil"),
        [
            "--host", address, "--port", $"{port}", "--chain-id", $"{options.ChainId}",
            "--block-time", $"{options.BlockTime.TotalSeconds:0.###}", "--slots-in-an-epoch", "1",
            // Written now and then and at its end, read at every start. Not more often than asked: the file grows with the
            // chain, and writing it stops the chain. Past states stay out of it, they would make it hundreds of times larger.
            "--state", StatePath(stateFolder), "--state-interval", $"{Math.Max(1, (int)options.ChainDumpInterval.TotalSeconds)}",
        ], log, null, new Dictionary<string, string>()));
        var url = $"http://{address}:{port}";
        await readiness.UntilAsync("anvil", TimeSpan.FromSeconds(150), token => LookAsync(url, options.ChainId, token), ct, process, log);
        return url;
    }

    internal async Task<string?> LookAsync(string url, int chainId, CancellationToken ct)
    {
        var answer = await CallAsync(url, "eth_chainId", ct);
        return Convert.ToInt32(answer, 16) == chainId ? null : $"{url} answers chain id {answer}";
    }

    internal async Task<long> HeadAsync(string url, CancellationToken ct) => Convert.ToInt64(await CallAsync(url, "eth_blockNumber", ct), 16);

    private async Task<string> CallAsync(string url, string method, CancellationToken ct)
    {
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = new JsonArray() };
        using var answer = await http.PostAsJsonAsync(url, request, ct);
        var body = await answer.Content.ReadFromJsonAsync<JsonNode>(ct);
        return (string?)body?["result"] ?? throw new HarnessException($"{url} answers {body?.ToJsonString()} to {method}");
    }
}
