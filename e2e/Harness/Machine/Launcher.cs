using System.Diagnostics;
using System.Text.Json;

namespace Federation.Harness.Machine;

/// <summary>How one long-running part is started; kept in a file so that it can be started again in the same way.</summary>
/// <param name="Component">Its name, e.g. <c>alpha/etcd</c> or <c>anvil</c>.</param>
/// <param name="NetworkNamespace">Name under /run/netns, or null for the machine's own network.</param>
internal sealed record Launch(
    string Component, string File, IReadOnlyList<string> Arguments, string LogPath, string? NetworkNamespace,
    IReadOnlyDictionary<string, string> Environment);

/// <summary>Starts parts that outlive the harness, in their own session, with their output in a log file.</summary>
internal sealed class Launcher(string stateFolder)
{
    // nsenter, not `ip netns exec`: the latter mounts a new /sys without the cgroups, and a kubelet dies there.
    private const string Script = "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null";

    internal OwnedProcess Start(Launch launch)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(launch.LogPath)!);
        var note = NotePath(launch.Component);
        Directory.CreateDirectory(Path.GetDirectoryName(note)!);
        System.IO.File.WriteAllText(note, JsonSerializer.Serialize(launch));

        List<string> arguments = ["-c", Script, "sh", launch.LogPath, "setsid"];
        if (launch.NetworkNamespace is { } name) arguments.AddRange(["nsenter", $"--net=/run/netns/{name}"]);
        var start = new ProcessStartInfo("/bin/sh", [.. arguments, launch.File, .. launch.Arguments]) { WorkingDirectory = "/" };
        foreach (var (key, value) in launch.Environment) start.Environment[key] = value;
        start.Environment[OwnedProcesses.OwnerVariable] = stateFolder;
        start.Environment[OwnedProcesses.ComponentVariable] = launch.Component;
        using var process = Process.Start(start)!;
        return new OwnedProcess(process.Id, launch.Component, OwnedProcesses.ReadStart(process.Id) ?? 0);
    }

    /// <summary>Starts a part again as it was started first.</summary>
    /// <exception cref="HarnessException">No such part was ever started.</exception>
    internal OwnedProcess StartAgain(string component)
    {
        var note = NotePath(component);
        if (!System.IO.File.Exists(note)) throw new HarnessException($"there is no part named {component}; known: {string.Join(", ", Components)}");
        return Start(JsonSerializer.Deserialize<Launch>(System.IO.File.ReadAllText(note))!);
    }

    /// <summary>Names of all parts that were started, running or not.</summary>
    internal IReadOnlyList<string> Components => !Directory.Exists(NoteFolder) ? [] :
        [.. Directory.EnumerateFiles(NoteFolder, "*.json", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(NoteFolder, path)[..^".json".Length]).Order()];

    internal string LogPathOf(string component) =>
        JsonSerializer.Deserialize<Launch>(System.IO.File.ReadAllText(NotePath(component)))!.LogPath;

    private string NoteFolder => Path.Combine(stateFolder, "parts");

    private string NotePath(string component) => Path.Combine(NoteFolder, component + ".json");
}
