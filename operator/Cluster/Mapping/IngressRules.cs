using System.Net;
using Federation.Cluster.Entities;
using Federation.Domain.Hostnames;

namespace Federation.Cluster.Mapping;

/// <summary>What <c>spec.ingress</c> of a Datacenter must be.</summary>
internal static class IngressRules
{
    // With a service's name and a lease's id before it, it is still a hostname.
    private const int LongestDomain = 190;

    public static void Check(IngressEntry? ingress, Action<bool, string, string> need)
    {
        if (ingress is null) return;
        need((ingress.ClassName is null) != (ingress.Gateway is null), "spec.ingress", "must name either a className or a gateway.");
        need(ingress.ClassName is not { Length: 0 }, "spec.ingress.className", "must not be empty.");
        need(ingress.Gateway is not ({ Namespace.Length: 0 } or { Name.Length: 0 }), "spec.ingress.gateway", "must have a namespace and a name.");
        if (ingress.Domain is { } domain)
            need(Hostname.Fault(domain) is null && domain.Length <= LongestDomain, "spec.ingress.domain", $"{Hostname.Fault(domain) ?? $"is longer than {LongestDomain} characters"}.");
        need(ingress.Https is not true || ingress.Domain is not null, "spec.ingress.https", "needs spec.ingress.domain: other names have no certificate here.");
        need(ingress is not { TenantCertificates: true, ClassName: null, Gateway: not null }, "spec.ingress.tenantCertificates", "needs a className: the certificates of a gateway are its listeners', and an HTTPRoute names none.");
        need(ingress.From is { Count: >= 1 and <= 16 }, "spec.ingress.from", "must have 1 to 16 entries: without one nothing gets through.");
        foreach (var (index, source) in (ingress.From ?? []).Index()) Check(source, $"spec.ingress.from[{index}]", need);
    }

    // Without labels it would be every namespace, those of other leases included.
    private static void Check(TrafficSourceEntry source, string at, Action<bool, string, string> need)
    {
        var hasLabels = source.NamespaceLabels is { Count: > 0 };
        need(hasLabels != source.Cidr is not null, at, "must have either namespaceLabels, at least one, or a cidr.");
        need(source.PodLabels is null || hasLabels, $"{at}.podLabels", "need namespaceLabels beside them.");
        need(source.Cidr is not { } cidr || IPNetwork.TryParse(cidr, out _), $"{at}.cidr", $"'{source.Cidr}' is no network: write its first address and the length of its prefix, such as 203.0.113.0/24.");
    }
}
