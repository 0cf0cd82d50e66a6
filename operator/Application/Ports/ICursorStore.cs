namespace Federation.Application.Ports;

/// <summary>Where chain reading stands; kept in the cluster, so that a restart goes on from it.</summary>
public interface ICursorStore
{
    Task<ChainCursor?> LoadAsync(CancellationToken cancellation);

    Task SaveAsync(ChainCursor cursor, CancellationToken cancellation);
}

/// <summary>All blocks up to and including this finalized one are done.</summary>
/// <param name="ChainId">The cursor of another chain or contract is refused.</param>
/// <param name="BlockHash">By which the next process knows a fork; empty only where nothing was read yet, or an older version wrote it.</param>
public sealed record ChainCursor(ulong ChainId, string LeaseManager, ulong Block, string BlockHash);
