using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Results;
using Federation.Domain.Workloads;
using Federation.Testing.Builders;
using Federation.Testing.Holding;

namespace Federation.Testing.Cluster;

/// <summary>What hinders the API server.</summary>
public enum ApiFault
{
    None,

    /// <summary>Nothing is answered, nothing is done.</summary>
    Down,

    /// <summary>Writes are refused before they take effect; caches answer.</summary>
    RefusesWrites,

    /// <summary>Writes take effect, the answer is lost.</summary>
    LosesReplies,
}

/// <summary>A cluster for leases: objects, pods that its controllers start and end, and an API server that may fail.</summary>
public sealed class InMemoryCluster(PortGate gate) : ILeaseStore, IWorkloadCluster, ICursorStore, IDatacenterStore
{
    // NetworkPolicy, ResourceQuota, LimitRange, RoleBinding; the namespace is there already and gets its labels with it.
    private const int IsolationObjects = 4;

    /// <summary>Turns of the controllers that a job's pod runs for.</summary>
    private const int TurnsOfAJob = 6;

    private Dictionary<LeaseId, LeaseSpace> spaces = [];
    private Dictionary<LeaseId, LeaseSpace>? stale;
    private readonly Dictionary<string, int> born = [];
    private int podNumber;
    private int turn;

    private long staleSinceMs;

    public WriteLog Writes { get; } = new();

    /// <summary>Unix milliseconds: when pods are bound and end is told by it; without, nobody vouches for their lives.</summary>
    public Func<long>? Now { get; init; }

    public ApiFault Fault { get; set; }

    /// <summary>Leases whose objects cannot be made, whatever is tried.</summary>
    public HashSet<LeaseId> Unwritable { get; } = [];

    /// <summary>Leases whose namespace is another's.</summary>
    public HashSet<LeaseId> Colliding { get; } = [];

    public IReadOnlyList<NodeSnapshot> Nodes { get; set; } = [Some.Node()];

    public IReadOnlyDictionary<string, IReadOnlyList<NodeUse>> Uses { get; set; } = new Dictionary<string, IReadOnlyList<NodeUse>>();

    /// <summary>MiB of the volumes that are there, by namespace.</summary>
    public IReadOnlyDictionary<string, long> VolumesMiB { get; set; } = new Dictionary<string, long>();

    /// <summary>False: the process has not understood its Datacenter object yet.</summary>
    public bool IsDatacenterRead { get; set; } = true;

    /// <summary>Where the nodes that were held for a lease are looked up when it is made.</summary>
    public InMemoryHolds? Holds { get; init; }

    /// <summary>What the Datacenter says of leases that cannot pay, or are over.</summary>
    public KeepPolicy Keep { get; set; } = KeepPolicy.None;

    public Intake Intake { get; set; }

    /// <summary>What the Datacenter says of hostnames.</summary>
    public IngressOffer? Ingress { get; set; } = IngressOffer.None;

    public ChainCursor? Cursor { get; private set; }

    public DatacenterRecord? Datacenter { get; set; }

    public DatacenterReport? Report => Datacenter?.Report;

    /// <summary>UIDs of the pods that a reader was ever shown.</summary>
    public HashSet<string> ShownPods { get; } = [];

    /// <summary>Called when a namespace is about to be removed by the operator.</summary>
    public Action<LeaseId>? Removing { get; set; }

    public IReadOnlyDictionary<LeaseId, LeaseSpace> Spaces => spaces;

    /// <summary>While true, reads answer what was there when it was set; what the operator itself writes into a lease's object it has from the answer.</summary>
    public bool IsStale
    {
        get => stale is not null;
        set
        {
            if (value && stale is null) staleSinceMs = Now?.Invoke() ?? 0;
            stale = value ? stale ?? new(spaces) : null;
        }
    }

    /// <summary>For how long reads have answered that, milliseconds.</summary>
    public long StaleMs => IsStale ? (Now?.Invoke() ?? 0) - staleSinceMs : 0;

    /// <summary>The tenant's, the admin's or the controllers' change; not the operator's.</summary>
    public void Change(LeaseId id, Func<LeaseSpace, LeaseSpace> change)
    {
        if (spaces.TryGetValue(id, out var space)) spaces[id] = change(space);
    }

    public void Deliver(LeaseId id, JsonElement workload) => Change(id, s => s with { Workload = workload, Generation = s.Generation + 1 });

    /// <summary>Somebody with rights deletes the namespace, behind the operator's back.</summary>
    public void DeleteByHand(LeaseId id) => spaces.Remove(id);

    /// <summary>One turn of the controllers: pods of what is applied start, others go, deleted namespaces end.</summary>
    public void Turn()
    {
        turn++;
        foreach (var (id, space) in spaces.ToArray())
            if (space.IsTerminating) spaces.Remove(id);
            else spaces[id] = space with { Pods = PodsOf(space), Volumes = space.VolumesOf(), Claims = space.ClaimsOf() };
    }

    public Task<IReadOnlyList<LeaseRecord>> ListAsync(CancellationToken cancellation) =>
        Read<IReadOnlyList<LeaseRecord>>(() => [.. Seen.Values.Select(s => s.ToRecord())]);

    public Task<ClusterFacts> ObserveAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation) =>
        Read(() =>
        {
            if (!Seen.TryGetValue(id, out var space)) return ClusterFacts.Nothing;
            ShownPods.UnionWith(space.Pods.Select(p => p.Uid));
            return space.ToFacts() with { AsOfMs = IsStale && Now is not null ? staleSinceMs : long.MaxValue };
        });

    public Task<ClusterCapacity> ReadCapacityAsync(CancellationToken cancellation) =>
        Read(() => new ClusterCapacity(Nodes, new Dictionary<string, GpuPlacement> { [Some.GpuClass] = Some.GpuPlacement }) { Uses = Uses, Volumes = VolumesMiB, IsStorageRead = IsDatacenterRead, StorageMiB = IsDatacenterRead ? Datacenter?.Spec.StorageMiB : null, Keep = Keep, Ingress = Ingress, Intake = Intake });

    public Task<ChainCursor?> LoadAsync(CancellationToken cancellation) => Read(() => Cursor);

    /// <summary>Why the Datacenter cannot be understood; null: it can.</summary>
    public string? DatacenterFault { get; set; }

    public Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation) =>
        Read(() => DatacenterFault is { } fault ? throw new ClusterException(IDatacenterStore.Invalid, fault, isTransient: false) : Datacenter);

    public Task WriteInvalidAsync(IReadOnlyList<LeaseCondition> conditions, CancellationToken cancellation) =>
        WriteStatusAsync(Datacenter!, Report! with { Conditions = [.. conditions, .. Report.Conditions.Where(b => conditions.All(c => c.Type != b.Type))] }, cancellation);

    public Task SaveAsync(ChainCursor cursor, CancellationToken cancellation) => Write(() =>
    {
        Cursor = cursor;
        Writes.Add(null, "Cursor");
    });

    public Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation) => Write(() =>
    {
        if (JsonSerializer.Serialize(Report) == JsonSerializer.Serialize(report)) return;
        Datacenter = seen with { Report = report };
        Writes.Add(null, "DatacenterStatus");
    });

    public Task EnsureAsync(MatchedLease lease, CancellationToken cancellation) => Write(() =>
    {
        if (Colliding.Contains(lease.Id)) throw new ClusterException("NamespaceCollision", $"Namespace {lease.Id.Namespace} belongs to somebody else.", isTransient: false);
        if (Unwritable.Contains(lease.Id)) throw new InvalidOperationException($"Namespace {lease.Id.Namespace} belongs to somebody else.");
        if (!spaces.TryGetValue(lease.Id, out var space))
        {
            spaces[lease.Id] = new LeaseSpace(lease, null, 1, LeaseStatus.New, false) { Reserved = Holds?.Stored.FirstOrDefault(h => h.Leases.Contains(lease.Id))?.Shares ?? [] };
            Writes.Add(lease.Id, "Create", 2);
        }
        else if (space.IsTerminating)
        {
            throw new InvalidOperationException($"Namespace {lease.Id.Namespace} is being deleted.");
        }
        else if (space.Chain != lease)
        {
            var more = Holds?.Stored.FirstOrDefault(h => h.Amends?.Lease == lease.Id)?.Shares ?? [];
            spaces[lease.Id] = space with { Chain = lease, Generation = space.Generation + 1, Reserved = NodeShare.Sum([.. space.Reserved, .. more]) };
            Writes.Add(lease.Id, "SetBack");
        }
    });

    public async Task<bool> WriteStatusAsync(LeaseRecord seen, LeaseStatus status, CancellationToken cancellation)
    {
        var isNews = false;
        await Write(() =>
        {
            if (!spaces.TryGetValue(seen.Id, out var space)) throw new InvalidOperationException("ComputeLease not found.");
            if (StatusText.Of(space.Status) == StatusText.Of(status)) return;
            isNews = true;
            var written = spaces[seen.Id] = space with { Status = status };
            if (stale is { } old && old.TryGetValue(seen.Id, out var shown))
                old[seen.Id] = shown with { Chain = written.Chain, Workload = written.Workload, Generation = written.Generation, Status = status };
            Writes.Add(seen.Id, "Status");
        });
        return isNews;
    }

    public Task ApplyAsync(LeaseEffect effect, CancellationToken cancellation) => Write(() =>
    {
        if (!spaces.TryGetValue(effect.Id, out var space))
        {
            if (effect is RemoveNamespace or StopWorkload) return;
            throw new InvalidOperationException("Namespace not found.");
        }

        if (space.IsTerminating && effect is not RemoveNamespace) throw new InvalidOperationException("Namespace is being deleted.");
        var (next, objects) = Apply(space, effect);
        spaces[effect.Id] = next;
        Writes.Add(effect.Id, effect.GetType().Name, objects);
    });

    private (LeaseSpace Next, int Objects) Apply(LeaseSpace space, LeaseEffect effect)
    {
        switch (effect)
        {
            case EnsureIsolation:
                return (space with { IsIsolated = true }, space.IsIsolated ? 0 : IsolationObjects);
            case EnsureWorkload ensure:
                return space.AppliedSpecHash == ensure.SpecHash
                    ? (space, 0)
                    : (space with { Reserved = ensure.Reserve ?? space.Reserved, Applied = ensure.Workload, AppliedSpecHash = ensure.SpecHash, IsSuspended = false, Round = space.Round + 1 }, ensure.Workload.Containers.Count());
            case SuspendWorkload:
                return (space with { IsSuspended = true, AppliedSpecHash = null }, space.IsSuspended ? 0 : space.Applied?.Containers.Count() ?? 0);
            case RemindJob:
                return (space, 1);
            case EnsureRoutes ensure:
                return (space with { Routes = ensure.Routes }, ensure.Routes.Except(space.Routes).Concat(space.Routes.Except(ensure.Routes)).Count());
            case EnsureExport ensure:
                return (space with { Export = new ExportRun(ensure.Volume, ensure.Wish.Secret, ensure.Wish.User, 0) }, space.Export is null ? 1 : 2);
            case RemoveExport:
                return (space with { Export = null }, space.Export is null ? 0 : 1);
            case StopWorkload:
                return (space with { Applied = null, AppliedSpecHash = null, IsSuspended = false, Routes = [] }, (space.Applied?.Containers.Count() ?? 0) + space.Routes.Count);
            case RemoveNamespace:
                Removing?.Invoke(space.Chain.Id);
                return (space with { IsTerminating = true }, space.IsTerminating ? 0 : 1);
            default:
                throw new InvalidOperationException($"Unknown effect {effect}.");
        }
    }

    private Dictionary<LeaseId, LeaseSpace> Seen => stale ?? spaces;

    private PodFact[] PodsOf(LeaseSpace space)
    {
        if (space.IsSuspended) return [.. space.Pods.Where(p => p.Ended)];
        var wanted = space.Applied?.Services ?? [];
        var kept = space.Pods.Where(p => wanted.Any(s => s.Container.Name == p.Item)).ToList();
        foreach (var service in wanted.Where(s => kept.All(p => p.Item != s.Container.Name)))
        {
            var (resources, number) = (service.Container.Resources, ++podNumber);
            kept.Add(new PodFact($"uid-{number:D4}", $"{service.Container.Name}-{number}", service.Container.Name, "node-a", true, false, null, resources.Gpu?.Count ?? 0u, 0, resources.EphemeralMiB + (uint)service.Volumes.Sum(v => (long)v.SizeMiB)) { BoundAtMs = Now?.Invoke() ?? 0 });
        }

        return [.. kept, .. (space.Applied?.Jobs ?? []).SelectMany(j => PodsOf(space, j))];
    }

    // They run for a while, all at once, and say the same.
    private IEnumerable<PodFact> PodsOf(LeaseSpace space, JobSpec job)
    {
        var (name, uid, resources) = (job.Container.Name, space.UidOf(job), job.Container.Resources);
        var kept = space.Pods.Where(p => p.Item == name && p.Name.StartsWith(uid + "-", StringComparison.Ordinal)).ToList();
        while (kept.Count < job.Container.Replicas)
        {
            var number = ++podNumber;
            born[$"uid-{number:D4}"] = turn;
            kept.Add(new PodFact($"uid-{number:D4}", $"{uid}-{number}", name, "node-a", true, false, null, 0, 0, resources.EphemeralMiB) { BoundAtMs = Now?.Invoke() ?? 0 });
        }

        return kept.Select(p => p.Ended || turn - born[p.Uid] < TurnsOfAJob ? p : p with { Ready = false, Ended = true, EndedAtMs = Now?.Invoke() ?? 0, End = new PodEnd(uid, true, 0, Some.JobText, turn) });
    }

    private Task<T> Read<T>(Func<T> read) => Run(() => Fault == ApiFault.Down ? throw new HttpRequestException("The API server does not answer.") : read());

    private Task<bool> Write(Action write) => Run(() =>
    {
        if (Fault is ApiFault.Down or ApiFault.RefusesWrites) throw new HttpRequestException("The API server takes no writes.");
        write();
        return Fault == ApiFault.LosesReplies ? throw new TimeoutException("The API server's answer was lost.") : true;
    }, "writing to the cluster");

    private Task<T> Run<T>(Func<T> call, string step = "reading the cluster")
    {
        try
        {
            gate.Pass(step);
            var answer = call();
            gate.Pass(step);
            return Task.FromResult(answer);
        }
        catch (Exception error)
        {
            return Task.FromException<T>(error);
        }
    }
}
