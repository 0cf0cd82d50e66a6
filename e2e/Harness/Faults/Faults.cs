using System.Text.Json;
using Federation.Harness.Machine;
using Federation.Harness.Starting;

namespace Federation.Harness;

/// <summary>
/// Breaks and mends parts of a running federation. A part is named as in <c>status</c>: <c>alpha/kube-apiserver</c>,
/// <c>bravo/prometheus</c>, <c>anvil</c>, or whatever was launched by <see cref="Parts"/>.
/// </summary>
public sealed class Faults(LocalFederation federation, TimeProvider? clock = null)
{
    private readonly TimeProvider time = clock ?? TimeProvider.System;

    /// <summary>kill -9, and waits until it is gone. Anvil loses what it has not yet written to disk.</summary>
    public async Task KillAsync(string part, CancellationToken ct = default)
    {
        if (part == LocalChain.Component) await FreezeBetweenDumpsAsync(ct);
        await EndAsync(part, Signals.Kill, ct);
    }

    /// <summary>Asks it to end (SIGTERM) and waits until it has; Anvil writes its state first.</summary>
    public Task StopAsync(string part, CancellationToken ct = default) => EndAsync(part, Signals.Terminate, ct);

    /// <summary>Starts a stopped or killed part again: same address, same data, same log. Returns when its process runs; it may not be ready yet.</summary>
    public Task StartAsync(string part, CancellationToken ct = default)
    {
        if (OwnedProcesses.Find(federation.StateFolder, part) is not null) throw new HarnessException($"{part} runs already");
        new Launcher(federation.StateFolder).StartAgain(part);
        // A kubelet that starts anew may forget extended resources that no device plugin reported.
        return part.EndsWith("/kubelet", StringComparison.Ordinal) ? Parts.RestoreHardwareAsync(federation, part.Split('/')[0], time, ct) : Task.CompletedTask;
    }

    /// <summary>Stops it where it stands (SIGSTOP); it keeps its connections and ports.</summary>
    public void Freeze(string part)
    {
        var process = Require(part);
        OwnedProcesses.Signal(process, Signals.Stop);
        // Threads that run on another processor hear of it a moment later, and may still answer.
        SpinWait.SpinUntil(() => OwnedProcesses.IsStopped(process), TimeSpan.FromSeconds(5));
    }

    /// <summary>Lets a frozen part go on.</summary>
    public void Thaw(string part) => OwnedProcesses.Signal(Require(part), Signals.Continue);

    /// <summary>Pulls a datacenter's cable: no packet passes between it and the chain, the machine, or the other datacenters.</summary>
    public static Task CutAsync(Datacenter datacenter, CancellationToken ct = default) =>
        Command.RunAsync("ip", ["link", "set", datacenter.Parts.Link, "down"], ct);

    /// <summary>Plugs the cable in again.</summary>
    public static Task HealAsync(Datacenter datacenter, CancellationToken ct = default) =>
        Command.RunAsync("ip", ["link", "set", datacenter.Parts.Link, "up"], ct);

    /// <summary>
    /// A datacenter's only node loses its power: its kubelet, its container runtime and every process of every pod are gone at once, and with
    /// them what the kernel had counted. Control plane and Prometheus are other machines; what lies on its disk stays.
    /// </summary>
    public async Task LoseNodeAsync(Datacenter datacenter, CancellationToken ct = default)
    {
        string[] parts = [KubeletOf(datacenter), ContainerdOf(datacenter)];
        await new Readiness(time).UntilAsync($"the end of all that runs on {datacenter.NodeName}", TimeSpan.FromSeconds(150), _ =>
        {
            // The runtime's helpers, one for each pod, carry its name: killed first, nobody starts anything again.
            var left = OwnedProcesses.Find(federation.StateFolder).Where(process => parts.Contains(process.Component)).ToList();
            foreach (var process in left) OwnedProcesses.Signal(process, Signals.Kill);
            var inPods = Cgroups.ProcessIds(datacenter.CgroupRoot);
            foreach (var id in inPods) OwnedProcesses.KillMember(id, [datacenter.CgroupRoot]);
            Cgroups.Remove(datacenter.CgroupRoot);
            return Task.FromResult(left.Count + inPods.Count == 0 && !Cgroups.Exists(datacenter.CgroupRoot) ? null : $"{left.Count + inPods.Count} processes still run");
        }, ct);
    }

    /// <summary>Power is back, and the node boots: it finds its pods in the API server, and none of their containers alive. Returns when its kubelet has reported.</summary>
    public async Task ReturnNodeAsync(Datacenter datacenter, CancellationToken ct = default)
    {
        Cgroups.Create(datacenter.CgroupRoot);
        await StartAsync(ContainerdOf(datacenter), ct);
        // A kubelet that finds no runtime ends.
        await new Readiness(time).UntilAsync($"{datacenter.Name}: containerd", TimeSpan.FromSeconds(150), async token =>
        {
            await Containers.AskAsync(new Programs("", ""), datacenter.ContainerdSocket, token);
            return null;
        }, ct);
        await StartAsync(KubeletOf(datacenter), ct);
    }

    private static string KubeletOf(Datacenter datacenter) => $"{datacenter.Name}/kubelet";

    private static string ContainerdOf(Datacenter datacenter) => $"{datacenter.Name}/containerd";

    /// <summary>Anvil overwrites its state in place: killed in the middle of that, it could never start again.</summary>
    private Task FreezeBetweenDumpsAsync(CancellationToken ct) => new Readiness(time).UntilAsync("a whole state file of anvil", TimeSpan.FromSeconds(150), async token =>
    {
        Freeze(LocalChain.Component);
        try
        {
            await using var file = File.OpenRead(LocalChain.StatePath(federation.StateFolder));
            using var state = await JsonDocument.ParseAsync(file, default, token);
            return null;
        }
        catch (Exception error) when (error is JsonException or FileNotFoundException)
        {
            Thaw(LocalChain.Component);
            return "it is being written";
        }
    }, ct);

    private async Task EndAsync(string part, int signal, CancellationToken ct)
    {
        var process = Require(part);
        OwnedProcesses.Signal(process, signal);
        await new Readiness(time).UntilAsync($"the end of {part}", TimeSpan.FromSeconds(150),
            _ => Task.FromResult(OwnedProcesses.IsAlive(process) ? $"process {process.Id} still runs" : null), ct);
    }

    private OwnedProcess Require(string part) => OwnedProcesses.Find(federation.StateFolder, part)
        ?? throw new HarnessException($"{part} does not run; running: {string.Join(", ", OwnedProcesses.Find(federation.StateFolder).Select(p => p.Component).Distinct().Order())}");
}
