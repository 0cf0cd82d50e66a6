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
    private readonly Dictionary<string, ObjectMirror> byKind = new(StringComparer.Ordinal);

    public ClusterCache(KubernetesClient client, string datacenter, TimeProvider time, ILoggerFactory loggers)
    {
        Informers = new InformerSet(client, time, loggers);
        ObjectMirror Mirror(ResourceKind kind, InformerOptions? options) => byKind[kind.Kind] = new(Informers.Add(kind, options), time);

        // A tenant may write labels of its ComputeLease: it must not vanish from sight by that.
        Leases = Mirror(ResourceKind.Of<V1Alpha1ComputeLease>(), null);
        Datacenters = Mirror(ResourceKind.Of<V1Alpha1Datacenter>(), new InformerOptions { FieldSelector = $"metadata.name={datacenter}" });
        foreach (var kind in IsolationKinds.Concat(WorkloadKinds).Append(ResourceKinds.PersistentVolumeClaim)) Mirror(kind, OfLeases);
        Pods = Informers.Add<V1Pod>();
        Pods.AddIndex(ByNamespace, pod => [pod.Metadata.Namespace ?? ""]);
        Pods.AddHandler(Inventory.Handle);
        Nodes = Informers.Add<V1Node>();
        Nodes.AddHandler(Inventory.Handle);
    }

    public static IReadOnlyList<ResourceKind> IsolationKinds { get; } =
        [ResourceKinds.Namespace, ResourceKinds.NetworkPolicy, ResourceKinds.ResourceQuota, ResourceKinds.LimitRange, ResourceKinds.RoleBinding];

    public static IReadOnlyList<ResourceKind> WorkloadKinds { get; } =
        [ResourceKinds.Deployment, ResourceKinds.StatefulSet, ResourceKinds.Job, ResourceKinds.Service];

    public InformerSet Informers { get; }

    public ObjectMirror Leases { get; }

    public ObjectMirror Datacenters { get; }

    public ObjectMirror Namespaces => byKind["Namespace"];

    /// <summary>Claims of leases' volumes, as the controllers made them of the operator's templates.</summary>
    public ObjectMirror Volumes => Of(ResourceKinds.PersistentVolumeClaim);

    public Informer<V1Pod> Pods { get; }

    public Informer<V1Node> Nodes { get; }

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
        LeaseId.TryParse(Namespaces.Get(@namespace).Annotation(Names.LeaseIdAnnotation), out var id) && id.Namespace == @namespace ? id : null;

    /// <summary>Workload objects of a lease that the operator made.</summary>
    public IEnumerable<JsonObject> WorkloadOf(LeaseId id) => WorkloadKinds.SelectMany(kind => Of(kind).In(id.Namespace))
        .Concat(ExposuresOf(id));

    /// <summary>Policies that let somebody from outside in to a lease's exposed ports.</summary>
    public IEnumerable<JsonObject> ExposuresOf(LeaseId id) => Of(ResourceKinds.NetworkPolicy).In(id.Namespace).Where(IsExposure);

    // One that lets nobody in is as good as gone.
    private static bool IsExposure(JsonObject policy) =>
        policy.Label(Names.ItemLabel) is { } item && policy.Text("metadata", "name") == Names.ExposureOf(item) && policy.Items("spec", "ingress").Any();

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
}
