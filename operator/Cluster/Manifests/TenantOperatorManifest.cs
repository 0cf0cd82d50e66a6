using System.Text.Json.Nodes;

namespace Federation.Cluster.Manifests;

/// <summary>
/// The rights of a tenant's operator: ComputeRequests and Events of the namespaces that it serves, its journal and its leader lease in
/// its own. No Secret of the cluster: wallet and kubeconfigs are mounted.
/// </summary>
internal static class TenantOperatorManifest
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private const string Space = "federation-tenant";

    // Not that of leases' namespaces: a datacenter's operator may act as federation-tenant of every namespace, and would be this one with that name.
    private const string Account = "federation-buyer";
    private const string Requests = "federation-requests";

    public static IEnumerable<JsonObject> All() =>
    [
        new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Space } },
        new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["metadata"] = Metadata(Account, Space) },
        Role("ClusterRole", new JsonObject { ["name"] = Requests },
            Rule([Names.Group], ["computerequests"], ["get", "list", "watch", "patch"]),
            Rule([Names.Group], ["computerequests/status"], ["patch"]),
            Rule([""], ["events"], ["create", "patch"])),
        Binding("ClusterRoleBinding", new JsonObject { ["name"] = Requests }, "ClusterRole", Requests),
        Role("Role", Metadata(Account, Space),
            Rule([""], ["configmaps"], ["get", "create", "update"]),
            Rule(["coordination.k8s.io"], ["leases"], ["get", "create", "update"]),
            // Whether its own is there: a Role's namespace counts for the namespace itself.
            Rule([""], ["namespaces"], ["get"])),
        Binding("RoleBinding", Metadata(Account, Space), "Role", Account),
    ];

    private static JsonObject Metadata(string name, string space) => new() { ["name"] = name, ["namespace"] = space };

    private static JsonObject Role(string kind, JsonObject metadata, params JsonNode[] rules) => new()
    {
        ["apiVersion"] = Rbac + "/v1", ["kind"] = kind, ["metadata"] = metadata, ["rules"] = new JsonArray(rules),
    };

    private static JsonObject Binding(string kind, JsonObject metadata, string roleKind, string role) => new()
    {
        ["apiVersion"] = Rbac + "/v1",
        ["kind"] = kind,
        ["metadata"] = metadata,
        ["roleRef"] = Json.Map(("apiGroup", Rbac), ("kind", roleKind), ("name", role)),
        ["subjects"] = new JsonArray(Json.Map(("kind", "ServiceAccount"), ("name", Account), ("namespace", Space))),
    };

    private static JsonObject Rule(string[] groups, string[] resources, string[] verbs) => new()
    {
        ["apiGroups"] = Json.Texts(groups), ["resources"] = Json.Texts(resources), ["verbs"] = Json.Texts(verbs),
    };
}
