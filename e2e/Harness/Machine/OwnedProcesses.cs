using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Federation.Harness.Machine;

/// <summary>A process that a federation started. The start time tells it from a later process with the same id.</summary>
internal sealed record OwnedProcess(int Id, string Component, ulong StartTicks);

/// <summary>
/// Finds and ends what a federation started. Each such process carries the state folder in its environment, which is
/// inherited by what it starts (containerd's shims) and survives the harness; so nothing has to be written down, and
/// neither a kill -9 between start and note nor a reused process id can make us miss one or hit another's.
/// </summary>
internal static partial class OwnedProcesses
{
    internal const string OwnerVariable = "FEDERATION_OWNER";
    internal const string ComponentVariable = "FEDERATION_COMPONENT";

    internal static IReadOnlyList<OwnedProcess> Find(string stateFolder)
    {
        var owner = $"{OwnerVariable}={stateFolder}";
        return [.. AllIds().Select(id => Read(id, owner)).OfType<OwnedProcess>()];
    }

    internal static OwnedProcess? Find(string stateFolder, string component) =>
        Find(stateFolder).Where(process => process.Component == component).MinBy(process => process.StartTicks);

    internal static bool IsAlive(OwnedProcess process) => ReadStart(process.Id) == process.StartTicks;

    /// <summary>Every thread of it stands still; also when it is gone.</summary>
    internal static bool IsStopped(OwnedProcess process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process.Id}/task").All(t => File.ReadLines($"{t}/status").Any(l => l.StartsWith("State:\tT", StringComparison.Ordinal)));
        }
        catch (IOException)
        {
            // A thread ended while it was looked at, or all of them did.
            return !IsAlive(process);
        }
    }

    /// <summary>Sends a signal unless the process is gone already.</summary>
    internal static void Signal(OwnedProcess process, int signal)
    {
        if (IsAlive(process)) _ = Kill(process.Id, signal);
    }

    /// <summary>Kills a process that is, as is looked up again right before, a member of one of the cgroups or of one below.</summary>
    internal static void KillMember(int id, IReadOnlyCollection<string> cgroupRoots)
    {
        try
        {
            var member = File.ReadLines($"/proc/{id}/cgroup").Any(line => cgroupRoots.Any(root =>
                line.EndsWith($":/{root}", StringComparison.Ordinal) || line.Contains($":/{root}/", StringComparison.Ordinal)));
            if (member) _ = Kill(id, Signals.Kill);
        }
        catch (IOException)
        {
            // It has ended by itself.
        }
    }

    private static IReadOnlyList<int> AllIds() =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)];

    /// <summary>Start time in clock ticks since boot, or null when it has ended (a zombie has ended).</summary>
    internal static ulong? ReadStart(int id)
    {
        try
        {
            // The command's name is in brackets and may hold anything; the state and field 22 come after it.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : ulong.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static OwnedProcess? Read(int id, string owner)
    {
        try
        {
            var start = ReadStart(id);
            var variables = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{id}/environ")).Split('\0');
            if (start is null || !variables.Contains(owner)) return null;
            var component = variables.FirstOrDefault(v => v.StartsWith(ComponentVariable + "=", StringComparison.Ordinal));
            return new OwnedProcess(id, component?[(ComponentVariable.Length + 1)..] ?? "", start.Value);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // It ended while we looked, or belongs to somebody else.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

/// <summary>Linux' numbers of the signals that are sent here.</summary>
internal static class Signals
{
    internal const int Interrupt = 2, Kill = 9, Terminate = 15, Continue = 18, Stop = 19;
}
