using System.Text.Json.Nodes;
using Federation.Domain.Leases;

namespace Federation.Cluster.Manifests;

/// <summary>The tenant's rights: the ComputeLease and the look at what runs, in the lease's namespace alone.</summary>
internal static class TenantManifest
{
    private const string Rbac = "rbac.authorization.k8s.io";

    public static JsonObject Binding(LeaseId id, LeaseTerms terms) => new()
    {
        ["apiVersion"] = Rbac + "/v1",
        ["kind"] = "RoleBinding",
        ["metadata"] = NamespaceManifest.Metadata(id, Names.TenantBinding),
        ["roleRef"] = Json.Map(("apiGroup", Rbac), ("kind", "ClusterRole"), ("name", Names.TenantRole)),
        ["subjects"] = Json.List(Spellings(terms.Tenant).Select(User)),
    };

    /// <summary>Installed once; every binding refers to it.</summary>
    public static JsonObject Role() => new()
    {
        ["apiVersion"] = Rbac + "/v1",
        ["kind"] = "ClusterRole",
        ["metadata"] = new JsonObject { ["name"] = Names.TenantRole, ["labels"] = Json.Map((Names.ManagedByLabel, Names.Manager)) },
        ["rules"] = new JsonArray(
            Rule([Names.Group], ["computeleases"], ["get", "list", "watch", "patch", "update"]),
            Rule([""], ["pods", "services", "events", "persistentvolumeclaims", "resourcequotas"], ["get", "list", "watch"]),
            Rule([""], ["pods/log"], ["get"]),
            Rule(["apps"], ["deployments", "statefulsets"], ["get", "list", "watch"]),
            Rule(["batch"], ["jobs"], ["get", "list", "watch"]),
            Rule([""], ["configmaps"], ["create", "get", "list", "watch", "patch", "update", "delete"]),
            // No list: the namespace's service account has a token Secret there on old clusters.
            Rule([""], ["secrets"], ["create", "get", "patch", "update", "delete"])),
    };

    // Wallets print the checksum form, scripts the lower-case one; user names compare by the letter.
    private static IEnumerable<string> Spellings(string address) =>
        new[] { address, address.ToLowerInvariant() }.Distinct(StringComparer.Ordinal);

    private static JsonObject User(string name) => Json.Map(("apiGroup", Rbac), ("kind", "User"), ("name", name));

    private static JsonObject Rule(string[] groups, string[] resources, string[] verbs) => new()
    {
        ["apiGroups"] = Json.Texts(groups),
        ["resources"] = Json.Texts(resources),
        ["verbs"] = Json.Texts(verbs),
    };
}
