using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Federation.Cluster.Manifests;

/// <summary>
/// What the API server, or a controller that it trusts with it, adds to objects that are compared to the field: Kubernetes 1.20 to
/// 1.36, pkg/apis/{core,apps,batch}/v1/defaults.go. Isolation has none: its manifests say all.
/// </summary>
internal static class ServerDefaults
{
    private const string Pod = "spec.template.spec.";
    private const string Container = Pod + "containers.";
    private const string Labels = "spec.template.metadata.labels.";
    private const string Claim = "spec.volumeClaimTemplates.";

    private static readonly FrozenDictionary<string, JsonNode> Fixed = new Dictionary<string, JsonNode>
    {
        ["spec.progressDeadlineSeconds"] = 600,
        [Pod + "dnsPolicy"] = "ClusterFirst",
        [Pod + "schedulerName"] = "default-scheduler",
        [Pod + "volumes.secret.defaultMode"] = 420,
        [Pod + "volumes.configMap.defaultMode"] = 420,
        [Container + "terminationMessagePath"] = "/dev/termination-log",
        [Container + "terminationMessagePolicy"] = "File",
        [Container + "securityContext.procMount"] = "Default",
        [Container + "readinessProbe.successThreshold"] = 1,
        [Container + "livenessProbe.successThreshold"] = 1,
        [Container + "startupProbe.successThreshold"] = 1,
        ["spec.updateStrategy.type"] = "RollingUpdate",
        ["spec.updateStrategy.rollingUpdate.partition"] = 0,
        ["spec.updateStrategy.rollingUpdate.maxUnavailable"] = 1,
        ["spec.persistentVolumeClaimRetentionPolicy.whenDeleted"] = "Retain",
        ["spec.persistentVolumeClaimRetentionPolicy.whenScaled"] = "Retain",
        [Claim + "apiVersion"] = "v1",
        [Claim + "kind"] = "PersistentVolumeClaim",
        [Claim + "spec.volumeMode"] = "Filesystem",
        [Claim + "status.phase"] = "Pending",
        ["spec.completionMode"] = "NonIndexed",
        ["spec.podReplacementPolicy"] = "TerminatingOrFailed",
        ["spec.suspend"] = false,
        ["spec.sessionAffinity"] = "None",
        ["spec.internalTrafficPolicy"] = "Cluster",
        ["spec.allocateLoadBalancerNodePorts"] = true,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // A Job's own marks; a Service's addresses and ports, which balancers' controllers may choose too.
    private static readonly FrozenSet<string> Assigned = FrozenSet.Create(
        StringComparer.Ordinal,
        "spec.selector", Labels + "controller-uid", Labels + "job-name", Labels + "batch.kubernetes.io/controller-uid", Labels + "batch.kubernetes.io/job-name",
        "spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy", "spec.healthCheckNodePort", "spec.ports.nodePort",
        "spec.loadBalancerIP", "spec.loadBalancerClass");

    /// <param name="path">Names of fields; items of a list have the list's.</param>
    public static bool Has(List<string> path, JsonNode value) => Has(string.Join('.', CollectionsMarshal.AsSpan(path)), value);

    private static bool Has(string path, JsonNode value) => Assigned.Contains(path) || value switch
    {
        JsonObject { Count: > 0 } map => map.All(field => field.Value is null || Has($"{path}.{field.Key}", field.Value)),
        _ => Fixed.TryGetValue(path, out var known) && JsonNode.DeepEquals(value, known),
    };
}
