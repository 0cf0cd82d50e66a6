using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>Starts one datacenter, each part as soon as what it needs is ready.</summary>
internal sealed class DatacenterStarter(Site site, TimeProvider clock, HttpClient http, IProgress<Step> progress)
{
    private readonly Readiness readiness = new(clock);

    internal async Task<Datacenter> StartAsync(IReadOnlyList<TokenUser> users, IReadOnlyList<string> images, CancellationToken ct)
    {
        Directory.CreateDirectory(site.LogFolder);
        var control = new ControlPlane(site, readiness);
        var token = control.PrepareCredentials(users, clock.GetUtcNow());
        using var api = new ApiServer(site.Address, site.Credentials.AuthorityPath, token);
        await site.Network.PlugAsync(site.Name, site.Number, ct);

        var containers = StepAsync("containerd and images", () => new Containers(site, readiness).StartAsync(images, ct));
        var plane = StepAsync("etcd and API server", async () =>
        {
            await control.StartEtcdAsync(ct);
            await control.StartApiServerAsync(api, ct);
            control.StartControllers();
        });
        await Task.WhenAll(containers, plane);
        var node = StepAsync("node", async () =>
        {
            await new Node(site, readiness).StartAsync(api, ct);
            await readiness.UntilAsync($"{site.Name}: hardware", TimeSpan.FromSeconds(150), t => Hardware.ApplyAsync(site, api, t), ct);
        });
        var metering = StepAsync("Prometheus", () => new Metering(site, readiness, http).StartAsync(api, ct));
        var policies = StepAsync("network policies", () => new NetworkPolicies(site, readiness).StartAsync(ct));
        var names = StepAsync("names", () => new NameService(site, readiness).StartAsync(api, node, ct));
        await Task.WhenAll(node, metering, policies, names);
        return site.Describe(users);
    }

    private async Task StepAsync(string what, Func<Task> start)
    {
        var begin = clock.GetTimestamp();
        progress.Report(new Step(site.Name, what, null));
        await start();
        progress.Report(new Step(site.Name, what, clock.GetElapsedTime(begin)));
    }
}
