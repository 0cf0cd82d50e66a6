namespace Federation.Gateway;

/// <summary>
/// How long who asks a gateway waits where nobody behind it answers now and it says that somebody will: between two leaders there is none for some seconds.
/// </summary>
/// <param name="Patience">From the first question on, all tries together.</param>
public sealed record LeaderWait(TimeSpan Patience, TimeProvider Clock)
{
    // A stranger may say anything.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for the next try; null when that would be too late.</summary>
    /// <param name="said">By the gateway; null: it says nothing of later.</param>
    internal TimeSpan? Next(TimeSpan? said, long since)
    {
        if (said is not { } wait) return null;
        if (wait < Shortest) wait = Shortest;
        return Clock.GetElapsedTime(since) + wait < Patience ? wait : null;
    }
}
