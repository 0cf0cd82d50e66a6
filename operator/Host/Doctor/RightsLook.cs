using System.Text.Json.Nodes;
using Federation.Host.Options;
using Federation.Host.Tenancy;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Host.Doctor;

/// <summary>Asks the API server of each right in the chart's roles, which this program carries with it, whether its user has it.</summary>
/// <param name="rights">That it has to have.</param>
internal sealed class RightsLook(KubernetesClient client, IReadOnlyCollection<RightsLook.Right> rights)
{
    private const int AtOnce = 8;

    // As whom it asks for tenants who have signed in: granted where it lets them in.
    private const string Access = "ClusterRole-federation-access.yaml";

    private const string Requests = "ClusterRole-federation-requests.yaml";

    private static readonly ResourceKind Review = new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false);

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        var missing = new List<Right>();
        foreach (var some in rights.Chunk(AtOnce))
        {
            var allowed = await Task.WhenAll(some.Select(r => IsAllowedAsync(r, cancellation)));
            missing.AddRange(some.Where((_, i) => !allowed[i]));
        }

        return missing.Count == 0
            ? [Finding.Good("rights", $"the operator may do all {rights.Count} things that its roles name")]
            : [.. missing.Select(r => Finding.Bad("rights", $"it may not {r.Verb} {r.What}: bind the chart's {r.Role} to the user that the operator is, or add that rule"))];
    }

    /// <summary>What the chart's roles grant a datacenter's operator.</summary>
    internal static IEnumerable<Right> Rights(OperatorOptions options) => Granted(
        from role in new (string File, string Name, string? Space)[]
        {
            ("ClusterRole-federation-operator.yaml", "ClusterRole federation-operator", null),
            (Access, "ClusterRole federation-access", null),
            ("Role-federation-operator-in-federation-system.yaml", "Role federation-operator", options.Namespace),
            ("Role-federation-operator-in-federation-probe.yaml", "Role federation-operator", options.Isolation.ProbeNamespace),
        }
        where role.Space != options.Isolation.ProbeNamespace || options.Isolation.ProbeImage.Length > 0
        where role.File != Access || options.Access.Enabled
        select role);

    /// <summary>What they grant a tenant's: of the cluster where all namespaces are served, of the one that is served elsewhere.</summary>
    internal static IEnumerable<Right> Rights(TenantOptions options) => Granted(
    [
        options.ServesAll ? (Requests, "ClusterRole federation-requests", null) : (Requests, "Role federation-requests", options.Watch),
        ("Role-federation-buyer-in-federation-tenant.yaml", "Role federation-buyer", options.Namespace),
    ]);

    private static IEnumerable<Right> Granted(IEnumerable<(string File, string Name, string? Space)> roles) =>
        from role in roles
        from rule in Rules(role.File)
        from resource in Texts(rule, "resources")
        from verb in Texts(rule, "verbs")
        from name in Texts(rule, "resourceNames").DefaultIfEmpty("")
        select new Right(role.Name, Texts(rule, "apiGroups").Single(), resource, verb, name, role.Space);

    private static IEnumerable<JsonObject> Rules(string file)
    {
        using var stream = typeof(RightsLook).Assembly.GetManifestResourceStream(file) ?? throw new InvalidOperationException($"The role {file} is not in this program.");
        using var reader = new StreamReader(stream);
        return [.. ((JsonArray)YamlToJson.Read(reader.ReadToEnd()).Single()!["rules"]!).OfType<JsonObject>()];
    }

    private static IEnumerable<string> Texts(JsonObject rule, string name) => (rule[name] as JsonArray ?? []).Select(t => (string)t!);

    private async Task<bool> IsAllowedAsync(Right right, CancellationToken cancellation)
    {
        var (resource, subresource) = right.Resource.Split('/') is [var whole, var part] ? (whole, part) : (right.Resource, "");
        var asked = new JsonObject
        {
            ["group"] = right.Group, ["resource"] = resource, ["subresource"] = subresource, ["verb"] = right.Verb, ["name"] = right.Name, ["namespace"] = right.Space ?? "",
        };
        var answer = await client.Resource(Review).CreateAsync(new JsonObject { ["spec"] = new JsonObject { ["resourceAttributes"] = asked } }, cancellationToken: cancellation);
        return (bool?)answer["status"]?["allowed"] == true;
    }

    /// <param name="Role">That grants it.</param>
    /// <param name="Name">Empty: objects of any name.</param>
    /// <param name="Space">Null: in the whole cluster.</param>
    internal sealed record Right(string Role, string Group, string Resource, string Verb, string Name, string? Space)
    {
        public string What => $"{Resource}{(Group.Length > 0 ? "." + Group : "")}{(Name.Length > 0 ? $" '{Name}'" : "")}{(Space is null ? "" : $" in {Space}")}";
    }
}
