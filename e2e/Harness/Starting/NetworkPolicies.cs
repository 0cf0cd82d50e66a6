using Federation.Harness.Enforcing;
using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>The enforcer of one datacenter's NetworkPolicies.</summary>
internal sealed class NetworkPolicies(Site site, Readiness readiness)
{
    internal async Task StartAsync(CancellationToken ct)
    {
        var process = new Launcher(site.StateFolder).Start(new Launch(
            site.Component(LocalParts.Enforcer), "dotnet",
            [typeof(NetworkPolicies).Assembly.Location, "enforce", "--kubeconfig", site.PathOf("kubeconfig"), "--pods", site.PodCidr, "--table", site.PathOf("policies.nft")],
            site.LogOf(LocalParts.Enforcer), site.Namespace,
            new Dictionary<string, string> { ["DOTNET_gcServer"] = "0", ["DOTNET_TieredPGO"] = "0" }));
        await readiness.UntilAsync($"{site.Name}: network policies", TimeSpan.FromSeconds(150), async token =>
        {
            var listed = await Command.TryAsync("nsenter", [$"--net=/run/netns/{site.Namespace}", "nft", "list", "table", "ip", PolicyTable.Name], token);
            return listed.ExitCode == 0 ? null : listed.Error;
        }, ct, process, site.LogOf(LocalParts.Enforcer));
    }
}
