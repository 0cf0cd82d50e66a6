using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Domain.Hostnames;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;

namespace Federation.Cluster;

/// <summary>This member's Datacenter object, from the cache.</summary>
internal sealed class DatacenterView(ClusterCache cache, string name)
{
    private const string NoGatewayApi =
        "spec.ingress.gateway is set, and the cluster does not serve HTTPRoute of gateway.networking.k8s.io/v1: install the Gateway API's definitions, which are looked for every minute, or name a className.";

    private Reading last = new(null, NodePolicy.None, "", Domain.Leases.Intake.Open, DatacenterMapper.UsualKeep, ImageSources.None, null, null, []);
    private Classification? classes;

    public JsonObject? Tree => cache.Datacenters.Get(name);

    /// <summary>As long as the object is missing or broken, what it last said holds: a typing error must not change running leases.</summary>
    public NodePolicy Policy() => Read().Policy;

    public string StorageClass() => Read().StorageClass;

    /// <summary>What the object does not name is not named; false as long as it was never understood.</summary>
    public bool WasRead() => Ports() is not null;

    /// <summary>Null where none is named.</summary>
    public long? StorageMiB() => Read().StorageMiB;

    public long LeastVolumeMiB() => Read().LeastVolumeMiB;

    public Intake Intake() => Read().Intake;

    public KeepPolicy Keep() => Read().Keep;

    /// <summary>Null as long as the object is there and was never understood.</summary>
    public ImageSources? Images() => Tree is not null && Ports() is null ? null : Read().Images;

    public string RuntimeClass() => Read().RuntimeClass;

    public UserNamespaces UserNamespaces() => Read().UserNamespaces;

    public IReadOnlyList<NameServer> NameServers() => Read().NameServers;

    /// <summary>Null as long as it was never understood.</summary>
    public PortPolicy? Ports() => Read().Ports;

    /// <summary>In a weaker runtime than the administrator wants, nothing is to run for a moment even.</summary>
    /// <exception cref="ClusterException">The object is there, and nobody ever knew what it says.</exception>
    public void RefuseUnread()
    {
        if (Tree is not null && Ports() is null)
            throw new ClusterException("DatacenterInvalid", "The Datacenter object cannot be understood, so nothing new is started: its administrator mends it. What runs goes on.", isTransient: true);
    }

    /// <summary>Null where nothing is routed.</summary>
    public IngressPolicy? Ingress() => Read().Ingress;

    /// <summary>What is routed, and whether it can be; null before the object was ever read.</summary>
    public IngressOffer? Offer() => Read() is { Ingress.Gateway: not null } reading && !cache.ServesHttpRoutes ? reading.Offer! with { Problem = NoGatewayApi } : Read().Offer;

    /// <summary>
    /// Every GPU class that is known: named in the spec, told by labels of nodes, or counted in the status before. The last is
    /// the memory for classes whose nodes are away: their leases are still leases of this class.
    /// </summary>
    public IReadOnlyDictionary<string, GpuPlacement> Classes()
    {
        var (reading, known) = (Read(), classes);
        var found = cache.Inventory.Read(reading.Policy).GpuClasses;
        if (known is not null && ReferenceEquals(known.Found, found) && ReferenceEquals(known.Counted, reading.Counted)) return known.All;
        var all = new Dictionary<string, GpuPlacement>(found, StringComparer.Ordinal);
        foreach (var text in reading.Counted)
            if (!all.ContainsKey(text) && GpuLabels.PlacementOf(text) is { } placement) all[text] = placement;
        classes = new Classification(found, reading.Counted, all);
        return all;
    }

    private Reading Read()
    {
        var (known, tree) = (last, Tree);
        if (tree is null || ReferenceEquals(tree, known.Tree)) return known;
        string[] counted = [.. tree.Items("status", "capacity").Select(c => c.Text("class")).OfType<string>()];
        if (counted.SequenceEqual(known.Counted)) counted = known.Counted;
        // The operator's own writes of the status come by here too: the policy stays the same object as long as it says the same.
        if (known.Tree is { } before && JsonNode.DeepEquals(before["spec"], tree["spec"])) return last = known with { Tree = tree, Counted = counted };
        try
        {
            var spec = DatacenterMapper.ToRecord(tree).Spec;
            return last = new Reading(
                tree, new NodePolicy(spec.GpuClasses, spec.ReservedCpuMilli, spec.ReservedMemoryMiB), spec.StorageClass, spec.Intake, spec.Keep, spec.Images,
                spec.Ingress, OfferOf(spec), counted)
            {
                StorageMiB = spec.StorageMiB,
                LeastVolumeMiB = spec.LeastVolumeMiB,
                RuntimeClass = spec.RuntimeClass,
                UserNamespaces = spec.UserNamespaces,
                NameServers = spec.NameServers,
                Ports = spec.Ports,
            };
        }
        catch (ClusterException)
        {
            // The store tells its reader; here the last good one goes on.
            return last = known with { Tree = tree, Counted = counted };
        }
    }

    private static IngressOffer OfferOf(DatacenterSpec spec) =>
        spec.Ingress is { } ingress ? new IngressOffer(ingress.Domain, ingress.IsHttps, [new Uri(spec.Endpoint).IdnHost.ToLowerInvariant()]) { TakesCertificates = ingress.TakesCertificates } : IngressOffer.None;

    private sealed record Reading(
        JsonObject? Tree, NodePolicy Policy, string StorageClass, Intake Intake, KeepPolicy Keep, ImageSources Images, IngressPolicy? Ingress, IngressOffer? Offer, string[] Counted)
    {
        public long? StorageMiB { get; init; }

        public long LeastVolumeMiB { get; init; }

        public string RuntimeClass { get; init; } = "";

        public UserNamespaces UserNamespaces { get; init; }

        public PortPolicy? Ports { get; init; }

        public IReadOnlyList<NameServer> NameServers { get; init; } = [];
    }

    private sealed record Classification(IReadOnlyDictionary<string, GpuPlacement> Found, string[] Counted, IReadOnlyDictionary<string, GpuPlacement> All);
}
