using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Application.Countersigning;

/// <summary>Follows a receipt's evidence from its root back to the lease's first window, and folds it anew.</summary>
/// <param name="copies">Where windows are kept once they were handed over; null: nowhere.</param>
public sealed class EvidenceTrail(LeaseId lease, ILeaseRecords records, IEvidenceStore? copies, IHasher hasher)
{
    // Far above a year of hours; an operator that says more leads nowhere.
    private const int MostWindows = 100_000;

    // A tenant's copy is its own to remove.
    private const uint Forever = uint.MaxValue;

    /// <param name="root">Of a receipt.</param>
    /// <returns>What the lease was measured at; or why the evidence does not show it, for people.</returns>
    public async Task<(UsagePosition? Measured, string? Problem)> FollowAsync(string root, CancellationToken cancellation)
    {
        var (lines, problem) = await CollectAsync(root, cancellation);
        if (problem is not null) return (null, problem);
        var verdict = EvidenceCheck.Verify(lease, lines, hasher.Keccak256, out var measured);
        return verdict.Problem is { } refused ? (null, $"The evidence does not hold. {refused}") : (measured, null);
    }

    /// <summary>The lines behind a root as they are handed over, from the first window on. What is here already is not asked for again.</summary>
    /// <returns>None and why, for people, where one is missing or does not hash to its root.</returns>
    public async Task<(IEnumerable<string> Lines, string? Problem)> CollectAsync(string root, CancellationToken cancellation)
    {
        var windows = new Stack<IReadOnlyList<string>>();
        for (var next = root; next != WindowRecord.NoRoot;)
        {
            if (windows.Count == MostWindows) return ([], $"The evidence has more than {MostWindows} windows.");
            var kept = copies is null ? null : await copies.ReadAsync(lease, next, cancellation);
            var lines = kept ?? await FetchAsync(next, cancellation);
            if (lines is null) return ([], $"The datacenter does not hand over the window with root {next}, which the receipt rests on.");
            if (EvidenceCheck.WindowOf(lines, hasher.Keccak256) is not { } window || window.Root != next) return ([], $"What the datacenter handed over for root {next} does not hash to it.");
            windows.Push(lines);
            next = window.Previous;
        }

        return (windows.SelectMany(w => w), null);
    }

    private async Task<IReadOnlyList<string>?> FetchAsync(string root, CancellationToken cancellation)
    {
        if (await records.ReadWindowAsync(root, cancellation) is not { } lines) return null;
        // Only what it says that it is is kept: something else would be in the way of the right one.
        if (copies is not null && EvidenceCheck.WindowOf(lines, hasher.Keccak256) is { } window && window.Root == root)
            await copies.PutAsync(new WindowEvidence(lease, window.Window, root, lines), Forever, cancellation);
        return lines;
    }
}
