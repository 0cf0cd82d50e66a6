namespace Federation.Domain.Usage;

/// <summary>
/// The ledger of what pods hold: devices and storage are theirs from being bound until their end, by the API server's word. Each holding
/// carries from when on it is not counted yet, so that windows, restarts and other leaders count no moment twice and leave out none.
/// </summary>
public static class Allocation
{
    /// <summary>Where the API server does not vouch for a pod, its samples prove that it is there. From when on they do, unix milliseconds.</summary>
    /// <param name="asOfMs">Up to when what the API server showed is known to be all that it had to show.</param>
    public static long SampledFrom(PodHolding holding, long asOfMs) => holding.IsVouched ? Math.Max(holding.FromMs, asOfMs) : holding.FromMs;

    /// <summary>Up to when a window counts it by the API server's word: not before where it stands.</summary>
    public static long CountedUntil(PodHolding holding, long throughMs, long asOfMs)
    {
        if (!holding.IsVouched) return holding.FromMs;
        var until = Math.Min(throughMs, asOfMs);
        return Math.Max(holding.FromMs, holding.EndedMs > 0 ? Math.Min(until, holding.EndedMs) : until);
    }

    /// <returns>The same once the window is closed.</returns>
    /// <param name="sampledMs">Last sample of the pod that is folded in; 0 without one.</param>
    public static PodHolding Close(PodHolding holding, long throughMs, long asOfMs, long sampledMs) => holding.IsVouched
        ? holding with { FromMs = Math.Max(CountedUntil(holding, throughMs, asOfMs), sampledMs > asOfMs ? sampledMs : 0) }
        : holding;

    /// <summary>None counts from before then: a pod that is first heard of so late may have been counted and forgotten.</summary>
    public static IReadOnlyList<PodHolding> NotBefore(IEnumerable<PodHolding> holdings, long fromMs) =>
        [.. holdings.Select(h => h.IsVouched && h.FromMs < fromMs ? h with { FromMs = fromMs } : h)];
}
