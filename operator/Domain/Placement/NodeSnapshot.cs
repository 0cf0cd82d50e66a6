namespace Federation.Domain.Placement;

/// <summary>Amounts on a node or of a pod: milli-exact CPU, bytes, and extended resources by name.</summary>
public sealed record NodeResources(long CpuMilli, long MemoryBytes, long EphemeralBytes, IReadOnlyDictionary<string, long> Extended)
{
    public static NodeResources None { get; } = new(0, 0, 0, new Dictionary<string, long>());
}

/// <summary>A node as the scheduler would see it.</summary>
/// <param name="Free">Allocatable minus the requests of the pods on it that have not ended.</param>
/// <param name="FreePods">Pods that the node still takes.</param>
/// <param name="Blocked">Why nothing may be placed (cordon, not ready, taint, pressure); null when it may.</param>
/// <param name="GpuClasses">Model classes of its devices: canonical text to extended resource name.</param>
public sealed record NodeSnapshot(
    string Name,
    NodeResources Free,
    long FreePods,
    string? Blocked,
    IReadOnlyDictionary<string, string> GpuClasses)
{
    private readonly NodeResources? total;

    /// <summary>What it would have without any pod; what is free when nobody said.</summary>
    public NodeResources Total
    {
        get => total ?? Free;
        init => total = value;
    }

    /// <summary>Pods that it would take without any.</summary>
    public long TotalPods { get; init; }

    /// <summary>The same node with nothing on it and nothing against it: what could ever be placed there.</summary>
    public NodeSnapshot Emptied() => this with { Free = Total, FreePods = Math.Max(TotalPods, FreePods), Blocked = null };

    /// <summary>
    /// The model of each of its resources that has one model only. A resource name that two models share does not say which of
    /// them a pod gets: neither can be sold as exact.
    /// </summary>
    internal IEnumerable<(string Class, string Resource)> ExactClasses() => GpuClasses.Count == 1
        ? GpuClasses.Select(g => (g.Key, g.Value))
        : GpuClasses
            .GroupBy(g => g.Value, StringComparer.Ordinal)
            .Where(sameResource => sameResource.Count() == 1)
            .Select(sameResource => (sameResource.Single().Key, sameResource.Key));
}

/// <summary>Identical pods to be placed together.</summary>
/// <param name="Name">Service or job.</param>
public sealed record PodDemand(string Name, int Replicas, long CpuMilli, long MemoryBytes, long EphemeralBytes, string? GpuClass, int GpuCount);

/// <summary>Whole lease or nothing.</summary>
/// <param name="Nodes">Node of each replica by demand name; empty when it does not fit.</param>
/// <param name="Reason">CamelCase reason for a condition; empty when it fits.</param>
/// <param name="Message">For people: what lacks, where, and what would help.</param>
public sealed record PlacementResult(IReadOnlyDictionary<string, IReadOnlyList<string>> Nodes, string Reason, string Message)
{
    public bool Fits => Reason.Length == 0;
}
