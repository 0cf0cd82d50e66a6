using Federation.Harness.Machine;

namespace Federation.Scenarios.Harness;

/// <summary>Everything on the machine that a federation could leave behind.</summary>
internal static class MachineTraces
{
    /// <summary>Network namespaces, interfaces, cgroups, mounts, shims' sockets, firewall rules and changed kernel settings, each as a line.</summary>
    internal static async Task<IReadOnlySet<string>> TakeAsync()
    {
        List<string> traces = [];
        traces.AddRange(Entries("/run/netns"));
        traces.AddRange(Entries("/sys/class/net"));
        traces.AddRange(Entries("/run/containerd/s"));
        traces.AddRange(Directory.EnumerateDirectories("/sys/fs/cgroup").SelectMany(Entries).Where(path => Directory.Exists(path)));
        traces.AddRange(File.ReadLines("/proc/mounts").Select(line => $"mount {line.Split(' ')[1]}"));
        traces.AddRange((await Command.RunAsync("iptables-save", [])).Split('\n').Where(line => line.StartsWith("-A", StringComparison.Ordinal)));
        traces.AddRange(KernelSettings.Read().Select(setting => $"{setting.Key}={setting.Value}"));
        return traces.ToHashSet();
    }

    /// <summary>Fails when something of the federation in this folder is left, or the machine has anything that it had not before.</summary>
    internal static async Task AssertNothingLeftAsync(string stateFolder, IReadOnlySet<string> before)
    {
        Assert.Empty(OwnedProcesses.Find(stateFolder));
        Assert.False(Directory.Exists(stateFolder), $"{stateFolder} is still there");
        // Other programs on the machine come and go; what is ours would stay.
        await Eventually.HoldsAsync("a machine as it was before", async () =>
        {
            var more = (await TakeAsync()).Except(before).ToList();
            return more.Count == 0 ? null : string.Join(", ", more);
        });
    }

    private static IEnumerable<string> Entries(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder) : [];
}
