using System.Text.Json.Nodes;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>What a service becomes: a Deployment, or a StatefulSet when it has volumes; and Services when it has ports.</summary>
internal static class ServiceManifests
{
    public static IEnumerable<JsonObject> Build(WorkloadContext context, ServiceSpec service)
    {
        yield return service.Volumes.Count == 0 ? Deployment(context, service) : StatefulSet(context, service);
        if (service.Ports.Count > 0) yield return Service(context, service);
        if (service.Volumes.Count > 0 && !context.IsAsked(context.GoverningOf(service.Container.Name))) yield return Governing(context, service);
        foreach (var exposure in ExposureManifests.Build(context, service)) yield return exposure;
    }

    private static JsonObject Deployment(WorkloadContext context, ServiceSpec service) => new()
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = "Deployment",
        ["metadata"] = context.Metadata(service.Container.Name),
        ["spec"] = new JsonObject
        {
            ["replicas"] = service.Container.Replicas,
            ["revisionHistoryLimit"] = 1,
            ["selector"] = new JsonObject { ["matchLabels"] = context.Selector(service.Container.Name) },
            // A surge would need more than was leased.
            ["strategy"] = new JsonObject { ["type"] = "RollingUpdate", ["rollingUpdate"] = new JsonObject { ["maxSurge"] = 0, ["maxUnavailable"] = 1 } },
            ["template"] = PodManifest.Build(context, service.Container, service),
        },
    };

    private static JsonObject StatefulSet(WorkloadContext context, ServiceSpec service) => new()
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = "StatefulSet",
        ["metadata"] = context.Metadata(service.Container.Name),
        ["spec"] = new JsonObject
        {
            ["replicas"] = service.Container.Replicas,
            ["revisionHistoryLimit"] = 1,
            ["serviceName"] = context.GoverningOf(service.Container.Name),
            ["podManagementPolicy"] = "Parallel",
            ["selector"] = new JsonObject { ["matchLabels"] = context.Selector(service.Container.Name) },
            ["template"] = PodManifest.Build(context, service.Container, service),
            ["volumeClaimTemplates"] = Json.List(service.Volumes.Select(v => Claim(context, service, v))),
        },
    };

    private static JsonObject Claim(WorkloadContext context, ServiceSpec service, VolumeSpec volume)
    {
        var spec = new JsonObject
        {
            ["accessModes"] = new JsonArray("ReadWriteOnce"),
            ["resources"] = new JsonObject { ["requests"] = Json.Map(("storage", Amount.MiB(volume.SizeMiB))) },
        };
        if (context.StorageClass.Length > 0) spec["storageClassName"] = context.StorageClass;
        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = MountManifests.NameOf(volume), ["labels"] = context.Selector(service.Container.Name) },
            ["spec"] = spec,
        };
    }

    private static JsonObject Service(WorkloadContext context, ServiceSpec service) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = context.Metadata(service.Container.Name),
        ["spec"] = new JsonObject
        {
            ["type"] = "ClusterIP",
            ["selector"] = context.Selector(service.Container.Name),
            ["ports"] = Json.List(service.Ports.Select(p => Port(p, p.Port))),
        },
    };

    // Has no address of its own: its name is those of the pods, and each pod has a name below it. They find each other by these
    // before they are ready, as the members of a database do. A pod's name holds from its beginning, so it needs no ports either.
    private static JsonObject Governing(WorkloadContext context, ServiceSpec service)
    {
        var spec = new JsonObject
        {
            ["type"] = "ClusterIP",
            ["clusterIP"] = "None",
            ["publishNotReadyAddresses"] = true,
            ["selector"] = context.Selector(service.Container.Name),
        };
        if (service.Ports.Count > 0) spec["ports"] = Json.List(service.Ports.Select(p => Port(p, p.Port)));
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = context.Metadata(service.Container.Name, context.GoverningOf(service.Container.Name)),
            ["spec"] = spec,
        };
    }

    /// <param name="number">By which it is reached at the Service.</param>
    public static JsonObject Port(PortSpec port, long number) =>
        new() { ["name"] = port.Name, ["protocol"] = port.Protocol, ["port"] = number, ["targetPort"] = port.Port };
}
