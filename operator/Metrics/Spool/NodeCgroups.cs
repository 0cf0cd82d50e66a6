using System.Buffers.Text;

namespace Federation.Metrics.Spool;

/// <summary>The pods' cgroups of a node and what the kernel counts in them: the figures that cAdvisor shows, read where it reads them.</summary>
internal sealed class NodeCgroups
{
    // memory.stat, the longest of the files, takes some 2 KiB.
    private const int MostBytes = 16 * 1024;

    // Version 1 mounts them apart or together.
    private static readonly string[] Accounting = ["cpuacct", "cpu,cpuacct", "cpuacct,cpu"];

    private readonly string cpu;
    private readonly string memory;
    private readonly bool isVersion2;

    private NodeCgroups(string cpu, string memory, bool isVersion2) => (this.cpu, this.memory, this.isVersion2) = (cpu, memory, isVersion2);

    /// <returns>Null when neither version's accounting is mounted there.</returns>
    public static NodeCgroups? Find(string mount)
    {
        if (File.Exists(Path.Combine(mount, "cgroup.controllers"))) return new NodeCgroups(mount, mount, isVersion2: true);
        var cpu = Accounting.Select(c => Path.Combine(mount, c)).FirstOrDefault(Directory.Exists);
        return cpu is null ? null : new NodeCgroups(cpu, Path.Combine(mount, "memory"), isVersion2: false);
    }

    /// <summary>Paths of the cgroups of the pods that are there now.</summary>
    /// <exception cref="IOException">They cannot be listed: that says nothing of which there are.</exception>
    public IEnumerable<string> Pods(string root) => PodsBelow(root, root, isTop: true);

    public bool IsThere(string path) => Directory.Exists(Path.Combine(cpu, path[1..]));

    /// <returns>Null when the pod is gone, or cannot be looked at.</returns>
    public ulong? CpuNanoSeconds(string path) => isVersion2
        ? Number(Path.Combine(cpu, path[1..], "cpu.stat"), "usage_usec "u8) * 1000
        : Number(Path.Combine(cpu, path[1..], "cpuacct.usage"), []);

    /// <returns>Bytes in use without those that the kernel would give up first; null when the pod is gone.</returns>
    public ulong? WorkingSet(string path)
    {
        var folder = Path.Combine(memory, path[1..]);
        var used = Number(Path.Combine(folder, isVersion2 ? "memory.current" : "memory.usage_in_bytes"), []);
        var inactive = Number(Path.Combine(folder, "memory.stat"), isVersion2 ? "inactive_file "u8 : "total_inactive_file "u8);
        return used is null || inactive is null ? null : used > inactive ? used - inactive : 0;
    }

    // The kubelet's own: kubepods, of whichever driver, its classes of service, and the pods in them.
    private IEnumerable<string> PodsBelow(string path, string root, bool isTop)
    {
        foreach (var name in Folders(Path.Combine(cpu, path.TrimStart('/'))))
        {
            var below = $"{path}/{name}";
            if (PodCgroup.Parse(below, root) is { IsPod: true }) yield return below;
            else if (isTop ? IsKubepods(name) : IsClass(name))
                foreach (var pod in PodsBelow(below, root, isTop: false)) yield return pod;
        }
    }

    private static bool IsKubepods(string name) => name is "kubepods" or "kubepods.slice" || name.EndsWith("-kubepods.slice", StringComparison.Ordinal);

    private static bool IsClass(string name) => name is "burstable" or "besteffort"
        || name.EndsWith("kubepods-burstable.slice", StringComparison.Ordinal) || name.EndsWith("kubepods-besteffort.slice", StringComparison.Ordinal);

    private static string[] Folders(string path)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(path).Select(p => Path.GetFileName(p)!)];
        }
        catch (DirectoryNotFoundException)
        {
            return []; // No pod of the kind yet, or the last one went just now.
        }
    }

    /// <summary>The number after <paramref name="name"/> at the begin of a line; of the file's first line without one.</summary>
    private static ulong? Number(string path, ReadOnlySpan<byte> name)
    {
        try
        {
            Span<byte> buffer = stackalloc byte[MostBytes];
            var text = buffer[..Read(path, buffer)];
            foreach (var line in text.Split((byte)'\n'))
                if (text[line].StartsWith(name) && Utf8Parser.TryParse(text[line][name.Length..], out ulong number, out _)) return number;
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // Gone between being listed and being read, or there and denied: the caller looks which.
        }
    }

    private static int Read(string path, Span<byte> buffer)
    {
        using var file = File.OpenHandle(path);
        var length = 0;
        for (int read; length < buffer.Length && (read = RandomAccess.Read(file, buffer[length..], length)) > 0;) length += read;
        return length;
    }
}
