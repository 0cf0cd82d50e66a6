using Federation.Cluster.Manifests;
using Federation.Kubernetes.Definitions;

namespace Federation.Cluster;

/// <summary>What a datacenter's admin installs besides the CRDs, for whoever does so without the chart.</summary>
public static class InstallManifests
{
    /// <summary>ClusterRole of the tenants, bound per lease; YAML.</summary>
    public static string TenantRole() => YamlWriter.Write(TenantManifest.Role());

    /// <summary>Namespace, service account and rights of a tenant's operator; YAML, as <c>crds/install</c> has it.</summary>
    public static string TenantOperator() =>
        "# Generated from operator/Cluster/Manifests by `make generate`; do not edit.\n" + string.Join("---\n", TenantOperatorManifest.All().Select(m => YamlWriter.Write(m)));
}
