namespace Federation.Harness.Machine;

/// <summary>Cgroup folders of a datacenter, for version 1 (a folder in every hierarchy) and version 2 (one).</summary>
internal static class Cgroups
{
    private const string Mount = "/sys/fs/cgroup";
    private static readonly string[] Controllers =
        ["cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio", "hugetlb", "systemd"];

    internal static bool IsVersion2 => File.Exists($"{Mount}/cgroup.controllers");

    /// <summary>The folder of a cgroup that holds a controller's accounting.</summary>
    internal static string FolderOf(string controller, string root) => IsVersion2 ? $"{Mount}/{root}" : $"{Mount}/{controller}/{root}";

    /// <summary>Folders in which a datacenter's kubelet makes those of its pods.</summary>
    internal static IReadOnlyList<string> PodFolders(string controller, Datacenter datacenter) =>
        [.. new[] { "kubepods", "kubepods/burstable", "kubepods/besteffort" }.Select(quality => Path.Combine(FolderOf(controller, datacenter.CgroupRoot), quality))];

    internal static void Create(string root)
    {
        foreach (var folder in IsVersion2 ? Folders(root) : Folders(root).Where(path => Controllers.Contains(path.Split('/')[4])))
            Directory.CreateDirectory(folder);
        if (IsVersion2)
        {
            var enabled = "+" + string.Join(" +", File.ReadAllText($"{Mount}/cgroup.controllers").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
            File.WriteAllText($"{Mount}/cgroup.subtree_control", enabled);
            File.WriteAllText($"{Mount}/{root}/cgroup.subtree_control", enabled);
            return;
        }
        // A new cpuset is empty and takes no process until it has CPUs and memory nodes.
        foreach (var file in new[] { "cpuset.cpus", "cpuset.mems" })
            if (File.Exists($"{Mount}/cpuset/{file}")) File.WriteAllText($"{Mount}/cpuset/{root}/{file}", File.ReadAllText($"{Mount}/cpuset/{file}"));
    }

    internal static IReadOnlyList<int> ProcessIds(string root) =>
        [.. Folders(root).SelectMany(Subfolders).SelectMany(folder => ReadLines($"{folder}/cgroup.procs")).Select(int.Parse).Distinct()];

    /// <summary>Removes the empty folders, innermost first.</summary>
    internal static void Remove(string root)
    {
        foreach (var folder in Folders(root).SelectMany(Subfolders).OrderByDescending(path => path.Length))
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (IOException)
            {
                // A process in it is still ending: the caller looks again.
            }
        }
    }

    internal static bool Exists(string root) => Folders(root).Any(Directory.Exists);

    /// <summary>One per hierarchy, also in those where only the container runtime makes one (version 2's beside version 1).</summary>
    private static IEnumerable<string> Folders(string root) => IsVersion2
        ? [$"{Mount}/{root}"]
        : Directory.EnumerateDirectories(Mount).Select(hierarchy => $"{hierarchy}/{root}");

    private static IEnumerable<string> Subfolders(string folder) => !Directory.Exists(folder) ? [] :
        Directory.EnumerateDirectories(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Prepend(folder);

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
