using System.Text.Json;
using Federation.Domain.Hostnames;

namespace Federation.Domain.Workloads;

/// <summary>One item of <c>services</c>.</summary>
internal static class ServiceReader
{
    private const int DefaultPeriodSeconds = 5;

    public static ServiceSpec Read(JsonElement element, string path, FaultList faults)
    {
        var service = new ObjectReader(element, path, faults,
            [.. ContainerReader.Fields, "replicas", "ports", "readiness", "liveness", "startup"]);
        var mounts = MountReader.Read(service, keeps: true, faults);
        var spec = new ServiceSpec(
            ContainerReader.Read(service, "replicas", mounts, faults),
            service.List("ports", WorkloadLimits.Ports, (e, at) => Port(new ObjectReader(e, at, faults, "name", "port", "protocol", "expose", "hostnames", "tls"))),
            mounts.Kept,
            Probe(service, "readiness", faults))
        {
            Liveness = Probe(service, "liveness", faults),
            Startup = Probe(service, "startup", faults),
        };
        CheckPorts(spec.Ports, service.PathOf("ports"), faults);
        return spec;
    }

    private static PortSpec Port(ObjectReader port)
    {
        var number = PortNumber(port);
        var protocol = port.Text("protocol", WorkloadRules.Protocol, absent: "TCP");
        if (port.Has("hostnames") && protocol == "UDP") port.Fault("hostnames", "lead to TCP ports only");
        string[]? hostnames = port.Has("hostnames") ? [.. port.Texts("hostnames", WorkloadLimits.Hostnames, Hostname.Fault).Select(Hostname.Canonical)] : null;
        if (port.Has("tls") && hostnames is null or []) port.Fault("tls", "is the certificate of hostnames of your own: list them beside it");
        return new PortSpec(port.Text("name", WorkloadRules.PortName, absent: $"{protocol.ToLowerInvariant()}-{number}"), number, protocol)
        {
            IsExposed = port.Flag("expose"),
            Hostnames = hostnames,
            TlsSecret = port.Has("tls") ? port.Text("tls", WorkloadRules.SecretName) : null,
        };
    }

    private static ProbeSpec? Probe(ObjectReader service, string name, FaultList faults)
    {
        if (!service.Find(name, optional: true, out var element)) return null;
        var probe = new ObjectReader(element, service.PathOf(name), faults, "port", "httpPath", "periodSeconds", "failureThreshold");
        return new ProbeSpec(
            PortNumber(probe),
            probe.Has("httpPath") ? probe.Text("httpPath", WorkloadRules.HttpPath) : null,
            probe.Whole("periodSeconds", 1, WorkloadLimits.ProbePeriodSeconds, absent: DefaultPeriodSeconds))
        {
            FailureThreshold = probe.Whole("failureThreshold", 1, WorkloadLimits.FailureThreshold, absent: ProbeSpec.DefaultFailureThreshold),
        };
    }

    // A port that is listed twice also has its default name twice: one fault is enough.
    private static void CheckPorts(IReadOnlyList<PortSpec> ports, string path, FaultList faults)
    {
        var first = ports.DistinctBy(p => (p.Port, p.Protocol)).ToHashSet(ReferenceEqualityComparer.Instance);
        WorkloadChecks.Distinct(ports.Select(p => p.Port == 0 ? "" : $"{p.Port}/{p.Protocol}"), path, "port", faults);
        WorkloadChecks.Distinct(ports.Select(p => p.Port > 0 && first.Contains(p) ? p.Name : ""), path, "name", faults);
        // The name that the datacenter gives out is the service's.
        foreach (var (index, _) in ports.Index().Where(p => p.Item.Hostnames is not null).Skip(1))
            faults.Add($"{path}[{index}].hostnames", "another port of the service has some: names lead to one port, so make it a service of its own");
    }

    private static ushort PortNumber(ObjectReader reader) => (ushort)reader.Whole("port", 1, ushort.MaxValue);
}
