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
        var worth = offered.Where(o => o.Urgency == SettleUrgency.Bound || rules.IsWorth(o.Value, SettlementRules.GasOf(o), gasPrice)).ToArray();
        if (worth.Length < most && worth.All(o => o.Urgency == SettleUrgency.Waiting)) return [];
        SettleIntent[] batch = [.. worth.OrderByDescending(o => o.Urgency).ThenBy(o => o.LatestAt).ThenByDescending(o => o.Value).Take(most)];
        // What a transaction takes beside its settlements is paid by all of them together; where one has to go, that is paid whoever comes along.
        return batch.Any(o => o.Urgency == SettleUrgency.Bound) || rules.IsWorth(batch.Aggregate(BigInteger.Zero, (sum, o) => sum + o.Value), SettlementRules.GasOf(batch), gasPrice) ? batch : [];
    }
}

/// <summary>What a settlement may cost.</summary>
/// <param name="UnitsPerEther">Smallest units of the leases' token that one ether (10^18 wei) of gas is worth; zero: not known, and gas is not weighed.</param>
/// <param name="GasPercent">Of what a settlement brings in, its gas may cost so much.</param>
public sealed record SettlementRules(BigInteger UnitsPerEther, int GasPercent)
{
    // Of settlements that pay what has matured, which are the dearest: measured, contracts/snapshots/Gas.json, rounded up.
    private const int GasPerTransaction = 62_000;
    private const int GasPerLease = 46_000;

    // The first of a lease writes where nothing stood, and one that is countersigned has a signature to look at.
    private const int GasOfMore = 17_000;

    public static SettlementRules Unweighed { get; } = new(0, 0);

    public bool WeighsGas => !UnitsPerEther.IsZero;

    /// <summary>Gas that one settlement adds to a transaction, at most.</summary>
    public static int GasOf(SettleIntent settlement) => GasPerLease + (settlement.Receipt.Seq == 1 || settlement.TenantSignature.Length > 0 ? GasOfMore : 0);

    /// <summary>Gas of one transaction with these settlements, at most.</summary>
    public static int GasOf(IReadOnlyCollection<SettleIntent> batch) => GasPerTransaction + batch.Sum(GasOf);

    /// <param name="value">Smallest units.</param>
    /// <param name="gas">That it takes.</param>
    /// <param name="gasPrice">Wei per gas; null: not known.</param>
    public bool IsWorth(BigInteger value, int gas, BigInteger? gasPrice) =>
        !WeighsGas || (gasPrice is { } price && value * GasPercent * BigInteger.Pow(10, 18) >= gas * price * UnitsPerEther * 100);
}
