using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>
/// What the operator's key has signed and is not final yet. Written before a transaction leaves, so that the next term finds it
/// by its hash, goes on with it, and sends nothing of it twice.
/// </summary>
public interface ISendJournal
{
    /// <summary>As it lies there now.</summary>
    /// <exception cref="ClusterException">It cannot be read, or a later term has written it.</exception>
    Task<IReadOnlyList<JournalEntry>> ReadAsync(CancellationToken cancellation);

    /// <summary>Replaces what was read, whole.</summary>
    /// <exception cref="ClusterException">It was not written, or perhaps not: another wrote it since it was read. Until it is read again nothing is written.</exception>
    Task WriteAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellation);
}

/// <summary>One nonce and all that was signed for it.</summary>
/// <param name="Purposes">Of each intent in it the kind, the lease, and what tells it from the next of its kind.</param>
/// <param name="To">The contract, 0x hex; null: the call creates one.</param>
/// <param name="Data">The call; empty once it is mined.</param>
/// <param name="Versions">The transaction and its replacements, oldest first; any of them may be mined.</param>
public sealed record JournalEntry(ulong Nonce, IReadOnlyList<string> Purposes, string? To, byte[] Data, ulong Gas, IReadOnlyList<JournalVersion> Versions)
{
    /// <summary>The key's address, 0x hex; empty where an operator wrote it that knew one key only: it is the present one's.</summary>
    public string Sender { get; init; } = "";

    /// <summary>A node was given it: else it was signed, and perhaps never left.</summary>
    public bool IsSent { get; init; }

    /// <summary>0: in no block that is known.</summary>
    public ulong MinedBlock { get; init; }

    /// <summary>Hash of that block, 0x hex.</summary>
    public string MinedIn { get; init; } = "";
}

/// <param name="Hash">0x hex.</param>
/// <param name="MaxFee">Wei per gas.</param>
/// <param name="PriorityFee">Wei per gas.</param>
public sealed record JournalVersion(string Hash, BigInteger MaxFee, BigInteger PriorityFee);
