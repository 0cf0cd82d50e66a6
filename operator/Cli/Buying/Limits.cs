using System.Numerics;

namespace Federation.Cli.Buying;

/// <summary>The most that a lease may cost as a whole, smallest units; what is null is not limited.</summary>
/// <param name="PerHour">At full load.</param>
/// <param name="Deposit">That goes into escrow.</param>
/// <param name="ReservationFee">Null: the usual part of the deposit.</param>
internal sealed record Limits(BigInteger? PerHour, BigInteger? Deposit, BigInteger? ReservationFee)
{
    /// <summary>One part of so many of the deposit is what giving a reservation up costs at most, where nobody said another sum.</summary>
    public const int UsualFeePart = 100;

    /// <summary>A datacenter that never lets its tenant in is left by paying this: it must not be worth its while.</summary>
    public BigInteger FeeFor(BigInteger deposit) => ReservationFee ?? deposit / UsualFeePart;
}
