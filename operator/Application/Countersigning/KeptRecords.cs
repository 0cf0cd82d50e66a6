using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Application.Countersigning;

/// <param name="MostChars">Of all lines.</param>
/// <param name="MostBytes">The same, packed.</param>
public sealed record EvidenceBounds(long MostChars, long MostBytes);

/// <summary>A lease's records for one way through its evidence, which may be as long as a datacenter likes: within bounds, and what was handed over before is not asked for again.</summary>
public sealed class KeptRecords(LeaseId lease, ILeaseRecords records, PackedWindows kept, EvidenceBounds bounds, IHasher hasher) : ILeaseRecords
{
    private long chars, bytes;

    /// <inheritdoc/>
    public Task<SignedReceipt?> ReadReceiptAsync(CancellationToken cancellation) => records.ReadReceiptAsync(cancellation);

    /// <inheritdoc/>
    /// <exception cref="EvidenceException">It is more than the bounds take.</exception>
    public async Task<IReadOnlyList<string>?> ReadWindowAsync(string window, CancellationToken cancellation)
    {
        if (kept.Find(lease, window) is not { } lines)
        {
            if (await records.ReadWindowAsync(window, cancellation) is not { } handed) return null;
            lines = new PackedLines(handed);
            // Only what it says that it is is kept: something else would be in the way of the right one.
            if (EvidenceCheck.WindowOf(handed, hasher.Keccak256) is { } read && read.Root == window) kept.Keep(lease, window, lines);
        }

        (chars, bytes) = (chars + lines.Chars, bytes + lines.Bytes);
        if (chars > bounds.MostChars || bytes > bounds.MostBytes) throw new EvidenceException($"The evidence is more than {bounds.MostChars >> 20} MiB, or {bounds.MostBytes >> 20} MiB packed, which is as much as is looked at here.");
        return lines;
    }

    /// <inheritdoc/>
    public Task CountersignAsync(string digest, string signature, CancellationToken cancellation) => records.CountersignAsync(digest, signature, cancellation);
}
