using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Federation.Harness.Machine;

/// <summary>
/// The machine's side of the federation's network: a bridge with a /24 out of 198.18.0.0/15 (set aside for benchmarks,
/// routed nowhere), and per datacenter a network namespace with one cable to the bridge.
/// </summary>
internal sealed record Network(int Index)
{
    private const int Candidates = 64;

    internal string Bridge => $"fed{Index}";

    internal string HostAddress => $"198.18.{Index}.1";

    internal string NameOf(string datacenter) => $"{Bridge}-{datacenter}";

    internal string AddressOf(int datacenter) => $"198.18.{Index}.{10 + datacenter}";

    /// <summary>Whether a federation is up on this machine, or was left on it.</summary>
    internal static bool AnyIsClaimed => Enumerable.Range(0, Candidates).Any(index => Directory.Exists($"/sys/class/net/fed{index}"));

    /// <summary>Indexes whose addresses and bridge nobody on this machine uses, lowest first.</summary>
    internal static async Task<IReadOnlyList<int>> FreeAsync(CancellationToken ct)
    {
        var used = await Command.RunAsync("ip", ["-o", "-4", "addr"], ct) + await Command.RunAsync("ip", ["-4", "route"], ct);
        return [.. Enumerable.Range(0, Candidates)
            .Where(index => !used.Contains($"198.18.{index}.", StringComparison.Ordinal) && !Directory.Exists($"/sys/class/net/fed{index}"))];
    }

    /// <summary>
    /// Makes the bridge, false when another run was faster. Its hardware address is derived from the state folder, so
    /// that whoever cleans up can tell whose bridge it is.
    /// </summary>
    internal async Task<bool> TryClaimAsync(string stateFolder, CancellationToken ct)
    {
        var made = await Command.TryAsync("ip", ["link", "add", Bridge, "address", MacOf(stateFolder), "type", "bridge"], ct);
        if (made.ExitCode != 0 && !Directory.Exists($"/sys/class/net/{Bridge}"))
            throw new HarnessException($"cannot make the bridge {Bridge}: {made.Error.Trim()}");
        if (made.ExitCode != 0) return false;
        await Command.RunAsync("ip", ["addr", "add", $"{HostAddress}/24", "dev", Bridge], ct);
        await Command.RunAsync("ip", ["link", "set", Bridge, "up"], ct);
        return true;
    }

    internal bool IsOurs(string stateFolder) =>
        File.Exists($"/sys/class/net/{Bridge}/address") && File.ReadAllText($"/sys/class/net/{Bridge}/address").Trim() == MacOf(stateFolder);

    /// <summary>Makes a datacenter's namespace and plugs it in.</summary>
    internal async Task PlugAsync(string datacenter, int number, CancellationToken ct)
    {
        var name = NameOf(datacenter);
        await Command.RunAsync("ip", ["netns", "add", name], ct);
        await Command.RunAsync("ip", ["link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name], ct);
        await Command.RunAsync("ip", ["link", "set", name, "master", Bridge, "up"], ct);
        string[][] inside =
        [
            ["link", "set", "lo", "up"], ["addr", "add", $"{AddressOf(number)}/24", "dev", "eth0"],
            ["link", "set", "eth0", "up"], ["route", "add", "default", "via", HostAddress],
        ];
        foreach (var arguments in inside) await Command.RunAsync("ip", ["-n", name, .. arguments], ct);
        // The bridge plugin turns forwarding on with the first pod only; the node is a router from the start.
        await Command.RunAsync("nsenter", [$"--net=/run/netns/{name}", "sysctl", "-qw", "net.ipv4.ip_forward=1"], ct);
    }

    /// <summary>Removes cable and namespace of each datacenter, then the bridge. Nothing is touched when the bridge is another's.</summary>
    internal async Task RemoveAsync(string stateFolder)
    {
        if (Directory.Exists($"/sys/class/net/{Bridge}") && !IsOurs(stateFolder)) return;
        foreach (var name in NamesOf("/sys/class/net")) await Command.TryAsync("ip", ["link", "del", name]);
        foreach (var name in NamesOf("/run/netns")) await Command.TryAsync("ip", ["netns", "del", name]);
        await Command.TryAsync("ip", ["link", "del", Bridge]);
    }

    private List<string> NamesOf(string folder) => !Directory.Exists(folder) ? [] :
        [.. Directory.EnumerateFileSystemEntries(folder, $"{Bridge}-*").Select(path => Path.GetFileName(path))];

    private static string MacOf(string stateFolder)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(stateFolder));
        return string.Join(':', hash.Take(5).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)).Prepend("02"));
    }
}
