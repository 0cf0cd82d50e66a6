using Federation.Harness.Machine;
using Federation.Harness.Starting;

namespace Federation.Harness;

/// <summary>What one look at a part found.</summary>
/// <param name="Detail">What is wrong; empty when it is well.</param>
public sealed record PartHealth(string Part, bool IsWell, string Detail, string Where);

/// <summary>Looks at a running federation from outside: processes, API servers, nodes, Prometheus, the chain's head.</summary>
public static class FederationHealth
{
    public static async Task<IReadOnlyList<PartHealth>> LookAsync(LocalFederation federation, CancellationToken ct = default)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        List<Task<PartHealth>> looks = [LookAsync("chain", federation.AnvilUrl, async () =>
        {
            var chain = new LocalChain(federation.StateFolder, new Programs("", federation.ToolsFolder), new Readiness(TimeProvider.System), http);
            return await chain.LookAsync(federation.AnvilUrl, federation.ChainId, ct) ?? (await chain.HeadAsync(federation.AnvilUrl, ct) >= 0 ? null : "no block");
        })];
        foreach (var datacenter in federation.Datacenters)
        {
            looks.Add(LookAsync($"{datacenter.Name}: nodes", datacenter.KubeconfigPath, () => NodesAsync(federation, datacenter, ct)));
            if (datacenter.PrometheusUrl is { } url)
                looks.Add(LookAsync($"{datacenter.Name}: Prometheus", url, async () =>
                {
                    using var answer = await http.GetAsync($"{url}/-/ready", ct);
                    return answer.IsSuccessStatusCode ? null : $"answers {(int)answer.StatusCode}";
                }));
        }
        return [.. Processes(federation), .. await Task.WhenAll(looks)];
    }

    private static IEnumerable<PartHealth> Processes(LocalFederation federation)
    {
        var launcher = new Launcher(federation.StateFolder);
        var alive = OwnedProcesses.Find(federation.StateFolder).ToLookup(process => process.Component);
        foreach (var component in launcher.Components)
        {
            var runs = alive[component].MinBy(process => process.StartTicks);
            yield return new PartHealth(component, runs is not null, runs is null ? "does not run" : "", launcher.LogPathOf(component));
        }
    }

    private static async Task<string?> NodesAsync(LocalFederation federation, Datacenter datacenter, CancellationToken ct)
    {
        const string Ready = "{range .items[*]}{.status.conditions[?(@.type==\"Ready\")].status} {end}";
        var states = await Command.RunAsync(Path.Combine(federation.ToolsFolder, "kubectl"),
            ["--kubeconfig", datacenter.KubeconfigPath, "--request-timeout=5s", "get", "nodes", "-o", $"jsonpath={Ready}"], ct);
        var words = states.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 0 && words.All(word => word == "True") ? null : $"{words.Count(word => word == "True")} of {words.Length} Ready";
    }

    private static async Task<PartHealth> LookAsync(string part, string where, Func<Task<string?>> look)
    {
        try
        {
            var wrong = await look();
            return new PartHealth(part, wrong is null, wrong ?? "", where);
        }
        catch (Exception error) when (error is HttpRequestException or HarnessException or TaskCanceledException)
        {
            return new PartHealth(part, false, error.Message, where);
        }
    }
}
