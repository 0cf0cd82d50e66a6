using System.Net;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Probing;
using Federation.Kubernetes.Client;

namespace Federation.Cluster;

/// <summary>What the cluster's adapter must know.</summary>
public sealed record ClusterOptions
{
    /// <summary>Contract whose leases these are; written into each ComputeLease.</summary>
    public required ChainIdentity Chain { get; init; }

    /// <summary>Name of this member's Datacenter object.</summary>
    public required string DatacenterName { get; init; }

    /// <summary>Kubeconfig file; the usual search when null.</summary>
    public string? KubeConfig { get; init; }

    /// <summary>Namespace of the operator's own objects; made when missing.</summary>
    public string OperatorNamespace { get; init; } = "federation-system";

    /// <summary>Ranges that leases may not reach, and ranges that may reach leases.</summary>
    public NetworkRules Network { get; init; } = NetworkRules.None;

    /// <summary>Name servers that are asked for proofs of hostnames; none: those of this machine's own configuration.</summary>
    public IReadOnlyList<IPEndPoint> Resolvers { get; init; } = [];

    /// <summary>How the cluster's network is probed; null: not at all.</summary>
    public ProbeOptions? Probe { get; init; }

    /// <summary>Image of the pods that send volumes; empty: none are sent.</summary>
    public string ExportImage { get; init; } = "";

    /// <summary>Install and upgrade the CustomResourceDefinitions; where a chart does so, wait for them instead.</summary>
    public bool InstallDefinitions { get; init; } = true;

    /// <summary>Number of the term that this process leads: what a later term took over, this one no longer writes.</summary>
    public long Term { get; init; }

    /// <summary>Asked right before every write; null when this process alone may write.</summary>
    public IWriteFence? Fence { get; init; }
}
