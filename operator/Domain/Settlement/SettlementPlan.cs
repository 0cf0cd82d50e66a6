using System.Numerics;

namespace Federation.Domain.Settlement;

/// <summary>Which settlements go into one transaction now.</summary>
public static class SettlementPlan
{
    /// <param name="offered">All that could be settled.</param>
    /// <param name="most">What the contract takes in one call.</param>
    /// <param name="gasPrice">Wei per gas; null: not known, or more than the operator pays.</param>
    /// <returns>Most urgent first; empty while nothing is worth a transaction.</returns>
    public static IReadOnlyList<SettleIntent> Next(IEnumerable<SettleIntent> offered, int most, BigInteger? gasPrice, SettlementRules rules)
    {
        var worth = offered.Where(o => o.Urgency == SettleUrgency.Bound || rules.IsWorth(o.Value, gasPrice)).ToArray();
        if (worth.Length < most && worth.All(o => o.Urgency == SettleUrgency.Waiting)) return [];
        return [.. worth.OrderByDescending(o => o.Urgency).ThenBy(o => o.LatestAt).ThenByDescending(o => o.Value).Take(most)];
    }
}

/// <summary>What a settlement may cost.</summary>
/// <param name="UnitsPerEther">Smallest units of the leases' token that one ether (10^18 wei) of gas is worth; zero: not known, and gas is not weighed.</param>
/// <param name="GasPercent">Of what a settlement brings in, its gas may cost so much.</param>
public sealed record SettlementRules(BigInteger UnitsPerEther, int GasPercent)
{
    // What one item of a full batch costs (decision 0080).
    private const int GasPerLease = 40_000;

    public static SettlementRules Unweighed { get; } = new(0, 0);

    public bool WeighsGas => !UnitsPerEther.IsZero;

    /// <param name="value">Smallest units.</param>
    /// <param name="gasPrice">Wei per gas; null: not known.</param>
    public bool IsWorth(BigInteger value, BigInteger? gasPrice) =>
        !WeighsGas || (gasPrice is { } price && value * GasPercent * BigInteger.Pow(10, 18) >= GasPerLease * price * UnitsPerEther * 100);
}
