using System.Numerics;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Ports;

/// <summary>The Datacenter object of this member.</summary>
public interface IDatacenterStore
{
    /// <returns>Null while there is none.</returns>
    /// <exception cref="ClusterException">It is there and cannot be understood; the message names the field.</exception>
    Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation);

    /// <summary>Writes status; nothing when nothing differs. Chain heads alone are written once a minute.</summary>
    Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation);
}

/// <param name="Report">As last written; null when there is none.</param>
public sealed record DatacenterRecord(string Name, long Generation, DatacenterSpec Spec, DatacenterReport? Report)
{
    /// <summary>Whether the network enforces NetworkPolicy, as last written; null when nothing was.</summary>
    public LeaseCondition? NetworkPolicy => Report?.Conditions.FirstOrDefault(c => c.Type == NetworkPolicyRules.Type);

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
    public Intake Intake { get; init; }

    /// <summary>How it bids for Requests that are posted on chain; null: it does not.</summary>
    public BidPolicy? Bids { get; init; }

    public UnenforcedNetworkPolicy UnenforcedNetworkPolicy { get; init; }
}

/// <param name="MaxOpen">Bids that may be open at once.</param>
/// <param name="SharePercent">Of each class of capacity that they may hold together.</param>
public sealed record BidPolicy(int MaxOpen, int SharePercent);

/// <summary>Token smallest units per 10^9 units of each meter, and the terms of sale.</summary>
/// <param name="Gpu">By canonical class text; a class without a price is not sold.</param>
/// <param name="StartFee">Due with the first receipt of a lease.</param>
/// <param name="ReservationFee">Owed when a tenant gives a reservation up.</param>
/// <param name="ActivationSeconds">How long a reservation waits for its workload.</param>
/// <param name="DowntimeBps">Credit for a second in which the workload was not ready, of the full rate.</param>
/// <param name="MaxRoyaltyBps">The most that an app may take of the gross.</param>
/// <param name="Arbiters">Whose rulings this datacenter accepts; a Request may name one of them, or none.</param>
public sealed record PriceBook(
    string Token,
    BigInteger Cpu,
    BigInteger Memory,
    BigInteger Storage,
    BigInteger Egress,
    IReadOnlyDictionary<string, BigInteger> Gpu,
    BigInteger StartFee,
    BigInteger MinCharge,
    BigInteger ReservationFee,
    uint NoticeSeconds,
    uint ActivationSeconds,
    uint MaxDurationSeconds,
    ushort DowntimeBps,
    ushort MaxRoyaltyBps,
    IReadOnlyList<string> Arbiters);

/// <summary>What the operator says of the datacenter.</summary>
/// <param name="ChainHead">Newest block seen.</param>
/// <param name="ChainFinalized">Newest block that cannot be rewritten.</param>
/// <param name="ChainLagSeconds">Age of the newest block.</param>
/// <param name="Leases">Leases that are not over.</param>
/// <param name="Earnings">Credited so far, smallest units.</param>
public sealed record DatacenterReport(
    IReadOnlyList<LeaseCondition> Conditions,
    ulong ChainHead,
    ulong ChainFinalized,
    long ChainLagSeconds,
    int Leases,
    BigInteger Earnings)
{
    /// <summary>By class; null while it cannot be known, and what was written before stands.</summary>
    public IReadOnlyList<ClassCapacity>? Capacity { get; init; }

    /// <summary>What the registry says of this provider; null while it cannot be read, and what was written before stands.</summary>
    public RegistryStanding? Registration { get; init; }
}
