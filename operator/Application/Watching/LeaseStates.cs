using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Watching;

/// <summary>
/// The states of all leases at both depths. They are read whole at first and once a minute; in between only those that a log
/// names, or a datacenter with a thousand leases would read two thousand unchanged states in every block.
/// </summary>
internal sealed class LeaseStates(ILeaseLedger ledger)
{
    // By so much, in chain seconds, a node that leaves a log out can delay what it tells.
    private const long WholeEvery = 60;

    private readonly Dictionary<LeaseId, Entry> known = [];
    private HashSet<LeaseId> recent = [];
    private (bool IsWhole, HashSet<LeaseId> Touched) heard = (true, []);
    private ulong final;
    private long wholeAt = long.MinValue;

    /// <summary>The first block whose changes have to be heard of up to this head.</summary>
    public ulong HearFrom(LedgerHead head) =>
        // All that is not final yet is read again every time: a reorg takes a log away, and the state with it.
        (IsWholeDue(head) ? Final(head) : Math.Min(final, Final(head))) + 1;

    /// <summary>Hears what changed from there up to this head.</summary>
    /// <returns>Whether all that was read before still stands.</returns>
    public bool Hear(LedgerHead head, IReadOnlySet<LeaseId> touched)
    {
        heard = (IsWholeDue(head), [.. touched]);
        if (heard.IsWhole || touched.Count > 0 || recent.Count > 0) return false;
        final = Final(head);
        return true;
    }

    /// <summary>What was heard of last is read.</summary>
    /// <returns>In the order asked.</returns>
    public async Task<IReadOnlyList<(ChainLease Confirmed, ChainLease Finalized)>> ReadAsync(IReadOnlyList<LeaseReference> leases, LedgerHead head, CancellationToken cancellation)
    {
        var ((isWhole, touched), next) = (heard, Final(head));
        var due = leases.Where(l => isWhole || touched.Contains(l.Id) || recent.Contains(l.Id) || !IsKnown(l)).ToArray();
        var both = await Task.WhenAll(ledger.ReadLeasesAsync(due, head.Confirmed, cancellation), ledger.ReadLeasesAsync(due, next, cancellation));
        for (var i = 0; i < due.Length; i++) known[due[i].Id] = Compact(due[i], both[0][i], both[1][i]);
        (recent, final) = (touched, next);
        if (isWhole) wholeAt = head.ConfirmedTime;
        Forget(leases);
        return [.. leases.Select(l => (known[l.Id].Confirmed, known[l.Id].Finalized))];
    }

    // Most leases are in the state that they were in before, and at both depths in the same: one object says it.
    private Entry Compact(LeaseReference lease, ChainLease confirmed, ChainLease finalized)
    {
        if (known.GetValueOrDefault(lease.Id) is { } before && before.Confirmed == confirmed) confirmed = before.Confirmed;
        return new Entry(lease.Terms, confirmed, finalized == confirmed ? confirmed : finalized);
    }

    private bool IsWholeDue(LedgerHead head) => wholeAt == long.MinValue || head.ConfirmedTime >= wholeAt + WholeEvery;

    private static ulong Final(LedgerHead head) => Math.Min(head.Finalized, head.Confirmed);

    private bool IsKnown(LeaseReference lease) => known.TryGetValue(lease.Id, out var entry) && entry.Terms == lease.Terms;

    private void Forget(IReadOnlyList<LeaseReference> leases)
    {
        if (known.Count == leases.Count) return;
        var all = leases.Select(l => l.Id).ToHashSet();
        foreach (var gone in known.Keys.Where(id => !all.Contains(id)).ToArray()) known.Remove(gone);
    }

    /// <param name="Terms">What the states were compared with.</param>
    private sealed record Entry(LeaseTerms? Terms, ChainLease Confirmed, ChainLease Finalized);
}
