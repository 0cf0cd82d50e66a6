namespace Federation.Harness.Machine;

/// <summary>Mounts below a folder.</summary>
internal static class Mounts
{
    internal static IReadOnlyList<string> Below(string folder) =>
        [.. File.ReadLines("/proc/mounts")
            .Select(line => line.Split(' ')[1].Replace("\\040", " ", StringComparison.Ordinal))
            .Where(path => path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal))
            .OrderByDescending(path => path.Length)];

    /// <summary>Unmounts all of them, innermost first; one that is still busy goes when its last user does.</summary>
    internal static async Task RemoveAsync(string folder)
    {
        foreach (var path in Below(folder)) await Command.TryAsync("umount", ["-l", path]);
    }
}
