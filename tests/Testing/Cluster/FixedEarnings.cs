using System.Numerics;
using Federation.Application.Ports;

namespace Federation.Testing.Cluster;

/// <summary>Payments by the block that they were made in.</summary>
public sealed class FixedEarnings : IEarningsLedger
{
    public Dictionary<ulong, BigInteger> Paid { get; } = [];

    /// <summary>The ranges that were asked for.</summary>
    public List<(ulong From, ulong To)> Asked { get; } = [];

    /// <summary>Why it cannot be read; null: it can.</summary>
    public string? Fault { get; set; }

    public Task<BigInteger> ReadEarnedAsync(string token, ulong fromBlock, ulong toBlock, CancellationToken cancellation)
    {
        if (Fault is not null) throw new LedgerException(Fault, isTransient: true);
        Asked.Add((fromBlock, toBlock));
        return Task.FromResult(Paid.Where(p => p.Key >= fromBlock && p.Key <= toBlock).Aggregate(BigInteger.Zero, (sum, p) => sum + p.Value));
    }
}
