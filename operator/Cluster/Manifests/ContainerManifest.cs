using System.Text.Json.Nodes;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>The one container of a pod.</summary>
internal static class ContainerManifest
{
    // Where a vendor's runtime is the node's default, a pod that asks for no device would see all of them.
    private static readonly string[] Devices =
        ["NVIDIA_VISIBLE_DEVICES", "AMD_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES", "CAMBRICON_VISIBLE_DEVICES", "HABANA_VISIBLE_DEVICES"];

    // The loader would run these inside the runtime's hooks, which are root on the node.
    private static readonly string[] Loader = ["LD_PRELOAD", "LD_AUDIT"];

    /// <param name="scratch">Name of the pod's volume for /tmp: the root file system is read-only.</param>
    public static JsonObject Build(WorkloadContext context, ContainerSpec container, ServiceSpec? service, string scratch)
    {
        var result = new JsonObject
        {
            ["name"] = container.Name,
            ["image"] = container.Image,
            // There is no registry on the node itself: were such an image absent, the node would ask its own port.
            ["imagePullPolicy"] = container.Image.StartsWith("localhost/", StringComparison.Ordinal) ? "Never" : "IfNotPresent",
            ["resources"] = Resources(context, container),
            ["securityContext"] = Security(),
            ["volumeMounts"] = Mounts(service, scratch),
        };
        if (container.Command.Count > 0) result["command"] = Json.Texts(container.Command);
        if (container.Args.Count > 0) result["args"] = Json.Texts(container.Args);
        result["env"] = Environment(container);
        if (container.EnvFrom.Count > 0) result["envFrom"] = Json.List(container.EnvFrom.Select(Secret));
        if (service is { Ports.Count: > 0 }) result["ports"] = Json.List(service.Ports.Select(Port));
        if (service?.Readiness is { } probe) result["readinessProbe"] = Probe(probe);
        return result;
    }

    private static JsonObject Resources(WorkloadContext context, ContainerSpec container)
    {
        var limits = Json.Map(
            ("cpu", Amount.Cpu(container.Resources.CpuMilli)),
            ("memory", Amount.MiB(container.Resources.MemoryMiB)),
            ("ephemeral-storage", Amount.MiB(container.Resources.EphemeralMiB)));
        if (context.PlacementOf(container) is { } placement) limits[placement.Resource] = Amount.Count(container.Resources.Gpu!.Count);
        return new JsonObject { ["limits"] = limits, ["requests"] = limits.DeepClone() };
    }

    private static JsonObject Security() => new()
    {
        ["allowPrivilegeEscalation"] = false,
        ["privileged"] = false,
        ["readOnlyRootFilesystem"] = true,
        ["runAsNonRoot"] = true,
        ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        ["seccompProfile"] = Json.Map(("type", "RuntimeDefault")),
    };

    // Each is written, since only that overrides what a Secret or the image itself sets.
    private static JsonArray Environment(ContainerSpec container)
    {
        var own = Loader.Select(name => new EnvironmentVariable(name, ""));
        if (container.Resources.Gpu is null) own = own.Concat(Devices.Select(name => new EnvironmentVariable(name, "void")));
        return Json.List(container.Env.Where(e => !Loader.Contains(e.Name) && !Devices.Contains(e.Name)).Concat(own).Select(Variable));
    }

    // The API server drops an empty value: one that is written would never compare equal.
    private static JsonObject Variable(EnvironmentVariable variable) => variable.Value.Length == 0
        ? Json.Map(("name", variable.Name))
        : Json.Map(("name", variable.Name), ("value", variable.Value));

    private static JsonObject Secret(string name) => new() { ["secretRef"] = Json.Map(("name", name)) };

    private static JsonObject Port(PortSpec port) =>
        new() { ["name"] = port.Name, ["containerPort"] = port.Port, ["protocol"] = port.Protocol };

    private static JsonArray Mounts(ServiceSpec? service, string scratch)
    {
        var mounts = new JsonArray();
        // A tenant's own volume at /tmp takes the place of ours.
        if (service?.Volumes.Any(v => v.MountPath == "/tmp") != true) mounts.Add(Json.Map(("name", scratch), ("mountPath", "/tmp")));
        foreach (var volume in service?.Volumes ?? []) mounts.Add(Json.Map(("name", VolumeName(volume)), ("mountPath", volume.MountPath)));
        return mounts;
    }

    /// <summary>Name of a tenant's volume in the pod; never that of the scratch volume.</summary>
    public static string VolumeName(VolumeSpec volume) => "data-" + volume.Name;

    private static JsonObject Probe(ProbeSpec probe)
    {
        var result = new JsonObject { ["periodSeconds"] = probe.PeriodSeconds, ["timeoutSeconds"] = Math.Clamp(probe.PeriodSeconds, 1, 5), ["failureThreshold"] = 3 };
        if (probe.HttpPath is { } path) result["httpGet"] = new JsonObject { ["path"] = path, ["port"] = probe.Port, ["scheme"] = "HTTP" };
        else result["tcpSocket"] = new JsonObject { ["port"] = probe.Port };
        return result;
    }
}
