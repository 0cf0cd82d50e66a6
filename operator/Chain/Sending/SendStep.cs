namespace Federation.Chain.Sending;

/// <summary>A transaction's way, step by step; the process may end at any of them.</summary>
internal enum SendStep
{
    NonceRead,
    Signed,
    Journaled,
    Broadcast,
    FirstPoll,

    /// <summary>The fee is raised: signed and journaled, not sent.</summary>
    Bumped,
    MinedSeen,

    /// <summary>The journal, as the next write has it, holds it as mined.</summary>
    Cleared,

    /// <summary>A later look found it in its block.</summary>
    Confirmed,
    Finalized,
}
