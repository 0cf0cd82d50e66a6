using System.Numerics;
using Federation.Domain.Pricing;

namespace Federation.Domain.Requesting;

/// <summary>What a tenant wants, whole.</summary>
/// <param name="IsDeleted">Everything is to end, and the money to come back.</param>
/// <param name="SpecHash">Of the workload that each replica runs, 0x hex.</param>
/// <param name="Resources">That each replica reserves.</param>
public sealed record RequestWish(
    bool IsDeleted, int Replicas, string SpecHash, Resources Resources, uint DurationSeconds, Ceiling Most, PlacementRules Placement, BigInteger Deposit)
{
    /// <summary>Null: escrow is what was put in at the start.</summary>
    public TopUpPolicy? TopUp { get; init; }

    /// <summary>Null: a replica ends with its term.</summary>
    public RenewPolicy? Renew { get; init; }

    /// <summary>Null: nothing is replaced.</summary>
    public FailoverPolicy? Failover { get; init; }
}

/// <param name="BelowSeconds">Escrow that lasts less, at full load, is topped up.</param>
/// <param name="Amount">Smallest units at a time.</param>
/// <param name="Most">Smallest units that one lease gets in all, its deposit included.</param>
public sealed record TopUpPolicy(long BelowSeconds, BigInteger Amount, BigInteger Most);

/// <param name="BeforeSeconds">So long before its end a term is made longer, by what one term is.</param>
public sealed record RenewPolicy(long BeforeSeconds);

/// <param name="NotReadySeconds">A replica that is not ready for so long is replaced.</param>
/// <param name="SilentSeconds">One whose datacenter does not answer for so long is.</param>
/// <param name="MostReplacements">Of one request, in all.</param>
public sealed record FailoverPolicy(long NotReadySeconds, long SilentSeconds, int MostReplacements);
