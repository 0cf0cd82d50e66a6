using System.Text.Json.Nodes;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;

namespace Federation.Cluster.Manifests;

/// <summary>
/// What makes ports of a service reachable from outside of the cluster: one Service for each protocol, since before Kubernetes
/// 1.26 a load balancer has one alone, and a NetworkPolicy that lets anybody in to just these ports of just these pods.
/// </summary>
internal static class ExposureManifests
{
    public static IEnumerable<JsonObject> Build(WorkloadContext context, ServiceSpec service)
    {
        var exposed = service.ExposedPorts.GroupBy(p => p.Protocol).ToArray();
        foreach (var ports in exposed) yield return Service(context, service, ports);
        if (exposed.Length > 0) yield return Policy(context, service);
    }

    /// <summary>Makes a policy of these let nobody in: the operator has no right to delete policies, since the isolation is one.</summary>
    public static void Close(JsonPatchBuilder policy) => policy.Replace(new JsonArray(), "spec", "ingress");

    /// <summary>Ports that a policy of these opens.</summary>
    public static int PortsOf(JsonObject policy) => policy.Items("spec", "ingress").Sum(rule => rule.Items("ports").Count());

    private static JsonObject Service(WorkloadContext context, ServiceSpec service, IGrouping<string, PortSpec> ports)
    {
        var metadata = context.Metadata(service.Container.Name, service.ExposedName(ports.Key));
        metadata["labels"]![Names.ExposedLabel] = "true";
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["type"] = context.Ports.IsLoadBalanced ? "LoadBalancer" : "NodePort",
                // Through another node a connection would come with that node's address: policies let nodes in to all ports.
                ["externalTrafficPolicy"] = "Local",
                ["selector"] = context.Selector(service.Container.Name),
                ["ports"] = Json.List(ports.Select(p => ServiceManifests.Port(p, context.Numbers.GetValueOrDefault(new PortClaim(context.Id, service.Container.Name, p.Port), p.Port)))),
            },
        };
    }

    // Without peers: whoever comes from outside comes from anywhere, and load balancers with addresses of their own.
    private static JsonObject Policy(WorkloadContext context, ServiceSpec service) => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "NetworkPolicy",
        ["metadata"] = context.Metadata(service.Container.Name, Names.ExposureOf(service.Container.Name)),
        ["spec"] = new JsonObject
        {
            ["podSelector"] = new JsonObject { ["matchLabels"] = context.Selector(service.Container.Name) },
            ["policyTypes"] = new JsonArray("Ingress"),
            ["ingress"] = new JsonArray(new JsonObject
            {
                ["ports"] = Json.List(service.ExposedPorts.Select(p => new JsonObject { ["protocol"] = p.Protocol, ["port"] = p.Port })),
            }),
        },
    };
}
