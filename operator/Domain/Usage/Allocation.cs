namespace Federation.Domain.Usage;

/// <summary>
/// The ledger of what pods hold: devices and storage are theirs from being bound until their end, by the API server's word. Each holding
/// carries from when on it is not counted yet, so that windows, restarts and other leaders count no moment twice and leave out none.
/// </summary>
public static class Allocation
{
    /// <summary>Where the API server does not vouch for a pod, its samples prove that it is there. From when on they do, unix milliseconds.</summary>
    /// <param name="asOfMs">Up to when what the API server showed is known to be all that it had to show.</param>
    public static long SampledFrom(PodHolding holding, long asOfMs) => holding.IsVouched ? Math.Max(holding.FromMs, WordEnds(holding, asOfMs)) : holding.FromMs;

    /// <summary>Up to when a window counts it by the API server's word: not before where it stands.</summary>
    public static long CountedUntil(PodHolding holding, long throughMs, long asOfMs) =>
        holding.IsVouched ? Math.Max(holding.FromMs, Math.Min(throughMs, WordEnds(holding, asOfMs))) : holding.FromMs;

    /// <returns>
    /// The same once the window is closed. What samples have proved beyond the word is ahead of it, and may have holes: once the word gets there it counts
    /// so much less, and all that was left out.
    /// </returns>
    /// <param name="sampledMs">What the window counted of it by samples.</param>
    public static PodHolding Close(PodHolding holding, long throughMs, long asOfMs, long sampledMs) =>
        (holding.IsVouched ? holding with { FromMs = CountedUntil(holding, throughMs, asOfMs) + sampledMs } : holding) with { HeardMs = long.MaxValue };

    /// <summary>None counts from before then: a pod that is first heard of so late may have been counted and forgotten.</summary>
    public static IReadOnlyList<PodHolding> NotBefore(IEnumerable<PodHolding> holdings, long fromMs) =>
        [.. holdings.Select(h => h.IsVouched && h.FromMs < fromMs ? h with { FromMs = fromMs } : h)];

    // That it has ended is as true later, whoever has heard nothing since. That it runs is its node's word, and as old as that.
    private static long WordEnds(PodHolding holding, long asOfMs) => holding.EndedMs > 0 ? holding.EndedMs : Math.Min(asOfMs, holding.HeardMs);
}
