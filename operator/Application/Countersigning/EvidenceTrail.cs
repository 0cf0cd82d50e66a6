using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Application.Countersigning;

/// <summary>Where the evidence behind a root leads.</summary>
/// <param name="Measured">What the lease was measured at; null where the evidence does not show it.</param>
/// <param name="Problem">Why it does not, for people.</param>
/// <param name="IsWithheld">A window is not handed over: of what is, nothing speaks against the datacenter.</param>
public sealed record FollowedEvidence(UsagePosition? Measured, string? Problem, bool IsWithheld = false);

/// <summary>The lines behind a root.</summary>
/// <param name="Problem">Why there are none, for people.</param>
/// <param name="IsWithheld">One window is not handed over.</param>
public sealed record CollectedEvidence(IEnumerable<string> Lines, string? Problem, bool IsWithheld = false);

/// <summary>Follows a receipt's evidence from its root back to the lease's first window, and folds it anew.</summary>
/// <param name="copies">Where windows are kept once they were handed over; null: nowhere.</param>
public sealed class EvidenceTrail(LeaseId lease, ILeaseRecords records, IEvidenceStore? copies, IHasher hasher)
{
    // Far above a year of hours; an operator that says more leads nowhere.
    private const int MostWindows = 100_000;

    // A tenant's copy is its own to remove.
    private const uint Forever = uint.MaxValue;

    /// <summary>The root of all that is measured until the receipt that comes next; what came after that only the datacenter knows.</summary>
    /// <param name="settled">That a settlement on chain named last; null: none does. A receipt that names none, or no receipt, does not do away with it.</param>
    /// <returns>Null where there is no evidence yet.</returns>
    public async Task<string?> RootAsync(string? settled, CancellationToken cancellation) =>
        (await records.ReadReceiptAsync(cancellation))?.Receipt.EvidenceRoot is { } named and not Receipt.NoEvidence ? named : settled;

    /// <param name="root">Of a receipt.</param>
    public async Task<FollowedEvidence> FollowAsync(string root, CancellationToken cancellation)
    {
        var (lines, problem, isWithheld) = await CollectAsync(root, cancellation);
        if (problem is not null) return new(null, problem, isWithheld);
        var verdict = EvidenceCheck.Verify(lease, lines, hasher.Keccak256, out var measured);
        return verdict.Problem is { } refused ? new(null, $"The evidence does not hold. {refused}") : new(measured, null);
    }

    /// <summary>The lines behind a root as they are handed over, from the first window on. What is here already is not asked for again.</summary>
    /// <returns>None where one is missing or does not hash to its root.</returns>
    public async Task<CollectedEvidence> CollectAsync(string root, CancellationToken cancellation)
    {
        var windows = new Stack<IReadOnlyList<string>>();
        for (var next = root; next != WindowRecord.NoRoot;)
        {
            if (windows.Count == MostWindows) return new([], $"The evidence has more than {MostWindows} windows.");
            var kept = copies is null ? null : await copies.ReadAsync(lease, next, cancellation);
            var lines = kept ?? await FetchAsync(next, cancellation);
            if (lines is null) return new([], $"The datacenter does not hand over the window with root {next}, which the receipt rests on.", IsWithheld: true);
            if (EvidenceCheck.WindowOf(lines, hasher.Keccak256) is not { } window || window.Root != next) return new([], $"What the datacenter handed over for root {next} does not hash to it.");
            windows.Push(lines);
            next = window.Previous;
        }

        return new(windows.SelectMany(w => w), null);
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
