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
            "name", "image", "imagePullSecrets", "command", "args", "env", "envFrom", "replicas", "resources", "ports", "volumes", "readiness");
        var spec = new ServiceSpec(
            ContainerReader.Read(service, "replicas", faults),
            service.List("ports", WorkloadLimits.Ports, (e, at) => Port(new ObjectReader(e, at, faults, "name", "port", "protocol", "hostnames"))),
            service.List("volumes", WorkloadLimits.Volumes, (e, at) => Volume(new ObjectReader(e, at, faults, "name", "size", "mountPath"))),
            service.Find("readiness", optional: true, out var readiness)
                ? Probe(new ObjectReader(readiness, service.PathOf("readiness"), faults, "port", "httpPath", "periodSeconds"))
                : null);
        CheckPorts(spec.Ports, service.PathOf("ports"), faults);
        WorkloadChecks.Distinct(spec.Volumes.Select(v => v.Name), service.PathOf("volumes"), "name", faults);
        WorkloadChecks.Distinct(spec.Volumes.Select(v => v.MountPath), service.PathOf("volumes"), "mountPath", faults);
        return spec;
    }

    private static PortSpec Port(ObjectReader port)
    {
        var number = PortNumber(port);
        var protocol = port.Text("protocol", WorkloadRules.Protocol, absent: "TCP");
        if (port.Has("hostnames") && protocol == "UDP") port.Fault("hostnames", "lead to TCP ports only");
        return new PortSpec(port.Text("name", WorkloadRules.PortName, absent: $"{protocol.ToLowerInvariant()}-{number}"), number, protocol)
        {
            Hostnames = port.Has("hostnames") ? [.. port.Texts("hostnames", WorkloadLimits.Hostnames, Hostname.Fault).Select(Hostname.Canonical)] : null,
        };
    }

    private static VolumeSpec Volume(ObjectReader volume) => new(
        volume.Text("name", WorkloadRules.Name),
        volume.Amount("size", WorkloadLimits.VolumeMiB, Quantity.TryMiB),
        volume.Text("mountPath", WorkloadRules.MountPath));

    private static ProbeSpec Probe(ObjectReader probe) => new(
        PortNumber(probe),
        probe.Has("httpPath") ? probe.Text("httpPath", WorkloadRules.HttpPath) : null,
        probe.Whole("periodSeconds", 1, WorkloadLimits.ProbePeriodSeconds, absent: DefaultPeriodSeconds));

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
