using Federation.Domain.Leases;
using Federation.Domain.Workloads;

namespace Federation.Domain.Hostnames;

/// <summary>What a datacenter offers to leases whose services are to be reached by name.</summary>
/// <param name="Domain">Below it each such service gets a name of its own for nothing; empty: none are given out.</param>
/// <param name="IsHttps">There is a certificate for the names below the domain.</param>
/// <param name="Own">Hostnames of the datacenter itself: nobody gets one of them, or one below.</param>
public sealed record IngressOffer(string Domain, bool IsHttps, IReadOnlyList<string> Own)
{
    private const int DigitsOfId = 16;

    /// <summary>It routes nothing.</summary>
    public static IngressOffer None { get; } = new("", false, []) { IsOffered = false };

    public bool IsOffered { get; private init; } = true;

    /// <summary>Tenants' own names may have certificates of the tenants.</summary>
    public bool TakesCertificates { get; init; }

    /// <summary>Why nothing can be routed now, with the next step; null when it can.</summary>
    public string? Problem { get; init; }

    /// <summary>What the workload asks for and does not get here, whoever proves what.</summary>
    public IEnumerable<WorkloadFault> Faults(WorkloadSpec workload) =>
        from service in workload.Services.Index()
        from port in service.Item.Ports.Index()
        where port.Item.Hostnames is not null
        from fault in Faults(port.Item, $"services[{service.Index}].ports[{port.Index}]")
        select fault;

    /// <summary>Every name that the lease's services are to be reached by; of each service that which was given out comes first.</summary>
    public IEnumerable<HostnameWish> Wishes(LeaseId id, WorkloadSpec workload) =>
        from service in workload.Services
        from port in service.Ports
        where port.Hostnames is not null
        from wish in Given(id, service.Container.Name, port).Concat(port.Hostnames!.Select(h => new HostnameWish(h, service.Container.Name, port.Name, port.Port, false) { TlsSecret = port.TlsSecret }))
        select wish;

    /// <summary>Where the name is reached.</summary>
    public string UrlOf(HostnameWish wish) => $"{((wish.IsGiven && IsHttps) || wish.TlsSecret is not null ? "https" : "http")}://{wish.Name}";

    // A name below the domain whose first label ends with the lease's id: nobody else's can be the same.
    private IEnumerable<HostnameWish> Given(LeaseId id, string service, PortSpec port) =>
        Domain.Length == 0 ? [] : [new HostnameWish($"{service}-{id.Hex.AsSpan(2, DigitsOfId)}.{Domain}", service, port.Name, port.Port, true)];

    private IEnumerable<WorkloadFault> Faults(PortSpec port, string at)
    {
        var certificate = IsOffered && !TakesCertificates && port.TlsSecret is not null
            ? new[] { new WorkloadFault($"{at}.tls", "this datacenter serves no certificates of tenants: leave it out, and your names are reached by HTTP, or ask another datacenter") }
            : [];
        return [.. certificate, .. Faults(port.Hostnames!, $"{at}.hostnames")];
    }

    private IEnumerable<WorkloadFault> Faults(IReadOnlyList<string> names, string path)
    {
        if (!IsOffered) return [new WorkloadFault(path, "this datacenter routes no hostnames: leave them out, or ask another datacenter")];
        if (names.Count == 0 && Domain.Length == 0) return [new WorkloadFault(path, "is empty, and this datacenter gives out no names: list names of your own")];
        return names.Index()
            .Where(name => Own.Append(Domain).Any(own => own.Length > 0 && Hostname.IsWithin(name.Item, own)))
            .Select(name => new WorkloadFault($"{path}[{name.Index}]", $"{Shown.Of(name.Item)} is the datacenter's own: leave it out, a name is given out without it"));
    }
}

/// <summary>A name that a service of a lease is to be reached by.</summary>
/// <param name="Name">Canonical.</param>
/// <param name="PortName">As the workload calls the port.</param>
/// <param name="IsGiven">The datacenter gave it out; else its tenant has to prove that it is its own.</param>
public sealed record HostnameWish(string Name, string Service, string PortName, ushort Port, bool IsGiven)
{
    /// <summary>Secret with the name's certificate; empty where there is one that is not known any more; null: none.</summary>
    public string? TlsSecret { get; init; }
}
