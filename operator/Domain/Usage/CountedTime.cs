namespace Federation.Domain.Usage;

/// <summary>
/// How far the windows of an export have counted each pod's time. Nothing in a record proves when a pod was bound: a false
/// <see cref="PodHolding.FromMs"/> would bill what is billed already, or what was before the lease.
/// </summary>
internal sealed class CountedTime
{
    private readonly Dictionary<string, (long UntilMs, bool IsVouched)> stands = new(StringComparer.Ordinal);
    private long? beginMs;

    /// <returns>What a window counts that it must not; null when there is nothing of it.</returns>
    public string? FaultOf(WindowRecord window)
    {
        beginMs ??= window.Number == 1 ? window.FromMs : 0;
        var earliest = Math.Max(beginMs.Value, window.FromMs - UsageFold.SilentMs);
        var positions = window.Before.Series.ToDictionary(p => p.Key);
        return window.Held.Where(MayCount).Select(FaultOf).FirstOrDefault(f => f is not null);

        string? FaultOf(PodHolding held)
        {
            var position = positions.GetValueOrDefault(UsageSeries.KeyOf(held.PodUid, Meter.Cpu, ""));
            if (held.IsVouched && held.FromMs < earliest) return $"it counts pod {held.PodUid} from {held.FromMs} on, and nothing of before {earliest} can be in it.";
            if (!stands.TryGetValue(held.PodUid, out var stand)) return null;
            // Of one in doubt the samples have counted: nobody's word takes their place.
            var until = held.IsVouched && !stand.IsVouched ? Math.Max(stand.UntilMs, position?.AtMs ?? 0) : stand.UntilMs;
            var from = held.IsVouched ? held.FromMs : SampledFrom(held, position, window);
            return from >= until ? null : $"it counts time of pod {held.PodUid} again, which had counted up to {until}.";
        }
    }

    /// <param name="closed">As a window without a fault leaves them.</param>
    public void Add(IEnumerable<PodHolding> closed)
    {
        foreach (var holding in closed.Where(h => !h.IsNothing)) stands[holding.PodUid] = (Math.Max(holding.FromMs, stands.GetValueOrDefault(holding.PodUid).UntilMs), holding.IsVouched);
    }

    // What was measured of it while nobody held it is billed whole, from whenever on.
    private static long SampledFrom(PodHolding held, SeriesPosition? position, WindowRecord window) =>
        position is { UnheldMs: > 0 } ? 0 : Math.Max(held.FromMs, position?.AtMs ?? (window.Before.Forgotten.Contains(held.PodUid) ? window.FromMs : window.ReadFromMs));

    // Of one that ended before it counts nothing can: it was forgotten, and a cache shows it again.
    private static bool MayCount(PodHolding holding) => !holding.IsNothing && !(holding.IsVouched && holding.EndedMs > 0 && holding.EndedMs <= holding.FromMs);
}
