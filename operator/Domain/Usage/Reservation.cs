namespace Federation.Domain.Usage;

/// <summary>
/// How long a lease's capacity has been held for it: from its activation to the end of what is paid, whether anything ran or not, less the
/// downtime that its terms credit. Nothing is priced by it: what was used is paid, and this is the time that caps it.
/// </summary>
public static class Reservation
{
    private const int Whole = 10_000;

    /// <param name="before">Where metering stood: it never falls, unless the activation turns out to have been later.</param>
    /// <param name="activatedMs">Unix milliseconds.</param>
    /// <param name="throughMs">End of the window, never after the end of what is paid.</param>
    /// <param name="downMs">Milliseconds of downtime until then, cumulative.</param>
    /// <param name="downtimeBps">The part of a second of downtime that the lease's terms credit.</param>
    /// <returns>Milliseconds, cumulative.</returns>
    public static long Held(UsagePosition before, long activatedMs, long throughMs, long downMs, ushort downtimeBps)
    {
        var active = Math.Max(0, throughMs - activatedMs);
        var credited = (long)((Int128)Math.Clamp(downMs, 0, active) * downtimeBps / Whole);
        return Math.Min(active, Math.Max(before.ReservedMs ?? 0, active - credited));
    }
}
