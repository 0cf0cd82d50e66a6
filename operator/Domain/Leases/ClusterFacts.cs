using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Placement;
using Federation.Domain.Results;
using Federation.Domain.Usage;

namespace Federation.Domain.Leases;

/// <summary>What the cluster shows of a lease, read once per pass.</summary>
/// <param name="NamespaceExists">The lease's namespace is there.</param>
/// <param name="NamespaceTerminating">It is being deleted.</param>
/// <param name="IsolationHash">Hash of the isolation objects as they were last applied; null when one is missing or was changed by hand.</param>
/// <param name="AppliedSpecHash">Spec hash of the workload objects that exist; null when there are none or one is missing.</param>
/// <param name="Items">Services and jobs as the cluster runs them.</param>
/// <param name="Pods">All pods of the workload, ended ones included.</param>
/// <param name="Endpoints">Where the services answer.</param>
public sealed record ClusterFacts(
    bool NamespaceExists,
    bool NamespaceTerminating,
    string? IsolationHash,
    string? AppliedSpecHash,
    IReadOnlyList<ItemFact> Items,
    IReadOnlyList<PodFact> Pods,
    IReadOnlyList<LeaseEndpoint> Endpoints)
{
    /// <summary>Persistent volume claims of the lease, by UID.</summary>
    public IReadOnlyList<KeptVolume> Volumes { get; init; } = [];

    /// <summary>Names of the same claims.</summary>
    public IReadOnlyList<string> VolumeNames { get; init; } = [];

    /// <summary>What reads a volume and sends it; null when nothing does.</summary>
    public ExportRun? Export { get; init; }

    /// <summary>The same as volumes of services.</summary>
    public IReadOnlyList<ClaimFact> Claims { get; init; } = [];

    /// <summary>Routes of hostnames, and what is left of some.</summary>
    public IReadOnlyList<RouteFact> Routes { get; init; } = [];

    /// <summary>Pods of the workload that this process saw go.</summary>
    public IReadOnlyList<PodFact> Gone { get; init; } = [];

    /// <summary>UIDs of pods in the lease's namespace that are not of its workload, those that were seen to go among them: nobody pays for what they use.</summary>
    public IReadOnlyList<string> Foreign { get; init; } = [];

    /// <summary>Unix milliseconds up to when all this is known to be what the cluster showed.</summary>
    public long AsOfMs { get; init; } = long.MaxValue;

    /// <summary>When this was looked at, Unix milliseconds by the operator's own clock, which the chain's does not hold back; 0: nobody says.</summary>
    public long LookedAtMs { get; init; }

    /// <summary>The pods that are there, and those that went after a time: of the others what they held is counted and may be forgotten.</summary>
    public IReadOnlyList<PodFact> PodsSince(long ms) => [.. Pods, .. Gone.Where(p => Math.Max(p.EndedAtMs, p.GoneAtMs) > ms)];

    public static ClusterFacts Nothing { get; } = new(false, false, null, null, [], [], []);
}

/// <summary>The volume of one replica. It stays for as long as its lease, whatever workload is there.</summary>
/// <param name="Item">Service that it was made for.</param>
/// <param name="Volume">Its name in the workload.</param>
public sealed record ClaimFact(string Item, string Volume, uint MiB)
{
    /// <summary>Its storage class lets it be enlarged.</summary>
    public bool CanGrow { get; init; }
}

/// <param name="Kind">Deployment, StatefulSet or Job.</param>
/// <param name="Ready">Ready pods of a service, active pods of a job.</param>
/// <param name="Succeeded">Shards of a job that have ended well.</param>
/// <param name="Failed">True when a job has given up; <paramref name="Message"/> says why.</param>
public sealed record ItemFact(string Name, string Kind, int Desired, int Ready, int Succeeded, bool Failed, string Message)
{
    /// <summary>Of the object: one that is made anew has another.</summary>
    public string Uid { get; init; } = "";

    /// <summary>Unix milliseconds when a job completed or gave up; 0 before.</summary>
    public long EndedAtMs { get; init; }

    /// <summary>Unix milliseconds when a job is to be ended, however far it has got; 0 where it has all time, or has not begun.</summary>
    public long DeadlineMs { get; init; }

    /// <summary>Of a service: its pods are being replaced by such of another template.</summary>
    public bool IsRolling { get; init; }

    public bool IsJob => Kind == "Job";

    /// <summary>Of a job: its pods are taken away until it is told to go on.</summary>
    public bool IsSuspended { get; init; }

    public bool IsOver => IsComplete || Failed;

    public bool IsComplete => IsJob && Succeeded >= Desired;
}

/// <param name="Item">Service or job that it belongs to.</param>
/// <param name="Ended">Succeeded or Failed.</param>
/// <param name="Problem">Why it does not run (ImagePullBackOff, CrashLoopBackOff, Unschedulable …); null when it does.</param>
/// <param name="GpuA">Devices of the lease's class A that the API server granted to it.</param>
public sealed record PodFact(
    string Uid,
    string Name,
    string Item,
    string? Node,
    bool Ready,
    bool Ended,
    PodProblem? Problem,
    uint GpuA,
    uint GpuB,
    uint StorageMiB)
{
    /// <summary>One of its containers ran at least once. Until then there is a sandbox and nothing that the tenant asked for.</summary>
    public bool HasStarted { get; init; } = true;

    /// <summary>The node that it is on does not answer, or is there no more.</summary>
    public bool IsNodeDown { get; init; }

    /// <summary>Unix milliseconds when its node last said that it is well; <see cref="long.MaxValue"/> where nodes do not say when.</summary>
    public long HeardMs { get; init; } = long.MaxValue;

    /// <summary>Unix milliseconds since when its node is its own; 0 when that is not known.</summary>
    public long BoundAtMs { get; init; }

    /// <summary>Unix milliseconds when its object was seen to go; 0 while it is there.</summary>
    public long GoneAtMs { get; init; }

    /// <summary>Unix milliseconds since when its kubelet has had it; 0 when that is not known.</summary>
    public long StartedAtMs { get; init; }

    /// <summary>Unix milliseconds when the last of its containers ended, for good; 0 before, or when nobody saw it.</summary>
    public long EndedAtMs { get; init; }

    /// <summary>What it asks for; null when that is not known.</summary>
    public PodShape? Shape { get; init; }

    /// <summary>How its program ended; null while it has not, or when nobody saw it end.</summary>
    public PodEnd? End { get; init; }
}

/// <summary>What decides on which nodes a pod can be.</summary>
/// <param name="NodeLabels">That its node has to have.</param>
public sealed record PodShape(NodeResources Requests, IReadOnlyDictionary<string, string> NodeLabels)
{
    /// <summary>A pod of the demand could be exactly where this one is.</summary>
    /// <param name="placement">Of the demand's GPU class; null when it has none.</param>
    public bool Is(PodDemand demand, GpuPlacement? placement)
    {
        if ((Requests.CpuMilli, Requests.MemoryBytes, Requests.EphemeralBytes) != (demand.CpuMilli, demand.MemoryBytes, demand.EphemeralBytes)) return false;
        if (demand.GpuClass is null) return Requests.Extended.Values.All(count => count == 0) && NodeLabels.Count == 0;
        return placement is not null
            && Requests.Extended.All(e => e.Value == (e.Key == placement.Resource ? demand.GpuCount : 0)) && Requests.Extended.ContainsKey(placement.Resource)
            && NodeLabels.Count == placement.NodeLabels.Count && placement.NodeLabels.All(l => NodeLabels.GetValueOrDefault(l.Key) == l.Value);
    }
}

public sealed record PodProblem(string Reason, string Message);

/// <param name="Url">e.g. <c>http://10.96.12.7:8080</c>; <c>tcp://</c> for other protocols.</param>
public sealed record LeaseEndpoint(string Service, string Port, string Url)
{
    /// <summary>It is reached from outside of the cluster; else only inside the datacenter.</summary>
    public bool IsExposed { get; init; }
}
