using System.Numerics;

namespace Federation.Domain.Leases;

/// <summary>
/// What was claimed and waits to be paid, as the contract keeps it: in two buckets of time, so that an amount waits one to
/// two of them. Nothing is paid by time alone; the next settlement or collect pays what has matured.
/// </summary>
/// <param name="Old">Smallest units claimed in the bucket before <paramref name="Bucket"/>.</param>
/// <param name="New">Smallest units claimed in <paramref name="Bucket"/>.</param>
/// <param name="Bucket">Unix seconds divided by the bucket's length.</param>
public sealed record MaturityRing(BigInteger Old, BigInteger New, uint Bucket)
{
    public static MaturityRing Empty { get; } = new(0, 0, 0);

    public BigInteger Pending => Old + New;

    /// <summary>What a collect would pay at that time.</summary>
    /// <param name="time">Unix seconds.</param>
    public BigInteger Matured(long time, uint maturitySeconds)
    {
        if (maturitySeconds == 0) return Pending;
        var passed = time / maturitySeconds - Bucket;
        return passed <= 0 ? 0 : passed == 1 ? Old : Pending;
    }

    /// <summary>Unix seconds from which one collect pays all that is pending; 0 when nothing is.</summary>
    public long MaturedAt(uint maturitySeconds) =>
        Pending.IsZero ? 0 : ((long)Bucket + (New.IsZero ? 1 : 2)) * maturitySeconds;
}
