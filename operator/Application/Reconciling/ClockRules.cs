namespace Federation.Application.Reconciling;

/// <summary>What it means that this machine's clock and the chain's differ. Pure.</summary>
public static class ClockRules
{
    /// <summary>More than blocks are late where nothing is wrong, less than an Offer's life.</summary>
    public static TimeSpan Tolerance { get; } = TimeSpan.FromSeconds(30);

    /// <param name="ahead">This machine's time less the chain's.</param>
    /// <returns>Why nothing is promised now; null when the two agree.</returns>
    public static string? Problem(TimeSpan ahead, TimeSpan tolerance)
    {
        if (ahead.Duration() <= tolerance) return null;
        var side = ahead > TimeSpan.Zero ? "ahead of" : "behind";
        return $"This machine's clock is {Words(ahead.Duration())} {side} the chain's latest block: its clock is wrong, or the node's last block is old. Check the time service (NTP) of this machine, then the node.";
    }

    // Rounded: what is said of a clock that stays wrong does not change.
    private static string Words(TimeSpan gap) => gap < TimeSpan.FromMinutes(2) ? "a minute or two" : $"about {Math.Round(gap.TotalMinutes):0} minutes";
}
