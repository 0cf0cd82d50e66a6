using System.Text.Json.Nodes;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>The pod of a service or a job: the restricted profile, no identity, limits equal to requests.</summary>
internal static class PodManifest
{
    private const int StopSeconds = 10;

    // Volumes must be writable for whatever user the image runs as; the group is no user's on the node.
    internal const int VolumeGroup = 65532;

    public static JsonObject Build(WorkloadContext context, ContainerSpec container, ServiceSpec? service)
    {
        var labels = context.Selector(container.Name);
        labels[Names.ManagedByLabel] = Names.Manager;
        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = labels, ["annotations"] = Annotations(context, container, service) },
            ["spec"] = Spec(context, container, service),
        };
    }

    private static JsonObject Annotations(WorkloadContext context, ContainerSpec container, ServiceSpec? service)
    {
        // Nothing of the workload as a whole: a service that an amendment does not change is not restarted by it.
        var annotations = Json.Map((Names.LeaseIdAnnotation, context.Id.Hex));
        if (container.Resources.Gpu is { } gpu && context.GpuSlots.TryGetValue(gpu.Class, out var slot)) annotations[Names.GpuSlotAnnotation] = slot;
        var volumes = service?.Volumes.Aggregate(0UL, (sum, v) => sum + v.SizeMiB) ?? 0;
        if (volumes > 0) annotations[Names.VolumesAnnotation] = Amount.Count(volumes);
        return annotations;
    }

    private static JsonObject Spec(WorkloadContext context, ContainerSpec container, ServiceSpec? service)
    {
        var spec = new JsonObject
        {
            ["restartPolicy"] = service is null ? "Never" : "Always",
            ["terminationGracePeriodSeconds"] = StopSeconds,
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["securityContext"] = PodSecurity(service),
            ["containers"] = new JsonArray(ContainerManifest.Build(context, container, service)),
            ["volumes"] = Json.List(MountManifests.Volumes(container)),
        };
        if (container.ImagePullSecrets.Count > 0) spec["imagePullSecrets"] = Json.List(container.ImagePullSecrets.Select(name => Json.Map(("name", name))));
        var placement = context.PlacementOf(container);
        if (placement is { NodeLabels.Count: > 0 }) spec["nodeSelector"] = Json.Map(placement.NodeLabels);
        if (context.Affinities.GetValueOrDefault(container.Name) is { } affinity) spec["affinity"] = affinity.DeepClone();
        var runtime = placement is { RuntimeClass.Length: > 0 } ? placement.RuntimeClass : context.RuntimeClass;
        if (runtime.Length > 0) spec["runtimeClassName"] = runtime;
        if (HasOwnUsers(context.OwnUsers.GetValueOrDefault(runtime), service)) spec["hostUsers"] = false;
        return spec;
    }

    private static bool HasOwnUsers(OwnUsers users, ServiceSpec? service) =>
        users == OwnUsers.Always || (users == OwnUsers.WithoutVolumes && service is not { Volumes.Count: > 0 });

    private static JsonObject PodSecurity(ServiceSpec? service)
    {
        var security = new JsonObject { ["runAsNonRoot"] = true, ["seccompProfile"] = Json.Map(("type", "RuntimeDefault")) };
        if (service is { Volumes.Count: > 0 }) security["fsGroup"] = VolumeGroup;
        return security;
    }
}
