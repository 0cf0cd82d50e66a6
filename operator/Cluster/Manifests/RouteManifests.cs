using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;

namespace Federation.Cluster.Manifests;

/// <summary>
/// What leads hostnames to services: of each name an Ingress or HTTPRoute, which has the name's name, so that one which its
/// controller refuses holds up no other; and of each service that is led to a NetworkPolicy, which lets the controller in.
/// </summary>
internal static class RouteManifests
{
    private const string Gateways = "gateway.networking.k8s.io";

    // No service's: its name starts with a letter and holds no dot.
    private const string PolicyPrefix = "route.";

    public static string Kind(IngressPolicy policy) => policy.Gateway is null ? "Ingress" : "HTTPRoute";

    public static IEnumerable<JsonObject> Build(LeaseId id, IngressPolicy policy, IReadOnlyList<HostnameRoute> routes) =>
        routes.Select(r => (r.Service, r.Port)).Distinct().Select(target => Admission(id, policy, target.Service, target.Port))
            .Concat(routes.Select(r => Route(id, policy, r)));

    public static JsonObject Route(LeaseId id, IngressPolicy policy, HostnameRoute route) => new()
    {
        ["apiVersion"] = policy.Gateway is null ? "networking.k8s.io/v1" : Gateways + "/v1",
        ["kind"] = Kind(policy),
        ["metadata"] = Metadata(id, route),
        ["spec"] = policy.Gateway is { } gateway ? HttpRoute(gateway, route) : Ingress(policy, route),
    };

    public static JsonObject Admission(LeaseId id, IngressPolicy policy, string service, ushort port) => Admission(id, service, new JsonArray(new JsonObject
    {
        ["from"] = Json.List(policy.Sources.Select(Peer)),
        ["ports"] = new JsonArray(new JsonObject { ["protocol"] = "TCP", ["port"] = port }),
    }));

    /// <summary>Lets nobody in. The operator has no right to remove policies: it cannot take away what keeps a lease in.</summary>
    public static JsonObject Closed(LeaseId id, string service) => Admission(id, service, []);

    private static JsonObject Admission(LeaseId id, string service, JsonArray ways) => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "NetworkPolicy",
        ["metadata"] = Metadata(id, PolicyPrefix + service, service),
        ["spec"] = new JsonObject
        {
            ["podSelector"] = new JsonObject { ["matchLabels"] = Json.Map((Names.LeaseLabel, Names.LabelOf(id)), (Names.ItemLabel, service)) },
            ["policyTypes"] = new JsonArray("Ingress"),
            ["ingress"] = ways,
        },
    };

    /// <summary>Tells the policies of routes from the one that isolates the lease.</summary>
    public static bool IsAdmission(JsonObject policy) => policy.Text("metadata", "name")?.StartsWith(PolicyPrefix, StringComparison.Ordinal) == true;

    /// <summary>The service that a route's policy is about. By its name, which nobody can edit.</summary>
    public static string ServiceOf(JsonObject admission) => admission.Text("metadata", "name")![PolicyPrefix.Length..];

    /// <summary>What an object of the operator's leads where; null when it does not say.</summary>
    public static HostnameRoute? Read(JsonObject route)
    {
        var (host, parts) = (route.Text("metadata", "name"), route.Annotation(Names.RouteAnnotation)?.Split(':'));
        return host is not null && parts is [var service, var port, .. { Length: <= 1 } secret] && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new HostnameRoute(host, service, number) { TlsSecret = secret.FirstOrDefault() }
            : null;
    }

    private static JsonObject Ingress(IngressPolicy policy, HostnameRoute route)
    {
        var backend = new JsonObject { ["service"] = new JsonObject { ["name"] = route.Service, ["port"] = new JsonObject { ["number"] = route.Port } } };
        var spec = new JsonObject
        {
            ["ingressClassName"] = policy.ClassName,
            ["rules"] = new JsonArray(new JsonObject
            {
                ["host"] = route.Hostname,
                ["http"] = new JsonObject { ["paths"] = new JsonArray(new JsonObject { ["path"] = "/", ["pathType"] = "Prefix", ["backend"] = backend }) },
            }),
        };
        if (Tls(policy, route) is { } tls) spec["tls"] = new JsonArray(tls);
        return spec;
    }

    // Without a Secret it is the controller's default certificate: one in the lease's namespace would be its tenant's to read.
    // For the same reason what a tenant brings is for names that are its own.
    private static JsonObject? Tls(IngressPolicy policy, HostnameRoute route)
    {
        var tls = new JsonObject { ["hosts"] = new JsonArray(route.Hostname) };
        if (Hostname.IsWithin(route.Hostname, policy.Domain)) return policy.IsHttps ? tls : null;
        if (route.TlsSecret is null || !policy.TakesCertificates) return null;
        tls["secretName"] = route.TlsSecret;
        return tls;
    }

    private static JsonObject HttpRoute(GatewayReference gateway, HostnameRoute route)
    {
        var parent = Json.Map(("namespace", gateway.Namespace), ("name", gateway.Name));
        if (gateway.SectionName.Length > 0) parent["sectionName"] = gateway.SectionName;
        return new JsonObject
        {
            ["parentRefs"] = new JsonArray(parent),
            ["hostnames"] = new JsonArray(route.Hostname),
            ["rules"] = new JsonArray(new JsonObject { ["backendRefs"] = new JsonArray(new JsonObject { ["name"] = route.Service, ["port"] = route.Port }) }),
        };
    }

    private static JsonObject Metadata(LeaseId id, HostnameRoute route)
    {
        var metadata = Metadata(id, route.Hostname, route.Service);
        metadata["annotations"] = Json.Map((Names.RouteAnnotation, string.Join(':', [route.Service, route.Port.ToString(CultureInfo.InvariantCulture), .. route.TlsSecret is { } secret ? [secret] : Array.Empty<string>()])));
        return metadata;
    }

    private static JsonObject Metadata(LeaseId id, string name, string service)
    {
        var metadata = NamespaceManifest.Metadata(id, name);
        metadata["labels"]![Names.ItemLabel] = service;
        return metadata;
    }

    private static JsonNode Peer(TrafficSource source)
    {
        if (source.Cidr.Length > 0) return new JsonObject { ["ipBlock"] = Json.Map(("cidr", source.Cidr)) };
        var peer = new JsonObject { ["namespaceSelector"] = new JsonObject { ["matchLabels"] = Json.Map(source.NamespaceLabels) } };
        if (source.PodLabels.Count > 0) peer["podSelector"] = new JsonObject { ["matchLabels"] = Json.Map(source.PodLabels) };
        return peer;
    }
}
