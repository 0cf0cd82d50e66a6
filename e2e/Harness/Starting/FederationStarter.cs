using System.Net;
using Federation.Harness.Images;
using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>Starts all parts of a federation in parallel, or none.</summary>
internal sealed class FederationStarter(FederationOptions options, TimeProvider clock, IProgress<Step> progress)
{
    private readonly string folder = options.StateFolder;

    private bool StartsDatacenters => options.Kubeconfigs.Count == 0;

    internal async Task<LocalFederation> UpAsync(CancellationToken ct)
    {
        // 1. Refuse before anything is made.
        var programs = Programs.Find(StartsDatacenters);
        if (StartsDatacenters)
        {
            Preflight.RequireRoot();
            Preflight.RequireDisk(folder, options.Datacenters.Count);
        }
        StateLock.RequireOurs(folder);
        using var held = StateLock.Take(folder);
        if (AlreadyUp() is { } running) return running;

        // 2. Clean up what a killed run left.
        var teardown = new Teardown(folder, clock);
        await teardown.RunAsync();
        try
        {
            return await StartAsync(programs, ct);
        }
        catch
        {
            // 3. What was begun is taken down again on any failure; the logs stay for the one who asks why.
            progress.Report(new Step("federation", $"stopped; everything is taken down again, logs stay in {FailureLogs.Keep(folder)}", null));
            await teardown.RunAsync();
            throw;
        }
    }

    private async Task<LocalFederation> StartAsync(Programs programs, CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var network = StartsDatacenters ? await ClaimNetworkAsync(ct) : null;
        if (network is null) new Plan(null, []).Write(folder);
        var address = network?.HostAddress ?? "127.0.0.1";
        var port = Preflight.ChoosePort(options.ChainPort, 8545, IPAddress.Parse(address));

        using var failed = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var chain = new LocalChain(folder, programs, new Readiness(clock), http).StartAsync(options, address, port, failed.Token);
        var datacenters = network is null
            ? ExistingClusters.DescribeAsync(options, programs, failed.Token)
            : StartDatacentersAsync(network, programs, http, failed);
        await AllOrNoneAsync([chain, datacenters], failed);

        var federation = new LocalFederation
        {
            StateFolder = folder, AnvilUrl = await chain, ChainId = options.ChainId, HostAddress = network?.HostAddress,
            Datacenters = await datacenters, ToolsFolder = programs.ToolsFolder,
        };
        federation.Save();
        return federation;
    }

    private async Task<IReadOnlyList<Datacenter>> StartDatacentersAsync(Network network, Programs programs, HttpClient http, CancellationTokenSource failed)
    {
        var made = Path.Combine(folder, "images");
        string[] images =
        [
            .. BusyboxImages.Write(made), await ExportImage.WriteAsync(made, failed.Token), await NamesImage.WriteAsync(programs.Of("dnsmasq"), made, failed.Token),
        ];
        var starts = options.Datacenters.Select((spec, number) =>
            new DatacenterStarter(new Site(folder, network, number, spec, programs, options.ScrapeInterval), clock, http, progress).StartAsync(options.Users, images, failed.Token)).ToList();
        await AllOrNoneAsync(starts, failed);
        return await Task.WhenAll(starts);
    }

    /// <summary>Waits for all; the first failure cancels the others, and is the one that is thrown.</summary>
    private static async Task AllOrNoneAsync(IReadOnlyCollection<Task> starts, CancellationTokenSource failed)
    {
        var left = starts.ToList();
        Task? first = null;
        while (left.Count > 0)
        {
            var done = await Task.WhenAny(left);
            left.Remove(done);
            if (done.IsCompletedSuccessfully || first is not null) continue;
            first = done;
            await failed.CancelAsync();
        }
        if (first is not null) await first;
    }

    private async Task<Network> ClaimNetworkAsync(CancellationToken ct)
    {
        var names = options.Datacenters.Select(spec => spec.Name).ToList();
        foreach (var index in await Network.FreeAsync(ct))
        {
            var network = new Network(index);
            new Plan(index, names).Write(folder);
            if (!await network.TryClaimAsync(folder, ct)) continue;
            await KernelSettings.KeepAsync();
            return network;
        }
        throw new HarnessException("every network that could be used, 198.18.0.0/24 to 198.18.63.0/24, is taken: take other federations down first");
    }

    private LocalFederation? AlreadyUp()
    {
        if (LocalFederation.TryLoad(folder) is not { } running) return null;
        var alive = OwnedProcesses.Find(folder).Select(process => process.Component).ToHashSet();
        if (new Launcher(folder).Components.Any(component => !alive.Contains(component))) return null;
        var wanted = StartsDatacenters ? options.Datacenters.Select(spec => spec.Name) : options.Kubeconfigs;
        var there = running.Datacenters.Select(datacenter => StartsDatacenters ? datacenter.Name : datacenter.KubeconfigPath);
        return wanted.SequenceEqual(there)
            ? running
            : throw new HarnessException($"another federation is up in {folder}, of {string.Join(", ", there)}: take it down first (`make down`)");
    }
}
