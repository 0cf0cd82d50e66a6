using Federation.Domain.Leases;

namespace Federation.Domain.Requesting;

/// <summary>A transaction that was sent for a request.</summary>
/// <param name="Action">Match, TopUp, AmendSpec, Amend or Close.</param>
/// <param name="Hash">0x hex.</param>
/// <param name="Error">Why it did not take effect, for people; null: nothing is known against it.</param>
public sealed record SentTransaction(LeaseId Lease, PurchaseAction Action, string Hash, string? Error)
{
    /// <summary>So many of a request are kept.</summary>
    public const int Most = 32;

    /// <returns>The newest of both, each transaction once and as it was last heard of.</returns>
    public static IReadOnlyList<SentTransaction> Together(IReadOnlyList<SentTransaction> before, IReadOnlyList<SentTransaction> later)
    {
        var all = before.ToList();
        foreach (var one in later)
        {
            if (all.FindIndex(t => t.Hash == one.Hash) is >= 0 and var at) all[at] = one;
            else all.Add(one);
        }

        return [.. all.TakeLast(Most)];
    }
}
