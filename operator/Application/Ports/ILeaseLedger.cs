using System.Numerics;
using Federation.Domain.Leases;

namespace Federation.Application.Ports;

/// <summary>Reads leases from the chain. Any method throws <see cref="LedgerException"/>; nothing may be torn down on one.</summary>
public interface ILeaseLedger
{
    /// <summary>Heads at the three depths, after checking that this is the right chain and the right contract.</summary>
    Task<LedgerHead> ReadHeadAsync(CancellationToken cancellation);

    /// <summary>Leases of this provider that were matched or amended in the blocks, both ends included.</summary>
    Task<LeaseNews> ReadNewsAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation);

    /// <summary>The leases as the contract holds them at that block, in the order asked; an unknown one is <see cref="ChainLease.Unknown"/>.</summary>
    Task<IReadOnlyList<ChainLease>> ReadLeasesAsync(IReadOnlyList<LeaseReference> leases, ulong block, CancellationToken cancellation);
}

/// <summary>What happened to leases: which of them are worth reading again, whether all are known, and whether it is still the same history.</summary>
public interface ILeaseActivity
{
    /// <summary>
    /// The news since one block, as <see cref="ILeaseLedger.ReadNewsAsync"/> has them, and every lease whose state may have been changed since
    /// another. Both are asked of the node together: this is what is read in each block.
    /// </summary>
    /// <param name="newsFrom">Block of the first news; after <paramref name="toBlock"/>: none are asked for.</param>
    /// <param name="touchedFrom">Block of the first change; after <paramref name="toBlock"/>: none are asked for.</param>
    /// <exception cref="LedgerException">The logs could not be read.</exception>
    Task<LedgerChanges> ReadChangesAsync(ulong newsFrom, ulong touchedFrom, ulong toBlock, CancellationToken cancellation);

    /// <summary>Smallest units of this provider's stake that are locked for its leases at that block: what no log can hide.</summary>
    /// <param name="token">That the leases are paid with.</param>
    Task<BigInteger> ReadSlicedAsync(string token, ulong block, CancellationToken cancellation);

    /// <summary>That a block which was final before is there still. If not, what the node said so far counts for nothing: another one is not measured by it.</summary>
    /// <param name="hash">0x hex, of <see cref="LedgerHead.FinalizedHash"/> then.</param>
    /// <exception cref="LedgerException">The node has another block there, or none.</exception>
    Task CheckBlockAsync(ulong block, string hash, CancellationToken cancellation);
}

/// <param name="Confirmed">Latest minus the configured confirmations.</param>
/// <param name="ConfirmedTime">Timestamp of the confirmed block, unix seconds: the clock that the contract knows.</param>
/// <param name="ConfirmedHash">0x hex: the same blocks say the same of every lease.</param>
/// <param name="FinalizedHash">0x hex, to notice that history was rewritten below finality.</param>
public sealed record LedgerHead(ulong Latest, ulong Confirmed, long ConfirmedTime, string ConfirmedHash, ulong Finalized, string FinalizedHash)
{
    /// <summary>Timestamp of the latest block, unix seconds: what the chain says the time is.</summary>
    public long LatestTime { get; init; } = ConfirmedTime;

    /// <summary>Timestamp of the finalized block, unix seconds; 0: not known.</summary>
    public long FinalizedTime { get; init; }

    /// <summary>The same for who reads no further than the confirmed block.</summary>
    public long FinalTime => Math.Min(FinalizedTime, ConfirmedTime);
}

/// <param name="Terms">Compared with the hash that the contract stores; null when they are not known.</param>
public sealed record LeaseReference(LeaseId Id, LeaseTerms? Terms);

/// <param name="Terms">As they are now: an amendment changes them.</param>
/// <param name="Block">Of the match.</param>
public sealed record MatchedLease(LeaseId Id, LeaseTerms Terms, ulong Block);

/// <param name="Matched">With the latest terms of these blocks.</param>
/// <param name="Amended">The latest terms of leases whose match is older than these blocks.</param>
public sealed record LeaseNews(IReadOnlyList<MatchedLease> Matched, IReadOnlyDictionary<LeaseId, LeaseTerms> Amended)
{
    public static LeaseNews None { get; } = new([], new Dictionary<LeaseId, LeaseTerms>());

    /// <summary>Terms that an amendment in these blocks replaced, as far as these blocks tell them.</summary>
    public IReadOnlyList<ReplacedTerms> Replaced { get; init; } = [];
}

/// <param name="Touched">Leases whose state on chain may have been changed; leases of others may be among them.</param>
public sealed record LedgerChanges(LeaseNews News, IReadOnlySet<LeaseId> Touched);

/// <param name="Block">Of the amendment.</param>
public sealed record ReplacedTerms(LeaseId Id, LeaseTerms Terms, ulong Block);

/// <summary>The chain could not be read, or is not the one that was configured.</summary>
/// <param name="isTransient">False for a wrong chain id or a contract without code: waiting will not mend it.</param>
public sealed class LedgerException(string message, bool isTransient, Exception? inner = null) : Exception(message, inner)
{
    public bool IsTransient { get; } = isTransient;
}
