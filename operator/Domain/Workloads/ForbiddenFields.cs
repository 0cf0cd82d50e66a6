namespace Federation.Domain.Workloads;

/// <summary>Pod fields that people know and that no tenant may set, each with the reason that the refusal gives.</summary>
internal static class ForbiddenFields
{
    private const string Confined = "every pod runs unprivileged under the restricted security profile";
    private const string NoHost = "a pod sees nothing of its node";
    private const string Placed = "the datacenter places the pods on nodes that fit";
    private const string NoIdentity = "a pod has no identity in the cluster";
    private const string OwnNames = "names, namespaces and labels are the operator's";

    private static readonly Dictionary<string, string> Reasons = new(StringComparer.OrdinalIgnoreCase);

    static ForbiddenFields()
    {
        Forbid(Confined, "privileged", "securityContext", "podSecurityContext", "allowPrivilegeEscalation", "capabilities",
            "runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup", "supplementalGroups", "procMount", "sysctls", "seccompProfile",
            "seLinuxOptions", "appArmorProfile", "windowsOptions", "runtimeClassName", "shareProcessNamespace");
        Forbid(NoHost, "hostPath", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "hostPort", "hostIP", "hostAliases",
            "volumeDevices", "devices", "mountPropagation", "nodePort", "externalIPs", "dnsPolicy", "dnsConfig");
        Forbid(Placed, "nodeName", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "schedulerName",
            "schedulingGates", "priority", "priorityClassName", "preemptionPolicy", "resourceClaims", "overhead");
        Forbid(NoIdentity, "serviceAccount", "serviceAccountName", "automountServiceAccountToken", "projected");
        Forbid(OwnNames, "metadata", "namespace", "labels", "annotations", "ownerReferences", "finalizers", "hostname", "subdomain");
        Forbid("a workload lists services and jobs, no Kubernetes objects", "apiVersion", "kind");
    }

    public static string? ReasonAgainst(string field) => Reasons.GetValueOrDefault(field);

    private static void Forbid(string reason, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields) Reasons.Add(field, reason);
    }
}
