namespace Federation.Harness.Machine;

/// <summary>Where the programs are that a federation consists of.</summary>
internal sealed record Programs(string KubernetesFolder, string ToolsFolder)
{
    private static readonly string[] Kubernetes =
        ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];

    private static readonly string[] FromDebian =
        ["etcd", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "prometheus", "ip", "iptables", "nft", "nsenter", "setsid", "dnsmasq"];

    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"];

    internal string Of(string program) =>
        Kubernetes.Contains(program) ? Path.Combine(KubernetesFolder, program)
        : Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new HarnessException($"the program {program} is missing: run `make tools`");

    internal string Tool(string program) => Path.Combine(ToolsFolder, program);

    /// <summary>Finds all programs.</summary>
    /// <exception cref="HarnessException">Names the first missing program and what brings it.</exception>
    internal static Programs Find(bool withDatacenters)
    {
        var given = Environment.GetEnvironmentVariable("KUBE_ASSETS");
        var programs = new Programs(
            string.IsNullOrEmpty(given) ? Path.Combine(CacheFolder, "kubernetes", "bin") : Path.GetFullPath(given),
            Environment.GetEnvironmentVariable("FEDERATION_TOOLS") is { Length: > 0 } tools ? tools : Path.Combine(CacheFolder, "tools", "bin"));
        foreach (var tool in new[] { "anvil", "kubectl" })
            if (!File.Exists(programs.Tool(tool))) throw new HarnessException($"{programs.Tool(tool)} is missing: run `make tools`");
        if (!withDatacenters) return programs;
        if (!string.IsNullOrEmpty(given) && !Directory.Exists(given))
            throw new HarnessException($"KUBE_ASSETS is {given}, which is no folder");
        foreach (var program in Kubernetes.Where(name => !IsExecutable(Path.Combine(programs.KubernetesFolder, name))))
            throw new HarnessException(string.IsNullOrEmpty(given)
                ? $"{programs.Of(program)} is missing: run `make kubernetes`, or set KUBE_ASSETS to a folder of Kubernetes programs"
                : $"KUBE_ASSETS is {given}, but there is no executable {program} in it");
        foreach (var program in FromDebian) programs.Of(program);
        if (!File.Exists("/usr/lib/cni/bridge")) throw new HarnessException("the CNI plugin /usr/lib/cni/bridge is missing: run `make tools`");
        if (!File.Exists("/bin/busybox")) throw new HarnessException("/bin/busybox is missing: run `make tools`");
        return programs;
    }

    private static string CacheFolder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "federation");

    private static bool IsExecutable(string path) =>
        File.Exists(path) && File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);
}
