using Federation.Harness.Images;
using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>containerd of one datacenter, with the images that its pods may use.</summary>
internal sealed class Containers(Site site, Readiness readiness)
{
    internal async Task StartAsync(IReadOnlyList<string> archives, CancellationToken ct)
    {
        Directory.CreateDirectory(site.PathOf("cni"));
        await File.WriteAllTextAsync(site.PathOf("cni/10-bridge.conflist"), CniConfig(), ct);
        await File.WriteAllTextAsync(site.PathOf("containerd.toml"), ContainerdConfig(), ct);
        await WriteSecondRuntimeAsync(ct);
        var process = site.Start("containerd", "containerd", "--config", site.PathOf("containerd.toml"));
        await readiness.UntilAsync($"{site.Name}: containerd", TimeSpan.FromSeconds(150), async token =>
        {
            await AskAsync(site.Programs, site.ContainerdSocket, token);
            return null;
        }, ct, process, site.LogOf("containerd"));
        foreach (var archive in archives) await ImportAsync(site.Programs, site.ContainerdSocket, archive, ct);
    }

    /// <summary>Loads an image archive where the kubelet finds it.</summary>
    internal static Task ImportAsync(Programs programs, string socket, string archive, CancellationToken ct) =>
        Command.RunAsync(programs.Of("ctr"), ["--address", socket, "--namespace", "k8s.io", "images", "import", archive], ct);

    /// <summary>Throws unless it answers.</summary>
    internal static Task AskAsync(Programs programs, string socket, CancellationToken ct) => Command.RunAsync(programs.Of("ctr"), ["--address", socket, "version"], ct);

    private string SecondRuntime => site.PathOf("second-runtime");

    // Runs as the first one does, and writes down what it was told to: a pod in it leaves a trace that others do not.
    private async Task WriteSecondRuntimeAsync(CancellationToken ct)
    {
        await File.WriteAllTextAsync(SecondRuntime, $"#!/bin/sh\necho \"$@\" >>{SecondRuntime}.log\nexec {site.Programs.Of("runc")} \"$@\"\n", ct);
        File.SetUnixFileMode(SecondRuntime, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // restrict_oom_score_adj: without the right to lower it every sandbox fails. Namespaces of pods below the state
    // folder: they go with it, where those in /run/netns would have to be told from another containerd's.
    private string ContainerdConfig() => $"""
        version = 2
        root = "{site.PathOf("containerd/root")}"
        state = "{site.PathOf("containerd/state")}"
        disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
        [debug]
          level = "warn"
        [grpc]
          address = "{site.ContainerdSocket}"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{BusyboxImages.Pause}"
          disable_apparmor = true
          restrict_oom_score_adj = true
          netns_mounts_under_state_dir = true
          [plugins."io.containerd.grpc.v1.cri".containerd]
            default_runtime_name = "runc"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{LocalParts.SecondRuntime}]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{LocalParts.SecondRuntime}.options]
                BinaryName = "{SecondRuntime}"
          [plugins."io.containerd.grpc.v1.cri".registry]
            config_path = "{site.PathOf("registries")}"
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "{site.PathOf("cni")}"

        """;

    private string CniConfig() => $$"""
        {"cniVersion": "0.4.0", "name": "{{site.Name}}", "plugins": [
          {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
           "ipam": {"type": "host-local", "dataDir": "{{site.PathOf("ipam")}}",
                    "ranges": [[{"subnet": "{{site.PodCidr}}"} ]], "routes": [{"dst": "0.0.0.0/0"}] } },
          {"type": "portmap", "capabilities": {"portMappings": true} }]}
        """;
}
