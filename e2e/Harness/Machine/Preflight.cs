using System.Net;
using System.Net.NetworkInformation;

namespace Federation.Harness.Machine;

/// <summary>What is looked at before anything is made, so that a refusal leaves nothing behind.</summary>
internal static class Preflight
{
    /// <summary>Images, logs and databases of one datacenter in its first hours, generously.</summary>
    private const long MiBPerDatacenter = 700;

    internal static void RequireRoot()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new HarnessException("root is needed to make network namespaces and cgroups: run as root, or set FEDERATION_KUBECONFIGS to clusters that exist");
    }

    internal static void RequireDisk(string folder, int datacenters)
    {
        var existing = folder;
        while (!Directory.Exists(existing)) existing = Path.GetDirectoryName(existing)!;
        var free = new DriveInfo(existing).AvailableFreeSpace >> 20;
        var needed = MiBPerDatacenter * datacenters + 100;
        if (free < needed)
            throw new HarnessException($"the disk of {folder} has {free} MiB free, {needed} MiB are needed: make room, or choose another place with --state");
    }

    /// <summary>The given port, or a free one, the customary first.</summary>
    internal static int ChoosePort(int? wanted, int customary, IPAddress address)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Where(listener => listener.Address.Equals(address) || listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any))
            .Select(listener => listener.Port).ToHashSet();
        if (wanted is { } port)
            return taken.Contains(port) ? throw new HarnessException($"port {port} is taken: choose another with --chain-port, or leave it out") : port;
        return Enumerable.Range(customary, 1000).First(candidate => !taken.Contains(candidate));
    }
}
