using Federation.Harness.Machine;
using Federation.Harness.Starting;

namespace Federation.Harness;

/// <summary>Adds parts to a running federation: programs that <c>status</c> lists, <see cref="Faults"/> breaks and <c>down</c> ends.</summary>
public static class Parts
{
    /// <summary>
    /// Starts a program as a part, e.g. an operator. It outlives the caller; its output is in the log whose path is returned.
    /// </summary>
    /// <param name="name">Its name, e.g. <c>alpha/operator</c>.</param>
    /// <param name="inside">The datacenter in whose network it runs (cut off with it), or null for the machine's network.</param>
    public static string Launch(LocalFederation federation, string name, string program, IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null, Datacenter? inside = null)
    {
        if (OwnedProcesses.Find(federation.StateFolder, name) is not null) throw new HarnessException($"{name} runs already");
        var log = Path.Combine(federation.StateFolder, "log", name.Replace('/', '-') + ".log");
        new Launcher(federation.StateFolder).Start(new Launch(name, program, arguments, log, inside?.Parts.NetworkNamespace,
            environment ?? new Dictionary<string, string>()));
        return log;
    }

    /// <summary>The process id of a running part, or null.</summary>
    public static int? ProcessId(LocalFederation federation, string name) => OwnedProcesses.Find(federation.StateFolder, name)?.Id;

    /// <summary>Loads an image archive (as <c>docker save</c> writes it) into a datacenter, so that its pods can use it.</summary>
    public static Task ImportImageAsync(Datacenter datacenter, string archive, CancellationToken ct = default) =>
        Containers.ImportAsync(new Programs("", ""), datacenter.ContainerdSocket, archive, ct);

    internal static async Task RestoreHardwareAsync(LocalFederation federation, string name, TimeProvider clock, CancellationToken ct)
    {
        var datacenter = federation[name];
        var startedAt = clock.GetUtcNow();
        var keys = new Credentials(Path.Combine(datacenter.Parts.Folder, "keys"));
        using var api = new ApiServer(datacenter.Parts.Address, keys.AuthorityPath, keys.AdminToken);
        await new Readiness(clock).UntilAsync($"{name}: hardware", TimeSpan.FromSeconds(150),
            token => Hardware.RestoreAsync(datacenter, api, startedAt, token), ct);
    }
}
