using System.Text.Json.Serialization;

namespace Federation.Harness;

/// <summary>A member cluster that runs: how to reach it, and where its parts are on this machine.</summary>
public sealed record Datacenter
{
    public required string Name { get; init; }

    /// <summary>Kubeconfig of a cluster administrator.</summary>
    public required string KubeconfigPath { get; init; }

    /// <summary>Base address of the Prometheus that scrapes this cluster's kubelet every second.</summary>
    public string? PrometheusUrl { get; init; }

    /// <summary>What the harness started for it; null for a cluster that existed already.</summary>
    public LocalParts? Local { get; init; }

    /// <summary>The hardware it was told to show; null for a cluster that existed already.</summary>
    public DatacenterSpec? Spec { get; init; }

    [JsonIgnore] public LocalParts Parts => Local
        ?? throw new HarnessException($"{Name} is a cluster that existed already: its processes are not ours to touch");

    [JsonIgnore] public string NodeName => Parts.NodeName;

    [JsonIgnore] public string CgroupRoot => Parts.CgroupRoot;

    [JsonIgnore] public string ContainerdSocket => Parts.ContainerdSocket;

    [JsonIgnore] public string LogFolder => Parts.LogFolder;
}

/// <summary>A started datacenter's place on this machine.</summary>
public sealed record LocalParts
{
    public required string Folder { get; init; }

    public required string LogFolder { get; init; }

    /// <summary>Address of its node, API server (6443), kubelet (10250) and Prometheus (9090), as the machine and the other datacenters see it.</summary>
    public required string Address { get; init; }

    /// <summary>Name under /run/netns.</summary>
    public required string NetworkNamespace { get; init; }

    /// <summary>The machine's end of its cable: taken down, the datacenter is cut off.</summary>
    public required string Link { get; init; }

    /// <summary>Range of its pods' addresses; reachable from inside its network namespace only.</summary>
    public required string PodCidr { get; init; }

    /// <summary>What its Prometheus scrapes beside the kubelet: a file of targets as <c>file_sd_configs</c> read it, since Debian's Prometheus finds no pods by itself.</summary>
    [JsonIgnore] public string OperatorTargets => Path.Combine(Folder, "operators.json");

    public required string NodeName { get; init; }

    /// <summary>Cgroup under which its pods live, relative to each hierarchy's mount, e.g. <c>fed0-alpha</c>.</summary>
    public required string CgroupRoot { get; init; }

    public required string ContainerdSocket { get; init; }

    /// <summary>Name of the part that enforces its NetworkPolicies: <c>alpha/network-policies</c>. Stopped, the network is open.</summary>
    public const string Enforcer = "network-policies";

    /// <summary>Name of the part by which its name server knows its Services: <c>alpha/names</c>.</summary>
    public const string Names = "names";

    /// <summary>Port of its node at which its name server is asked from outside.</summary>
    public const int NamesPort = 30053;

    /// <summary>Port of the machine's address at which its name server asks for what is no Service's name.</summary>
    public const int OuterNamesPort = 5300;

    /// <summary>A handler of its container runtime beside the usual one, for RuntimeClasses. What it is told to do it writes to <see cref="SecondRuntimeLog"/>.</summary>
    public const string SecondRuntime = "second";

    [JsonIgnore] public string SecondRuntimeLog => Path.Combine(Folder, "second-runtime.log");

    /// <summary>The API server's audit log: one JSON event per line for each write that is not Kubernetes' own.</summary>
    public required string AuditLogPath { get; init; }

    /// <summary>Kubeconfig of each user of <see cref="FederationOptions.Users"/>, by name.</summary>
    public required IReadOnlyDictionary<string, string> UserKubeconfigs { get; init; }
}
