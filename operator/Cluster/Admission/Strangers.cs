using Federation.Kubernetes.Admission;

namespace Federation.Cluster.Admission;

/// <summary>Who is who among those that write.</summary>
internal static class Strangers
{
    /// <summary>
    /// Kubernetes' own controllers: they remove what its namespace takes along, and finalizers and owner references
    /// that have done their work. None of them writes for a tenant.
    /// </summary>
    public static bool IsControlPlane(this V1UserInfo user) =>
        user.Username is "system:kube-controller-manager" or "system:apiserver" || user.IsIn("system:serviceaccounts:kube-system");

    /// <summary>Neither the operator nor Kubernetes itself.</summary>
    public static bool IsStranger(this V1UserInfo user, string operatorUser) => user.Username != operatorUser && !user.IsControlPlane();
}
