using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>What this provider was paid, told by logs.</summary>
public interface IEarningsLedger
{
    /// <summary>
    /// What its leases brought it in the blocks, both ends included, smallest units of the token: every payment less royalty and fee. What
    /// its delegators got of it is in it. All matches up to the last block must have been read before, for they tell the token.
    /// </summary>
    /// <exception cref="LedgerException">The logs could not be read.</exception>
    Task<BigInteger> ReadEarnedAsync(string token, ulong fromBlock, ulong toBlock, CancellationToken cancellation);
}

/// <param name="Amount">Smallest units.</param>
/// <param name="Source">Null: nothing was summed yet.</param>
/// <param name="ThroughBlock">The payments of all blocks up to this one are in it; finalized.</param>
public sealed record Earnings(BigInteger Amount, EarningsSource? Source, ulong ThroughBlock)
{
    public static Earnings None { get; } = new(0, null, 0);
}

/// <summary>Whose payments in what; sums of two sources have nothing to do with each other.</summary>
public sealed record EarningsSource(ulong ChainId, string LeaseManager, string Provider, string Token);
