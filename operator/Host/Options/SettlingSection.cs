using System.Numerics;
using Federation.Application.Settings;
using Federation.Domain.Settlement;

namespace Federation.Host.Options;

/// <summary>When a settlement is worth a transaction.</summary>
public sealed class SettlingSection
{
    /// <summary>So much longer than Times:SettleEvery a settlement waits for others to share a transaction with; null: a quarter of that time.</summary>
    public TimeSpan? Patience { get; set; }

    /// <summary>Smallest units of the leases' token that one ether of gas is worth: with it, what brings in too little for its gas waits. Zero: not weighed.</summary>
    [Reloadable]
    public decimal UnitsPerEther { get; set; }

    /// <summary>Of what a settlement brings in, its gas may cost so much.</summary>
    [Reloadable]
    public int GasPercent { get; set; } = 10;

    public SettlementRules Rules => new(new BigInteger(UnitsPerEther), GasPercent);

    public TimeSpan PatienceFor(TimesSection times) => Patience ?? times.SettleEvery / 4;

    public IEnumerable<string> Faults()
    {
        if (Patience < TimeSpan.Zero) yield return "Settling:Patience must not be negative; zero: each lease is settled when its time has come.";
        if (UnitsPerEther < 0) yield return "Settling:UnitsPerEther must not be negative; zero: gas is not weighed.";
        if (GasPercent is < 1 or > 100) yield return "Settling:GasPercent must be from 1 to 100.";
    }
}
