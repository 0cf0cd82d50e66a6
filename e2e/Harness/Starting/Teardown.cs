using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>
/// Ends and removes everything that a federation made, whole or half started, and only that. Safe to repeat: each
/// step looks at the machine, not at memory.
/// </summary>
internal sealed class Teardown(string stateFolder, TimeProvider clock)
{
    private readonly Readiness readiness = new(clock);

    internal async Task RunAsync()
    {
        var plan = Plan.Read(stateFolder);
        var network = plan?.NetworkIndex is { } index ? new Network(index) : null;
        var roots = network is null ? [] : plan!.Datacenters.Select(network.NameOf).ToList();

        await EndProcessesAsync(roots);
        RemoveShimSockets();
        await Mounts.RemoveAsync(stateFolder);
        await readiness.UntilAsync("removal of cgroups", TimeSpan.FromSeconds(150), _ =>
        {
            foreach (var root in roots) Cgroups.Remove(root);
            return Task.FromResult(roots.Any(Cgroups.Exists) ? "a cgroup is still busy" : null);
        }, CancellationToken.None);
        if (network is not null)
        {
            await network.RemoveAsync(stateFolder);
            await KernelSettings.RestoreUnlessUsedAsync();
        }
        if (plan is not null) RemoveFolder();
    }

    /// <summary>Those that start others go first; then the pods' own processes, which lose their parents only by that.</summary>
    private async Task EndProcessesAsync(List<string> cgroupRoots)
    {
        await readiness.UntilAsync("the end of all processes", TimeSpan.FromSeconds(150), _ =>
        {
            var left = OwnedProcesses.Find(stateFolder);
            foreach (var process in left) OwnedProcesses.Signal(process, Signals.Kill);
            var inPods = cgroupRoots.SelectMany(Cgroups.ProcessIds).ToList();
            foreach (var id in inPods) OwnedProcesses.KillMember(id, cgroupRoots);
            return Task.FromResult(left.Count + inPods.Count == 0 ? null : $"{left.Count + inPods.Count} still run");
        }, CancellationToken.None);
    }

    /// <summary>A shim's socket is in a folder of the whole machine; killed, it leaves it there.</summary>
    private void RemoveShimSockets()
    {
        if (!Directory.Exists(stateFolder)) return;
        foreach (var datacenter in Directory.EnumerateDirectories(stateFolder))
        {
            var tasks = Path.Combine(datacenter, "containerd", "state", "io.containerd.runtime.v2.task", "k8s.io");
            if (!Directory.Exists(tasks)) continue;
            foreach (var bundle in Directory.EnumerateDirectories(tasks))
            {
                var note = Path.Combine(bundle, "address");
                if (!File.Exists(note)) continue;
                var socket = File.ReadAllText(note).Trim().Replace("unix://", "", StringComparison.Ordinal);
                if (socket.StartsWith("/run/containerd/s/", StringComparison.Ordinal)) File.Delete(socket);
            }
        }
    }

    /// <summary>The plan goes last: as long as anything is left, the next run knows of it.</summary>
    private void RemoveFolder()
    {
        if (!Directory.Exists(stateFolder)) return;
        foreach (var folder in Directory.EnumerateDirectories(stateFolder)) Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.EnumerateFiles(stateFolder).OrderBy(path => path.EndsWith("plan.json", StringComparison.Ordinal)))
            if (!file.EndsWith(StateLock.FileName, StringComparison.Ordinal)) File.Delete(file);
    }
}
