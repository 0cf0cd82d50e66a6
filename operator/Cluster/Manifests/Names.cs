using Federation.Domain.Leases;

namespace Federation.Cluster.Manifests;

/// <summary>Names, labels and annotations that the operator writes. Others may rely on them: they are part of the API.</summary>
public static class Names
{
    public const string Group = "compute.federation";

    /// <summary>Who wrote a field, in <c>managedFields</c> and in Events.</summary>
    public const string Manager = "federation-operator";

    /// <summary>Label of everything that belongs to a lease: 16 hex digits of its id, all that a label takes.</summary>
    public const string LeaseLabel = Group + "/lease";

    /// <summary>Label of what runs: name of its service or job.</summary>
    public const string ItemLabel = Group + "/item";

    /// <summary>Annotation with the whole lease id.</summary>
    public const string LeaseIdAnnotation = Group + "/lease-id";

    /// <summary>Annotation of workload objects: hash of the workload that they were made from.</summary>
    public const string SpecHashAnnotation = Group + "/spec-hash";

    /// <summary>Annotation of workload objects: all objects of the workload, so that a missing one is noticed.</summary>
    public const string ObjectsAnnotation = Group + "/objects";

    /// <summary>Annotation of workload objects: what was applied, so that a hand edit is noticed.</summary>
    public const string AppliedAnnotation = Group + "/applied";

    /// <summary>Annotation of a job that goes on after its deadline: when its controller was last made to look again, unix milliseconds.</summary>
    public const string OverdueAnnotation = Group + "/overdue";

    /// <summary>Annotation of pods: which GPU slot of the lease they use, <c>a</c> or <c>b</c>.</summary>
    public const string GpuSlotAnnotation = Group + "/gpu-slot";

    /// <summary>Annotation of pods: MiB of persistent volumes that come with each.</summary>
    public const string VolumesAnnotation = Group + "/volumes-mib";

    /// <summary>Annotation of a lease's namespace: the nodes that were held for it.</summary>
    public const string ReservedAnnotation = Group + "/reserved";

    /// <summary>Annotation of an Ingress or HTTPRoute: service and port that its hostname, which is its name, leads to.</summary>
    public const string RouteAnnotation = Group + "/route";

    public const string ManagedByLabel = "app.kubernetes.io/managed-by";

    /// <summary>ClusterRole that every lease's RoleBinding gives to its tenant.</summary>
    public const string TenantRole = "federation-tenant";

    /// <summary>ClusterRole with the right to enlarge volumes, and the RoleBinding that gives it to the operator in a lease's namespace.</summary>
    public const string VolumesRole = "federation-volumes";

    /// <summary>Name of the isolation objects in a lease's namespace.</summary>
    public const string Isolation = "federation-isolation";

    /// <summary>Name of the RoleBinding in a lease's namespace.</summary>
    public const string TenantBinding = "federation-tenant";

    /// <summary>Name of the service account, of each lease's namespace, that the gateway acts as. It is never made.</summary>
    public const string TenantAccount = "federation-tenant";

    /// <summary>ClusterRole with the right to enter pods, and the RoleBinding that gives it to that account.</summary>
    public const string ShellRole = "federation-shell";

    /// <summary>Label of the Services by which ports are reached from outside of the cluster.</summary>
    public const string ExposedLabel = Group + "/exposed";

    /// <summary>The NetworkPolicy that opens an item's exposed ports. No item's name has a dot: it can never be that of the isolation.</summary>
    public static string ExposureOf(string item) => "exposed." + item;

    /// <summary>The Job that sends a volume. No item's name has a dot: neither it nor its pod can be the workload's. Metering knows its pods by this name.</summary>
    public const string ExportJob = "export.volume";

    /// <summary>Value of <see cref="LeaseLabel"/>.</summary>
    public static string LabelOf(LeaseId id) => id.Hex.Substring(2, 16);
}
