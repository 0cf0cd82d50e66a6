namespace Federation.Kubernetes.Models;

/// <summary>Built-in kinds that are written as JSON manifests. All are GA since Kubernetes 1.20.</summary>
public static class ResourceKinds
{
    public static ResourceKind Namespace { get; } = new("", "v1", "namespaces", "Namespace", false);
    public static ResourceKind Node { get; } = new("", "v1", "nodes", "Node", false);
    public static ResourceKind Pod { get; } = new("", "v1", "pods", "Pod");
    public static ResourceKind Service { get; } = new("", "v1", "services", "Service");
    public static ResourceKind ServiceAccount { get; } = new("", "v1", "serviceaccounts", "ServiceAccount");
    public static ResourceKind ConfigMap { get; } = new("", "v1", "configmaps", "ConfigMap");
    public static ResourceKind Secret { get; } = new("", "v1", "secrets", "Secret");
    public static ResourceKind ResourceQuota { get; } = new("", "v1", "resourcequotas", "ResourceQuota");
    public static ResourceKind LimitRange { get; } = new("", "v1", "limitranges", "LimitRange");
    public static ResourceKind PersistentVolumeClaim { get; } = new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
    public static ResourceKind PersistentVolume { get; } = new("", "v1", "persistentvolumes", "PersistentVolume", false);
    public static ResourceKind Event { get; } = new("", "v1", "events", "Event");
    public static ResourceKind Deployment { get; } = new("apps", "v1", "deployments", "Deployment");
    public static ResourceKind ReplicaSet { get; } = new("apps", "v1", "replicasets", "ReplicaSet");
    public static ResourceKind StatefulSet { get; } = new("apps", "v1", "statefulsets", "StatefulSet");
    public static ResourceKind Job { get; } = new("batch", "v1", "jobs", "Job");
    public static ResourceKind Ingress { get; } = new("networking.k8s.io", "v1", "ingresses", "Ingress");
    public static ResourceKind NetworkPolicy { get; } = new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");
    public static ResourceKind RuntimeClass { get; } = new("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false);
    public static ResourceKind StorageClass { get; } = new("storage.k8s.io", "v1", "storageclasses", "StorageClass", false);
    public static ResourceKind CsiDriver { get; } = new("storage.k8s.io", "v1", "csidrivers", "CSIDriver", false);
    public static ResourceKind CsiNode { get; } = new("storage.k8s.io", "v1", "csinodes", "CSINode", false);
    public static ResourceKind Role { get; } = new("rbac.authorization.k8s.io", "v1", "roles", "Role");
    public static ResourceKind RoleBinding { get; } = new("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
    public static ResourceKind Lease { get; } = new("coordination.k8s.io", "v1", "leases", "Lease");

    public static ResourceKind CustomResourceDefinition { get; } =
        new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false);
}
