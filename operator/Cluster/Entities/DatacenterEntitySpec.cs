using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>Written by the datacenter's administrator.</summary>
public sealed record DatacenterEntitySpec
{
    [Required, Pattern(Patterns.Address), Description("On-chain identity that leases are made with.")]
    public string Provider { get; init; } = "";

    [Required, Length(1, 64), Description("Where it stands, such as eu-north-1.")]
    public string Region { get; init; } = "";

    [Required, Pattern("^https?://.+$"), MaxLength(512), Description("URL of the gateway that tenants talk to.")]
    public string Endpoint { get; init; } = "";

    [Pattern(Patterns.Address), Description("Account that the registry is to credit earnings to. When left out, whichever it names is right.")]
    public string? Payout { get; init; }

    [Pattern(Patterns.Bits), Description("Bit map of capabilities that the registry is to claim for this datacenter, such as 0x5 for the bits 0 and 2. When left out, whichever it claims is right.")]
    public string? Capabilities { get; init; }

    [Pattern(Patterns.Amount), MaxLength(78), Description("Stake that is to be locked for no lease at least, smallest units of the token of prices: the condition StakeSuffices says when less is free, and the call that adds it. When left out, it is said only that none is.")]
    public string? Stake { get; init; }

    [Items(maxItems: 8), Description("Accounts whose attestations tenants of this datacenter ask for: the condition Attested says what is missing, and two weeks ahead what ends.")]
    public IReadOnlyList<string>? Auditors { get; init; }

    [Items(maxItems: 64), XListType(ListType.Map), XListMapKeys("name"), Description("GPU model classes whose nodes or runtime this datacenter names itself. Others follow from the labels of NVIDIA's, AMD's and Intel's feature discovery.")]
    public IReadOnlyList<GpuClassEntry>? GpuClasses { get; init; }

    [Description("Open takes new leases. Paused takes none, those that run go on. Draining takes none and gives notice to those that run. Open when left out.")]
    public Intake? Intake { get; init; }

    [Required]
    public PriceBookEntry Prices { get; init; } = new();

    [Description("What is asked above spec.prices, for quotes and bids alike. When left out, spec.prices is what is asked.")]
    public PricingEntry? Pricing { get; init; }

    [MaxLength(253), Description("StorageClass of tenants' volumes; the cluster's default when left out.")]
    public string? StorageClass { get; init; }

    [RangeMinimum(0), RangeMaximum(1099511627776), Description("Storage that all leases may have together, as volumes and as scratch space, MiB: what the storage behind storageClass has for them. Quotes and bids promise no more than is left of it; volumes that are kept of leases which are over count too. When left out, as much as the nodes that take pods have of scratch space (ephemeral-storage); 0 sells none.")]
    public long? StorageMiB { get; init; }

    [RangeMinimum(1), RangeMaximum(1048576), Description("MiB that a tenant's volume has at least. Name what the storage behind storageClass really makes of a small one (cloud disks: 1024 or more), or what a disk is worth of those that a node can attach: a lease is billed for what it asked for, and may have 64. Volumes that are there stay. When left out, any size is taken.")]
    public long? LeastVolumeMiB { get; init; }

    [MaxLength(253), Description("RuntimeClass of tenants' pods, such as one of gVisor or Kata Containers; a GPU class that names one has its own. The cluster's default when left out. Pods that run keep the one that they were made with.")]
    public string? RuntimeClass { get; init; }

    [Description("Ports of tenants that are reached from outside of the cluster. When left out there are none: a workload that asks for one is refused.")]
    public PortsEntry? Ports { get; init; }

    [Description("What each node keeps for the datacenter itself.")]
    public ReserveEntry? Reserve { get; init; }

    [Description("What is kept of leases that cannot pay any more, or are over.")]
    public KeepEntry? Keep { get; init; }

    [Description("Bids for Requests that are posted on chain. When left out there are none: a bid costs gas, and holds its capacity until the award.")]
    public BidsEntry? Bids { get; init; }

    [Description("What keeps leases apart from each other and from the datacenter.")]
    public IsolationEntry? Isolation { get; init; }

    [Description("Where tenants' images come from, and who signs them.")]
    public ImagesEntry? Images { get; init; }

    [ValidationRule("has(self.className) != has(self.gateway)", Message = "Name either a className or a gateway.")]
    [Description("How hostnames are routed to services of leases. When left out they are not, and a workload with hostnames is refused.")]
    public IngressEntry? Ingress { get; init; }
}

public sealed record IngressEntry
{
    [MaxLength(253), Description("IngressClass of the Ingress objects that the operator makes, one for each hostname.")]
    public string? ClassName { get; init; }

    [Description("Gateway that the HTTPRoute objects hang on, one for each hostname, instead of a class. It must let them come from the namespaces of leases.")]
    public GatewayEntry? Gateway { get; init; }

    [MaxLength(190), Description("Domain below which each service with hostnames gets one for nothing: service, '-', 16 hex digits of the lease's id. Have a wildcard record of it lead to the ingress. No tenant gets a name in it otherwise. None is given out when left out.")]
    public string? Domain { get; init; }

    [Description("The ingress, or the gateway's listener, has a certificate for the names below the domain, as its default one: they are told with https. No when left out.")]
    public bool? Https { get; init; }

    [Description("Tenants may bring certificates for names of their own, in Secrets of their leases. Say so where the ingress takes a certificate for the names of its Ingress object alone, as ingress-nginx does; one that chooses among all certificates by the names in them, as Traefik does, would serve a tenant's for names of others. For a className only: a gateway's certificates are its listeners'. No when left out.")]
    public bool? TenantCertificates { get; init; }

    [Required, Items(minItems: 1, maxItems: 16), Description("Where routed traffic comes from. It is let in to the port that a hostname leads to; nothing else of the cluster reaches pods of leases.")]
    public IReadOnlyList<TrafficSourceEntry> From { get; init; } = [];
}

public sealed record GatewayEntry
{
    [Required, MaxLength(63)]
    public string Namespace { get; init; } = "";

    [Required, MaxLength(253)]
    public string Name { get; init; } = "";

    [MaxLength(253), Description("Its listener; any that fits when left out.")]
    public string? SectionName { get; init; }
}

public sealed record TrafficSourceEntry
{
    [Description("Labels of the namespaces that the ingress runs in, all of them.")]
    public IReadOnlyDictionary<string, string>? NamespaceLabels { get; init; }

    [Description("Labels of the ingress's pods there, all of them; every pod when left out.")]
    public IReadOnlyDictionary<string, string>? PodLabels { get; init; }

    [MaxLength(43), Description("Instead of labels, addresses such as 203.0.113.0/24: of an ingress outside of the cluster, or in the nodes' network.")]
    public string? Cidr { get; init; }
}

public sealed record IsolationEntry
{
    [Description("Refuse takes no new leases while nothing shows that the cluster's network enforces NetworkPolicy: see the condition NetworkPolicyEnforced. Allow takes them all the same: tenants may then reach each other, the nodes and the API server. Refuse when left out.")]
    public UnenforcedNetworkPolicy? UnenforcedNetworkPolicy { get; init; }

    [Description("Whether tenants' pods have users of their own, of which none is one of the node's (hostUsers: false; since Kubernetes 1.33, where nodes say that their runtime can). Prefer does so where it can be done, and not for pods with persistent volumes, since not every file system can be mounted so. Require takes no new leases and starts no workload where it cannot be done. Off never does. Prefer when left out.")]
    public UserNamespaces? UserNamespaces { get; init; }

    [Items(minItems: 1, maxItems: 16), Description("Where pods of leases may ask for names, instead of the usual places: pods labelled k8s-app=kube-dns on port 53 (CoreDNS, kube-dns), the address 169.254.20.10 on port 53 (NodeLocal DNSCache), and OpenShift's pods labelled dns.operator.openshift.io/daemonset-dns=default on port 5353.")]
    public IReadOnlyList<NameServerEntry>? NameServers { get; init; }
}

public sealed record NameServerEntry
{
    [Description("Labels of its pods, all of them. A namespace of a lease is never meant.")]
    public IReadOnlyDictionary<string, string>? PodLabels { get; init; }

    [Description("Labels of the namespaces that these pods are in, all of them; any that is no lease's when left out.")]
    public IReadOnlyDictionary<string, string>? NamespaceLabels { get; init; }

    [MaxLength(43), Description("Instead of labels, addresses such as 169.254.20.10/32: of a cache on each node, or of a server outside of the cluster. At most 256 addresses.")]
    public string? Cidr { get; init; }

    [RangeMinimum(1), RangeMaximum(65535), Description("Port that it listens on itself, which may be another than its Service's; UDP and TCP. 53 when left out.")]
    public long? Port { get; init; }
}

public sealed record ImagesEntry
{
    [Items(maxItems: 64), Description("Images that every node has already, by registry and path or the start of it, such as registry.example/base: no registry is asked for them. Those of localhost/ always are.")]
    public IReadOnlyList<string>? Preloaded { get; init; }

    [Items(maxItems: 64), XListType(ListType.Map), XListMapKeys("name"), Description("Registries and mirrors of the datacenter's own, which may stand in its inner network. The nodes' container runtime must know the same ones. Any other registry is asked only at public addresses.")]
    public IReadOnlyList<RegistryEntry>? Registries { get; init; }

    [Items(maxItems: 64), Description("Registries, or registries and paths, such as registry.example/team, that tenants' images may come from, besides the preloaded ones: a workload with any other is not started. From anywhere when left out.")]
    public IReadOnlyList<string>? Allowed { get; init; }

    [Items(maxItems: 64), XListType(ListType.Map), XListMapKeys("prefix"), Description("Images that run only if they are signed, as cosign sign --key does, also where they are named by digest. The longest prefix counts. Preloaded images need none.")]
    public IReadOnlyList<ImageSignerEntry>? Signatures { get; init; }

    [RangeMinimum(0), RangeMaximum(1048576), Description("What the layers of one image may be together, as its manifest tells them, that is compressed: a larger one is not pulled. MiB, 16384 when left out; 0 bounds nothing. Private images, whose manifest the tenant's Secret alone opens, are not measured: the nodes' own limits hold for them.")]
    public long? MaxSizeMiB { get; init; }
}

public sealed record ImageSignerEntry
{
    [Required, MaxLength(512), Description("Registry and path or the start of it, such as registry.example/team.")]
    public string Prefix { get; init; } = "";

    [Required, Items(minItems: 1, maxItems: 8), Description("Public keys in PEM, ECDSA on P-256: one of them has signed.")]
    public IReadOnlyList<string> Keys { get; init; } = [];
}

public sealed record RegistryEntry
{
    [Required, MaxLength(255), Description("As image references name it, such as registry.example:5000 or docker.io.")]
    public string Name { get; init; } = "";

    [Required, Pattern("^https?://.+$"), MaxLength(512), Description("URL where it answers, without path.")]
    public string Endpoint { get; init; } = "";
}

public sealed record PortsEntry
{
    [Required, Description("NodePort opens a port of the nodes, on those alone that a pod of the service runs on. LoadBalancer asks the cluster's provider for an address for each service and protocol.")]
    public PortType Type { get; init; }

    [RangeMinimum(1), RangeMaximum(64), Description("Ports of one lease; 4 when left out.")]
    public long? MaxPerLease { get; init; }

    [RangeMinimum(1), RangeMaximum(65535), Description("Ports of all leases together; a port of both protocols counts once. No bound when left out. What is open stays open when it is lowered.")]
    public long? MaxTotal { get; init; }

    [Pattern("^[0-9]{1,5}-[0-9]{1,5}$"), Description("Numbers by which ports are reached at load balancers' addresses, such as 30000-30099: each is one port of one lease, so that leases may share an address. The tenants' own numbers when left out. For LoadBalancer alone.")]
    public string? Range { get; init; }

    [MaxLength(253), Description("Host by which tenants reach ports of the nodes, where that is another than the nodes' own addresses.")]
    public string? Address { get; init; }
}

/// <summary>How a port gets out of the cluster.</summary>
public enum PortType
{
    NodePort,
    LoadBalancer,
}

public sealed record KeepEntry
{
    [RangeMinimum(0), RangeMaximum(2592000), Description("How long a lease whose escrow is down to the closing reserve stands still, its capacity held and its volumes kept, until it is closed; a top-up lets it go on. Seconds, 3600 when left out; 0 closes it at once.")]
    public long? GraceSeconds { get; init; }

    [RangeMinimum(0), RangeMaximum(2592000), Description("How long volumes of a lease that is over are kept. Seconds, 0 when left out: they go with the lease's namespace.")]
    public long? RetentionSeconds { get; init; }

    [RangeMinimum(0), RangeMaximum(2592000), Description("How long a delivered workload may take to start its first container, finding its place and pulling its image included (leave time for one of images.maxSizeMiB); then its lease is closed and the escrow refunded. Seconds, 900 when left out; 0 lets it wait for the whole term.")]
    public long? StartSeconds { get; init; }
}

public sealed record BidsEntry
{
    [Required, Description("Whether to bid. Bids that are made already stay firm.")]
    public bool Enabled { get; init; }

    [RangeMinimum(1), RangeMaximum(64), Description("Bids that may be open at once; 16 when left out.")]
    public long? MaxOpen { get; init; }

    [RangeMinimum(1), RangeMaximum(100), Description("Part of each class of capacity that bids may hold together, percent; 50 when left out.")]
    public long? SharePercent { get; init; }
}

public sealed record PricingEntry
{
    [Items(minItems: 1, maxItems: 16), XListType(ListType.Map), XListMapKeys("utilisationBps")]
    [ValidationRule("self.all(p, self.all(q, p.utilisationBps >= q.utilisationBps || p.factorBps <= q.factorBps))", Message = "Prices may only rise with utilisation.")]
    [Description("Points of a curve of straight lines: each of cpu, memory and GPU classes costs its price times the factor at the class's utilisation.")]
    public IReadOnlyList<CurvePointEntry>? Curve { get; init; }

    [Description("A program that is asked for the prices of each Request, after the curve.")]
    public PriceHookEntry? Hook { get; init; }
}

public sealed record CurvePointEntry
{
    [Required, RangeMinimum(0), RangeMaximum(10000), Description("Part of the class that may not be promised any more, basis points.")]
    public long UtilisationBps { get; init; }

    [Required, RangeMinimum(10000), RangeMaximum(1000000), Description("Basis points: 10000 is the price of spec.prices, which is the least.")]
    public long FactorBps { get; init; }
}

public sealed record PriceHookEntry
{
    [Required, Pattern("^https?://.+$"), MaxLength(512), Description("Is sent a POST with {request, prices} as JSON, and answers 200 with all members of prices. Redirects are not followed.")]
    public string Url { get; init; } = "";

    [RangeMinimum(50), RangeMaximum(5000), Description("How long an answer is awaited, milliseconds; 1000 when left out.")]
    public long? TimeoutMilliseconds { get; init; }

    [Description("Without a usable answer, Refuse gives no Offer, Fallback asks the prices without the hook. Refuse when left out.")]
    public HookFailure? OnFailure { get; init; }
}

/// <summary>What is done without a usable answer of a price hook.</summary>
public enum HookFailure
{
    Refuse,
    Fallback,
}

public sealed record GpuClassEntry
{
    [Required, MaxLength(200), Pattern(Patterns.GpuClass)]
    [Description("Canonical text, such as nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920; its Keccak-256 is the class on chain.")]
    public string Name { get; init; } = "";

    [Required, MaxLength(253), Description("Extended resource that a pod asks for, such as nvidia.com/gpu.")]
    public string Resource { get; init; } = "";

    [Description("Labels that a node of this class has, all of them.")]
    public IReadOnlyDictionary<string, string>? NodeLabels { get; init; }

    [MaxLength(253), Description("RuntimeClass of its pods; spec.runtimeClass when left out.")]
    public string? RuntimeClass { get; init; }
}

public sealed record PriceBookEntry
{
    [Required, Pattern(Patterns.Address), Description("ERC-20 contract; prices are in its smallest units per 10^9 units of each meter.")]
    public string Token { get; init; } = "";

    [Required, Pattern(Patterns.Amount), Description("Per 10^9 millicore-seconds.")]
    public string Cpu { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), Description("Per 10^9 MiB-seconds.")]
    public string Memory { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), Description("Per 10^9 MiB-seconds.")]
    public string Storage { get; init; } = "0";

    [Required, Pattern(Patterns.Amount), Description("Per 10^9 KiB.")]
    public string Egress { get; init; } = "0";

    [Items(maxItems: 64), XListType(ListType.Map), XListMapKeys("class"), Description("Per 10^9 GPU-milliseconds. A class without a price is not sold.")]
    public IReadOnlyList<GpuPriceEntry>? Gpu { get; init; }

    [Pattern(Patterns.Amount), Description("Smallest units due with the first receipt of a lease; 0 when left out.")]
    public string? StartFee { get; init; }

    [Pattern(Patterns.Amount), Description("Smallest units owed once a lease was activated; 0 when left out.")]
    public string? MinCharge { get; init; }

    [Pattern(Patterns.Amount), Description("Smallest units owed when a tenant gives a reservation up; 0 when left out.")]
    public string? ReservationFee { get; init; }

    [Required, RangeMinimum(0), RangeMaximum(31536000), Description("Notice that this datacenter gives and takes, seconds.")]
    public long NoticeSeconds { get; init; }

    [Required, RangeMinimum(1), RangeMaximum(31536000), Description("How long a reservation waits for its workload, seconds.")]
    public long ActivationSeconds { get; init; }

    [Required, RangeMinimum(1), RangeMaximum(4294967295), Description("Longest term, seconds; of a lease that is made longer, from then on.")]
    public long MaxDurationSeconds { get; init; }

    [RangeMinimum(0), RangeMaximum(10000), Description("Credit for a second in which the workload was not ready, basis points of the full rate; 0 when left out.")]
    public long? DowntimeBps { get; init; }

    [RangeMinimum(0), RangeMaximum(10000), Description("The most that an app may take as royalty, basis points of the gross; 0, no such apps, when left out.")]
    public long? MaxRoyaltyBps { get; init; }

    [Items(maxItems: 16), Description("Addresses whose rulings in disputes this datacenter accepts. A Request names one of them, or none: then there are no disputes.")]
    public IReadOnlyList<string>? Arbiters { get; init; }
}

public sealed record GpuPriceEntry
{
    [Required, MaxLength(200), Pattern(Patterns.GpuClass), Description("Canonical text of a class: one above, or one that the labels of a node tell.")]
    public string Class { get; init; } = "";

    [Required, Pattern(Patterns.Amount)]
    public string Price { get; init; } = "0";
}

public sealed record ReserveEntry
{
    [RangeMinimum(0), Description("Millicores per node.")]
    public long? CpuMilli { get; init; }

    [RangeMinimum(0), Description("MiB of memory per node.")]
    public long? MemoryMiB { get; init; }
}
