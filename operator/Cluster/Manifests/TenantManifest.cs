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
        ["subjects"] = Json.List([.. Spellings(terms.Tenant).Select(User), Account(id.Namespace)]),
    };

    /// <summary>
    /// The right to enter pods, for whom the gateway acts as and for nobody else: it keeps tenants out of the pods that are the operator's.
    /// Given when it is first asked for: most leases do without.
    /// </summary>
    public static JsonObject ShellBinding(string space) => new()
    {
        ["apiVersion"] = Rbac + "/v1",
        ["kind"] = "RoleBinding",
        ["metadata"] = new JsonObject { ["name"] = Names.ShellRole, ["namespace"] = space, ["labels"] = Json.Map((Names.ManagedByLabel, Names.Manager)) },
        ["roleRef"] = Json.Map(("apiGroup", Rbac), ("kind", "ClusterRole"), ("name", Names.ShellRole)),
        ["subjects"] = new JsonArray(Account(space)),
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
            Rule(["metrics.k8s.io"], ["pods"], ["get", "list"]),
            Rule(["apps"], ["deployments", "statefulsets", "replicasets"], ["get", "list", "watch"]),
            Rule(["batch"], ["jobs"], ["get", "list", "watch"]),
            Rule([""], ["configmaps"], ["create", "get", "list", "watch", "patch", "update", "delete"]),
            // No list: the namespace's service account has a token Secret there on old clusters.
            Rule([""], ["secrets"], ["create", "get", "patch", "update", "delete"])),
    };

    // Wallets print the checksum form, scripts the lower-case one; user names compare by the letter.
    private static IEnumerable<string> Spellings(string address) =>
        new[] { address, address.ToLowerInvariant() }.Distinct(StringComparer.Ordinal);

    // Whom the gateway acts as for who has signed in. There is no such account: nothing runs as it, and no token of it exists.
    private static JsonObject Account(string space) => Json.Map(("kind", "ServiceAccount"), ("name", Names.TenantAccount), ("namespace", space));

    private static JsonObject User(string name) => Json.Map(("apiGroup", Rbac), ("kind", "User"), ("name", name));

    private static JsonObject Rule(string[] groups, string[] resources, string[] verbs) => new()
    {
        ["apiGroups"] = Json.Texts(groups),
        ["resources"] = Json.Texts(resources),
        ["verbs"] = Json.Texts(verbs),
    };
}
