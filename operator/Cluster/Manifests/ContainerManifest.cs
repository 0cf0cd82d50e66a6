using System.Text.Json.Nodes;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>The one container of a pod.</summary>
internal static class ContainerManifest
{
    public static JsonObject Build(WorkloadContext context, ContainerSpec container, ServiceSpec? service)
    {
        var result = new JsonObject
        {
            ["name"] = container.Name,
            ["image"] = container.Image,
            ["imagePullPolicy"] = PullPolicy(container.Image),
            ["resources"] = Resources(context, container),
            ["securityContext"] = Security(),
            ["volumeMounts"] = MountManifests.Mounts(container, service),
        };
        if (container.Command.Count > 0) result["command"] = Json.Texts(container.Command);
        if (container.Args.Count > 0) result["args"] = Json.Texts(container.Args);
        result["env"] = Environment(container);
        // Of a key that stands in several the last one counts.
        var from = container.EnvFromConfigMaps.Select(name => Source("configMapRef", name)).Concat(container.EnvFrom.Select(name => Source("secretRef", name))).ToArray();
        if (from.Length > 0) result["envFrom"] = Json.List(from);
        if (service is { Ports.Count: > 0 }) result["ports"] = Json.List(service.Ports.Select(Port));
        if (service?.Readiness is { } readiness) result["readinessProbe"] = Probe(readiness);
        if (service?.Liveness is { } liveness) result["livenessProbe"] = Probe(liveness);
        if (service?.Startup is { } startup) result["startupProbe"] = Probe(startup);
        return result;
    }

    // There is no registry on the node itself: were such an image absent, the node would ask its own port.
    public static string PullPolicy(string image) => image.StartsWith("localhost/", StringComparison.Ordinal) ? "Never" : "IfNotPresent";

    private static JsonObject Resources(WorkloadContext context, ContainerSpec container)
    {
        var limits = Json.Map(
            ("cpu", Amount.Cpu(container.Resources.CpuMilli)),
            ("memory", Amount.MiB(container.Resources.MemoryMiB)),
            ("ephemeral-storage", Amount.MiB(container.Resources.EphemeralMiB)));
        if (context.PlacementOf(container) is { } placement) limits[placement.Resource] = Amount.Count(container.Resources.Gpu!.Count);
        return new JsonObject { ["limits"] = limits, ["requests"] = limits.DeepClone() };
    }

    public static JsonObject Security() => new()
    {
        ["allowPrivilegeEscalation"] = false,
        ["privileged"] = false,
        ["readOnlyRootFilesystem"] = true,
        ["runAsNonRoot"] = true,
        ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        ["seccompProfile"] = Json.Map(("type", "RuntimeDefault")),
    };

    // Each is written, since only that overrides what a Secret or the image itself sets. Where a vendor's runtime is the node's default,
    // a pod that asks for no device would see all of them.
    private static JsonArray Environment(ContainerSpec container)
    {
        var own = RuntimeVariables.Loader.Concat(RuntimeVariables.Gates).Select(name => new EnvironmentVariable(name, ""));
        if (container.Resources.Gpu is null) own = own.Concat(RuntimeVariables.Devices.Select(name => new EnvironmentVariable(name, "void")));
        return Json.List(container.Env.Where(e => !RuntimeVariables.All.Contains(e.Name)).Concat(own).Select(Variable));
    }

    private static JsonObject Variable(EnvironmentVariable variable)
    {
        var result = Json.Map(("name", variable.Name));
        // The API server drops an empty value: one that is written would never compare equal.
        if (variable.Value.Length > 0) result["value"] = variable.Value;
        if (variable.From is not { } from) return result;
        var key = Json.Map(("name", from.Name), ("key", from.Key));
        result["valueFrom"] = new JsonObject { [from.Kind == SourceKind.Secret ? "secretKeyRef" : "configMapKeyRef"] = key };
        return result;
    }

    private static JsonObject Source(string kind, string name) => new() { [kind] = Json.Map(("name", name)) };

    private static JsonObject Port(PortSpec port) =>
        new() { ["name"] = port.Name, ["containerPort"] = port.Port, ["protocol"] = port.Protocol };

    private static JsonObject Probe(ProbeSpec probe)
    {
        var result = new JsonObject { ["periodSeconds"] = probe.PeriodSeconds, ["timeoutSeconds"] = Math.Clamp(probe.PeriodSeconds, 1, 5), ["failureThreshold"] = probe.FailureThreshold };
        if (probe.HttpPath is { } path) result["httpGet"] = new JsonObject { ["path"] = path, ["port"] = probe.Port, ["scheme"] = "HTTP" };
        else result["tcpSocket"] = new JsonObject { ["port"] = probe.Port };
        return result;
    }
}
