using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Federation.Cluster.Watching;

/// <summary>Everything that the adapters read: one informer per kind, shared by all.</summary>
internal sealed class ClusterCache
{
    private const string ByNamespace = "namespace";

    private static readonly InformerOptions OfLeases = new() { LabelSelector = Names.LeaseLabel };
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);
    private readonly InformerSet late;
    private readonly TimeProvider time;
    private readonly Dictionary<string, ObjectMirror> byKind = new(StringComparer.Ordinal);
    // Asked for every event of every object: one look per version of a namespace.
    private readonly ConditionalWeakTable<PackedObject, Owner> owners = [];

    public ClusterCache(KubernetesClient client, string datacenter, TimeProvider time, ILoggerFactory loggers)
    {
        (Informers, late, this.time) = (new InformerSet(client, time, loggers), new InformerSet(client, time, loggers), time);
        ObjectMirror Mirror(ResourceKind kind, InformerOptions? options) => byKind[kind.Kind] = new(Informers.AddPacked(kind, options), time);

        // A tenant may write labels of its ComputeLease: it must not vanish from sight by that.
        Leases = Mirror(ResourceKind.Of<V1Alpha1ComputeLease>(), null);
        Datacenters = Mirror(ResourceKind.Of<V1Alpha1Datacenter>(), new InformerOptions { FieldSelector = $"metadata.name={datacenter}" });
        foreach (var kind in IsolationKinds.Concat(WorkloadKinds).Append(ResourceKinds.Ingress).Append(ResourceKinds.PersistentVolumeClaim)) Mirror(kind, OfLeases);
        byKind[HttpRoute.Kind] = new(late.AddPacked(HttpRoute, OfLeases), time);
        Pods = Informers.Add<V1Pod>();
        Pods.AddIndex(ByNamespace, pod => [pod.Metadata.Namespace ?? ""]);
        Pods.AddHandler(Inventory.Handle);
        Own = new OwnPods(Leases);
        Gone = new GonePods(time, Own);
        Pods.AddHandler(Own.Note);
        Pods.AddHandler(Gone.Handle);
        Pods.AddHandler(Own.Forget);
        RuntimeClasses = Informers.Add(ResourceKinds.RuntimeClass, null);
        StorageClasses = Informers.Add(ResourceKinds.StorageClass, null);
        Nodes = Informers.Add<V1Node>();
        Nodes.AddHandler(Inventory.Handle);
    }

    public static IReadOnlyList<ResourceKind> IsolationKinds { get; } =
        [ResourceKinds.Namespace, ResourceKinds.NetworkPolicy, ResourceKinds.ResourceQuota, ResourceKinds.LimitRange, ResourceKinds.RoleBinding];

    public static IReadOnlyList<ResourceKind> WorkloadKinds { get; } =
        [ResourceKinds.Deployment, ResourceKinds.StatefulSet, ResourceKinds.Job, ResourceKinds.Service];

    /// <summary>Not every cluster serves it.</summary>
    public static ResourceKind HttpRoute { get; } = new("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");

    public InformerSet Informers { get; }

    /// <summary>The server knows HTTPRoutes, and the cache shows those of leases.</summary>
    public bool ServesHttpRoutes => late.HasSynced;

    /// <summary>Longest silence of any watch.</summary>
    public TimeSpan Silence => ServesHttpRoutes && late.LastActivity > Informers.LastActivity ? late.LastActivity : Informers.LastActivity;

    /// <summary>Unix milliseconds up to when the cache is known to show all that there was.</summary>
    public long AsOfMs => (time.GetUtcNow() - Silence).ToUnixTimeMilliseconds();

    public ObjectMirror Leases { get; }

    public ObjectMirror Datacenters { get; }

    public ObjectMirror Namespaces => byKind["Namespace"];

    /// <summary>Claims of leases' volumes, as the controllers made them of the operator's templates.</summary>
    public ObjectMirror Volumes => Of(ResourceKinds.PersistentVolumeClaim);

    /// <summary>The API server would let the claim ask for more: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims.</summary>
    public bool CanGrow(JsonObject claim) => claim.Text("status", "phase") == "Bound"
        && claim.Text("spec", "storageClassName") is { Length: > 0 } name
        && StorageClasses.Get(name)?["allowVolumeExpansion"]?.GetValueKind() == JsonValueKind.True;

    public Informer<V1Pod> Pods { get; }

    public OwnPods Own { get; }

    public GonePods Gone { get; }

    public Informer<V1Node> Nodes { get; }

    public Informer<JsonObject> RuntimeClasses { get; }

    public Informer<JsonObject> StorageClasses { get; }

    /// <summary>What is free on the nodes.</summary>
    public Inventory Inventory { get; } = new();

    public IEnumerable<ObjectMirror> OfLease => byKind.Values.Where(m => m != Datacenters);

    public ObjectMirror Of(JsonObject manifest) => byKind[manifest.Text("kind") ?? ""];

    public ObjectMirror Of(ResourceKind kind) => byKind[kind.Kind];

    /// <summary>The object that a manifest is about, as it stands.</summary>
    public JsonObject? Find(JsonObject manifest)
    {
        var key = ObjectView.Key(manifest);
        return Of(manifest).Get(key.Name, key.Namespace);
    }

    public IReadOnlyList<V1Pod> PodsIn(string @namespace) => Pods.ByIndex(ByNamespace, @namespace);

    /// <summary>The lease that a namespace was made for; null for any other namespace.</summary>
    public LeaseId? LeaseOf(string @namespace) =>
        Namespaces.Find(@namespace) is { } space ? LeaseOf(space) : null;

    /// <inheritdoc cref="LeaseOf(string)"/>
    public LeaseId? LeaseOf(PackedObject space) => owners.GetValue(space, Owner.Of).Lease;

    /// <summary>
    /// Everything that is seen of a lease, as it was told: the same objects say the same. Pods' nodes are among it, because the
    /// endpoints name their addresses, and storage classes, because they say whether volumes can grow.
    /// </summary>
    public IReadOnlyList<object?> SightOf(string @namespace)
    {
        var pods = PodsIn(@namespace);
        var nodes = pods.Select(pod => pod.Spec?.NodeName is { Length: > 0 } node ? Nodes.Get(node) : null);
        return [Namespaces.Find(@namespace), .. byKind.Values.SelectMany(mirror => mirror.AllIn(@namespace)), .. pods, .. pods.Where(Own.Has), .. Gone.In(@namespace), .. Own.ForeignGone(@namespace), .. nodes, .. StorageClasses.List()];
    }

    /// <summary>Workload objects of a lease that the operator made.</summary>
    public IEnumerable<JsonObject> WorkloadOf(LeaseId id) => WorkloadKinds.SelectMany(kind => Of(kind).In(id.Namespace))
        .Where(o => o.Text("metadata", "name") != Names.ExportJob)
        .Concat(ExposuresOf(id));

    /// <summary>Pods of a lease's workload.</summary>
    public IEnumerable<V1Pod> WorkloadPodsOf(LeaseId id) => PodsIn(id.Namespace).Where(Own.Has);

    /// <summary>Pods in a lease's namespace that are nobody's who may run something there.</summary>
    public IEnumerable<V1Pod> ForeignPodsOf(LeaseId id) => PodsIn(id.Namespace).Where(p => !Own.Has(p) && !OwnPods.IsExport(p));

    /// <summary>Policies that let somebody from outside in to a lease's exposed ports.</summary>
    public IEnumerable<JsonObject> ExposuresOf(LeaseId id) => Of(ResourceKinds.NetworkPolicy).In(id.Namespace).Where(IsExposure);

    // One that lets nobody in is as good as gone.
    private static bool IsExposure(JsonObject policy) =>
        policy.Label(Names.ItemLabel) is { } item && policy.Text("metadata", "name") == Names.ExposureOf(item) && policy.Items("spec", "ingress").Any();

    /// <summary>Routes of a lease's hostnames.</summary>
    public IEnumerable<JsonObject> RoutesOf(LeaseId id) => Of(ResourceKinds.Ingress).In(id.Namespace).Concat(Of(HttpRoute).In(id.Namespace));

    /// <summary>Policies that let routed traffic in to a lease.</summary>
    public IEnumerable<JsonObject> AdmissionsOf(LeaseId id) => Of(ResourceKinds.NetworkPolicy).In(id.Namespace).Where(RouteManifests.IsAdmission);

    public Task WaitForHttpRoutesAsync(CancellationToken cancellation) => late.WaitForSyncAsync(cancellation);

    /// <summary>Fills and follows the cache of HTTPRoutes as soon as the server serves them.</summary>
    /// <param name="isServed">Asked until it says so.</param>
    public async Task FollowHttpRoutesAsync(Func<CancellationToken, Task<bool>> isServed, CancellationToken cancellation)
    {
        while (!await isServed(cancellation)) await Task.Delay(LookAgain, time, cancellation);
        await late.RunAsync(cancellation);
    }

    /// <exception cref="ClusterException">The namespace belongs to another lease.</exception>
    public static void RefuseCollision(JsonObject? space, LeaseId id)
    {
        if (space is null || space.Annotation(Names.LeaseIdAnnotation) == id.Hex) return;
        var owner = space.Annotation(Names.LeaseIdAnnotation) is { } other ? $"lease {other}" : "somebody else";
        throw new ClusterException(
            "NamespaceCollision",
            $"Namespace {id.Namespace} belongs to {owner}, so lease {id} cannot run here: refuse it on chain, its deposit is refunded.",
            isTransient: false);
    }
    private sealed record Owner(LeaseId? Lease)
    {
        public static Owner Of(PackedObject space) =>
            new(LeaseId.TryParse(space.Tree.Annotation(Names.LeaseIdAnnotation), out var id) && id.Namespace == space.Key.Name ? id : null);
    }
}
