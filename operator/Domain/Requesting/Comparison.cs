using System.Numerics;

namespace Federation.Domain.Requesting;

/// <summary>What one datacenter came to when one was chosen for a replica.</summary>
/// <param name="Price">What offers are ranked by, smallest units; null: it made none.</param>
/// <param name="Reason">Why it was not chosen, a CamelCase word; empty: it was, or did not say.</param>
/// <param name="Message">For people.</param>
public sealed record ComparedQuote(string Provider, BigInteger? Price, string Reason, string Message)
{
    public bool IsChosen { get; init; }

    /// <summary>It was asked for an offer; else the rules, or what is known of it, kept it out.</summary>
    public bool IsAsked { get; init; } = true;
}

/// <summary>The last choice for a replica, as far as there is room for it.</summary>
/// <param name="Quotes">The chosen one first, then by price, then those that made no offer.</param>
/// <param name="Others">Datacenters that there is no room for.</param>
public sealed record Comparison(int Slot, IReadOnlyList<ComparedQuote> Quotes, int Others)
{
    /// <summary>Of a status with sixteen replicas these take some forty kilobytes at most.</summary>
    public const int Most = 8;

    /// <param name="all">One for each datacenter, in any order: who answered first changes nothing.</param>
    public static Comparison Of(int slot, IEnumerable<ComparedQuote> all)
    {
        ComparedQuote[] ranked = [.. all.OrderBy(q => !q.IsChosen).ThenBy(q => q.Price is null).ThenBy(q => q.Price).ThenBy(q => !q.IsAsked).ThenBy(q => q.Provider, StringComparer.OrdinalIgnoreCase)];
        return new Comparison(slot, [.. ranked.Take(Most)], Math.Max(0, ranked.Length - Most));
    }

    /// <returns>Those before, each until its replica has another choice or is wanted no more.</returns>
    public static IReadOnlyList<Comparison> Together(IReadOnlyList<Comparison> before, IReadOnlyCollection<Comparison> later, int replicas) =>
        later.Count == 0 && before.All(c => c.Slot < replicas) ? before
        : [.. before.Where(c => later.All(l => l.Slot != c.Slot)).Concat(later).Where(c => c.Slot < replicas).OrderBy(c => c.Slot)];
}
