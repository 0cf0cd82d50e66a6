using System.Diagnostics.Metrics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Reconciling;

/// <summary>What the operator that leads knows of its datacenter: leases by phase, and capacity by class. One that stands by shows neither.</summary>
public sealed class DatacenterMetrics : IDisposable
{
    private const double MilliPerCore = 1000;

    // Each is there from the first look on, also where no lease is in it: a panel shows 0, and not nothing.
    private static readonly LeasePhase[] Phases = Enum.GetValues<LeasePhase>();

    private readonly Meter meter = new("Federation.Datacenter");
    private volatile IReadOnlyDictionary<LeasePhase, int>? leases;
    private volatile IReadOnlyList<ClassCapacity> capacity = [];

    public DatacenterMetrics()
    {
        meter.CreateObservableGauge("federation_leases", Counted, null, "ComputeLeases, by phase (that of their status; Closed and Refused ones until they are removed).");
        meter.CreateObservableGauge("federation_capacity", Promised, null, "What the nodes have and who was promised it, in cores, bytes and devices, by class (cpu, memory, storage, or a GPU class) and state (allocatable, held by quotes and bids, leased, free).");
    }

    internal Meter Meter => meter;

    public void Dispose() => meter.Dispose();

    /// <param name="classes">Null while nothing is known of it: what was said stands.</param>
    internal void Seen(IReadOnlyList<LeaseRecord> records, IReadOnlyList<ClassCapacity>? classes)
    {
        leases = records.CountBy(r => r.Status.Phase).ToDictionary();
        if (classes is not null) capacity = classes;
    }

    /// <summary>Another one leads, and shows them.</summary>
    internal void Clear() => (leases, capacity) = (null, []);

    private IEnumerable<Measurement<int>> Counted() => leases is { } known ? Phases.Select(p => new Measurement<int>(known.GetValueOrDefault(p), Tag("phase", p.ToString()))) : [];

    private IEnumerable<Measurement<double>> Promised() =>
        from one in capacity
        let unit = one.Class == ClassCapacity.Cpu ? MilliPerCore : 1
        from state in new (string Name, long Amount)[] { ("allocatable", one.Allocatable), ("held", one.Held), ("leased", one.Leased), ("free", one.Free) }
        select new Measurement<double>(state.Amount / unit, Tag("class", one.Class), Tag("state", state.Name));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
