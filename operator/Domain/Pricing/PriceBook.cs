using System.Numerics;

namespace Federation.Domain.Pricing;

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
    IReadOnlyList<string> Arbiters)
{
    /// <summary>The largest amount that the contract can hold, 96 bits.</summary>
    public static readonly BigInteger Most = BigInteger.Pow(2, 96) - 1;
}
