using System.Numerics;

namespace Federation.Chain.Sending;

/// <summary>EIP-1559 fees, wei per gas.</summary>
internal readonly record struct Fee(BigInteger Max, BigInteger Priority)
{
    // Nodes take a replacement from 10 % more; 12.5 % is what wallets offer, and leaves room for a node's own rounding.
    private static BigInteger Raised(BigInteger value) => (value * 9 / 8) + 1;

    /// <summary>Enough for a base fee that doubles; at most the cap. Null when even the present base fee is above the cap.</summary>
    public static Fee? For(BigInteger baseFee, BigInteger priority, BigInteger cap)
    {
        if (baseFee > cap) return null;
        var max = BigInteger.Min((baseFee * 2) + priority, cap);
        return new Fee(max, BigInteger.Min(priority, max));
    }

    /// <summary>What replaces a transaction with this fee; at least <paramref name="wanted"/>. Null when the cap forbids it.</summary>
    public Fee? Bump(Fee wanted, BigInteger cap)
    {
        var (max, priority) = (BigInteger.Max(Raised(Max), wanted.Max), BigInteger.Max(Raised(Priority), wanted.Priority));
        return Raised(Max) > cap ? null : new Fee(BigInteger.Min(max, cap), BigInteger.Min(priority, BigInteger.Min(max, cap)));
    }
}
