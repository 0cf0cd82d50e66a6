using System.Globalization;
using System.Numerics;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;

namespace Federation.Application.Ports;

/// <summary>The Datacenter object of this member.</summary>
public interface IDatacenterStore
{
    /// <summary>Reason of an object that cannot be understood.</summary>
    const string Invalid = "DatacenterInvalid";

    /// <returns>Null while there is none.</returns>
    /// <exception cref="ClusterException">It is there and cannot be understood (<see cref="Invalid"/>); the message names every field with a fault.</exception>
    Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation);

    /// <summary>Writes status; nothing when nothing differs. Chain heads alone are written once a minute.</summary>
    Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation);

    /// <summary>Says in the conditions why the object cannot be understood; what was said of the rest stands. Nothing when nothing differs.</summary>
    Task WriteInvalidAsync(IReadOnlyList<LeaseCondition> conditions, CancellationToken cancellation);
}

/// <param name="Report">As last written; null when there is none.</param>
public sealed record DatacenterRecord(string Name, long Generation, DatacenterSpec Spec, DatacenterReport? Report)
{
    /// <summary>Whether the network enforces NetworkPolicy, as last written; null when nothing was.</summary>
    public LeaseCondition? NetworkPolicy => Report?.Conditions.FirstOrDefault(c => c.Type == NetworkPolicyRules.Type);

    /// <summary>By RuntimeClass, of those that the spec names: why its pods would not be confined as the administrator wants.</summary>
    public IReadOnlyDictionary<string, RuntimeProblem> RuntimeProblems { get; init; } = new Dictionary<string, RuntimeProblem>();

    /// <summary>StorageClass of tenants' volumes that keeps them when their claims go; null: it does not, or there is none.</summary>
    public string? RetainingClass { get; init; }

    /// <summary>New leases are refused because what will be measured of them could not be proven.</summary>
    public bool RefusesForEvidence => Report?.Conditions.Any(c => c is { Type: EvidenceRules.Type, Status: ConditionStatus.False }) == true;

    /// <summary>New leases are refused because nothing shows that the network keeps them apart.</summary>
    public bool RefusesForNetwork => NetworkPolicyRules.Refuses(NetworkPolicy, Spec.UnenforcedNetworkPolicy);
}

/// <param name="Provider">On-chain identity, 0x hex.</param>
/// <param name="Endpoint">URL of the gateway.</param>
/// <param name="GpuClasses">Placement by canonical class text.</param>
/// <param name="StorageClass">Of tenants' volumes; empty for the cluster's default.</param>
/// <param name="ReservedCpuMilli">Kept on each node for the datacenter itself.</param>
/// <param name="ReservedMemoryMiB">Kept on each node for the datacenter itself.</param>
public sealed record DatacenterSpec(
    string Provider,
    string Region,
    string Endpoint,
    IReadOnlyDictionary<string, GpuPlacement> GpuClasses,
    PriceBook Prices,
    string StorageClass,
    long ReservedCpuMilli,
    long ReservedMemoryMiB)
{
    /// <summary>Volumes and scratch space of all leases together, MiB; null: as much as the nodes have of scratch space.</summary>
    public long? StorageMiB { get; init; }

    /// <summary>MiB that a volume has at least; 0: any size is taken.</summary>
    public long LeastVolumeMiB { get; init; }

    public Intake Intake { get; init; }

    /// <summary>How it bids for Requests that are posted on chain; null: it does not.</summary>
    public BidPolicy? Bids { get; init; }

    /// <summary>What is kept of leases that cannot pay any more, or are over.</summary>
    public KeepPolicy Keep { get; init; } = KeepPolicy.None;

    public UnenforcedNetworkPolicy UnenforcedNetworkPolicy { get; init; }

    public UserNamespaces UserNamespaces { get; init; }

    /// <summary>Where leases may ask for names; empty: where clusters usually have them.</summary>
    public IReadOnlyList<NameServer> NameServers { get; init; } = [];

    /// <summary>Null: the price book's prices.</summary>
    public PricingPolicy? Pricing { get; init; }

    public ImageSources Images { get; init; } = ImageSources.None;

    /// <summary>RuntimeClass of pods whose GPU class names none; empty for the cluster's default.</summary>
    public string RuntimeClass { get; init; } = "";

    /// <summary>Ports of tenants that may be reached from outside of the cluster.</summary>
    public PortPolicy Ports { get; init; } = PortPolicy.None;

    /// <summary>Account that earnings are to be credited to; empty: whichever the registry names.</summary>
    public string Payout { get; init; } = "";

    /// <summary>Bit map that the registry is to claim; null: whichever it does.</summary>
    public BigInteger? Capabilities { get; init; }

    /// <summary>Smallest units of stake that are to be locked for no lease, at least; null: nothing is said of it.</summary>
    public BigInteger? Stake { get; init; }

    /// <summary>Accounts whose attestations the datacenter relies on.</summary>
    public IReadOnlyList<string> Auditors { get; init; } = [];

    /// <summary>How hostnames are routed to leases; null: they are not.</summary>
    public IngressPolicy? Ingress { get; init; }
}

/// <param name="MaxPerLease">0: no port is exposed.</param>
/// <param name="IsLoadBalanced">By Services of type LoadBalancer; else by ports of the nodes.</param>
/// <param name="Address">Host by which tenants reach the nodes' ports; empty: the addresses of the nodes.</param>
public sealed record PortPolicy(int MaxPerLease, bool IsLoadBalanced, string Address)
{
    /// <summary>Of all leases together; null: no bound.</summary>
    public int? MaxTotal { get; init; }

    /// <summary>Numbers of load balancers' ports; null: the tenants' own.</summary>
    public PortRange? Range { get; init; }

    /// <summary>How many ports there can be; null: no bound.</summary>
    public int? Numbers => Range is { } range ? Math.Min(range.Count, MaxTotal ?? int.MaxValue) : MaxTotal;

    /// <summary>A port may keep the number.</summary>
    public bool Allows(long number, long port) => Range is { } range ? number >= range.First && number <= range.Last : number == port;

    public static PortPolicy None { get; } = new(0, false, "");
}

/// <summary>Port numbers, both ends included.</summary>
public readonly record struct PortRange(int First, int Last)
{
    public int Count => Last - First + 1;

    /// <summary>Reads <c>30000-30099</c>.</summary>
    /// <returns>Null for what is no range of ports.</returns>
    public static PortRange? Parse(string text)
    {
        if (text.Split('-') is not [var from, var to]) return null;
        return ushort.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && ushort.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first is > 0 && first <= last
            ? new PortRange(first, last)
            : null;
    }
}

/// <param name="ClassName">Of Ingress objects; empty where a gateway is named.</param>
/// <param name="Gateway">What HTTPRoutes hang on; null where a class is named.</param>
/// <param name="Domain">Below it leases get names for nothing; empty: they do not.</param>
/// <param name="IsHttps">There is a certificate for the names below the domain.</param>
/// <param name="Sources">Where routed traffic comes from.</param>
public sealed record IngressPolicy(string ClassName, GatewayReference? Gateway, string Domain, bool IsHttps, IReadOnlyList<TrafficSource> Sources)
{
    /// <summary>Names of tenants' own are served with certificates of the tenants' Secrets.</summary>
    public bool TakesCertificates { get; init; }
}

/// <summary>Where leases may ask for names: pods by labels, in namespaces that are no lease's, or addresses.</summary>
/// <param name="NamespaceLabels">Empty: any namespace that is no lease's.</param>
/// <param name="Port">That it listens on itself, behind its Service.</param>
public sealed record NameServer(IReadOnlyDictionary<string, string> NamespaceLabels, IReadOnlyDictionary<string, string> PodLabels, string Cidr, ushort Port);

/// <param name="SectionName">Its listener; empty: any that fits.</param>
public sealed record GatewayReference(string Namespace, string Name, string SectionName);

/// <summary>Pods by the labels of theirs and of their namespaces, or addresses.</summary>
/// <param name="PodLabels">Empty: every pod of these namespaces.</param>
/// <param name="Cidr">Empty where labels are named.</param>
public sealed record TrafficSource(IReadOnlyDictionary<string, string> NamespaceLabels, IReadOnlyDictionary<string, string> PodLabels, string Cidr);

/// <param name="MaxOpen">Bids that may be open at once.</param>
/// <param name="SharePercent">Of each class of capacity that they may hold together.</param>
public sealed record BidPolicy(int MaxOpen, int SharePercent);

/// <summary>What is asked above the price book: first by the curve, then by the hook. Never less than the price book.</summary>
/// <param name="Curve">Null: the price book's prices at any utilisation.</param>
/// <param name="Hook">Null: nobody else is asked.</param>
public sealed record PricingPolicy(UtilisationCurve? Curve, PriceHook? Hook);

/// <param name="FallsBack">Without a usable answer the prices are those that it was told; else there is no Offer.</param>
public sealed record PriceHook(Uri Url, TimeSpan Timeout, bool FallsBack);

/// <summary>What the operator says of the datacenter.</summary>
/// <param name="ChainHead">Newest block seen.</param>
/// <param name="ChainFinalized">Newest block that cannot be rewritten.</param>
/// <param name="ChainLagSeconds">Age of the newest block.</param>
/// <param name="Leases">Leases that are not over.</param>
/// <param name="Earnings">Credited so far.</param>
public sealed record DatacenterReport(
    IReadOnlyList<LeaseCondition> Conditions,
    ulong ChainHead,
    ulong ChainFinalized,
    long ChainLagSeconds,
    int Leases,
    Earnings Earnings)
{
    /// <summary>By class; null while it cannot be known, and what was written before stands.</summary>
    public IReadOnlyList<ClassCapacity>? Capacity { get; init; }

    /// <summary>What the registry says of this provider; null while it cannot be read, and what was written before stands.</summary>
    public RegistryStanding? Registration { get; init; }
}
