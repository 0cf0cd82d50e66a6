namespace Federation.Metrics.Spool;

/// <summary>A moment as the node's clocks have it.</summary>
/// <param name="AtMs">Time of day, unix milliseconds: it may be set.</param>
/// <param name="UptimeMs">Since some begin of this boot: nobody sets it, and it stands still while the machine sleeps.</param>
/// <param name="Boot">Of which boot that is; empty where the kernel does not say.</param>
internal sealed record SpoolMoment(long AtMs, long UptimeMs, string Boot)
{
    private const string BootFile = "/proc/sys/kernel/random/boot_id";
    private static readonly string ThisBoot = File.Exists(BootFile) ? File.ReadAllText(BootFile).Trim() : "";

    public static SpoolMoment Now(TimeProvider clock) =>
        new(clock.GetUtcNow().ToUnixTimeMilliseconds(), (long)(clock.GetTimestamp() * (1000m / clock.TimestampFrequency)), ThisBoot);
}

/// <summary>A time in which no pod of the node was missed, unix milliseconds: (from, through].</summary>
internal sealed record SpoolSpan(long FromMs, long ThroughMs);

/// <summary>What a spool may vouch for: the times between looks that were close enough, by the clock and by the time that passed. Not thread-safe.</summary>
/// <param name="last">The last look that is on the disk, also of a run before; null when there is none.</param>
internal sealed class SpoolWatch(SpoolMoment? last)
{
    /// <summary>Looks further apart than a start takes leave a hole: pods may have come and gone in between.</summary>
    public const long HoleMs = 10_000;

    private readonly List<SpoolSpan> pending = [];
    private SpoolMoment? last = last;
    private bool hasLost;

    /// <summary>All pods of the node were looked at.</summary>
    public void Look(SpoolMoment now)
    {
        // A clock that was set back: what it says again was seen before, or is a hole once it is past that.
        if (now.AtMs <= last?.AtMs) return;
        if (hasLost || last is null || IsHole(last, now)) pending.Add(new SpoolSpan(now.AtMs, now.AtMs));
        else if (pending.Count > 0) pending[^1] = pending[^1] with { ThroughMs = now.AtMs };
        else pending.Add(new SpoolSpan(last.AtMs, now.AtMs));
        (last, hasLost) = (now, false);
    }

    /// <summary>What a look showed could not be kept: nothing that is not on the disk is vouched for.</summary>
    public void Lose()
    {
        pending.Clear();
        hasLost = true;
    }

    /// <summary>Times that are not on the disk yet, and the last look; null when there is none.</summary>
    public (IReadOnlyList<SpoolSpan> Spans, SpoolMoment Last)? Pending => pending.Count > 0 ? ([.. pending], last!) : null;

    /// <summary>They are on the disk.</summary>
    public void Clear() => pending.Clear();

    // Another boot is another life of all pods. A clock that was set shows as time that passed, or as more of it than passed.
    private static bool IsHole(SpoolMoment one, SpoolMoment next) =>
        one.Boot != next.Boot || Math.Max(next.AtMs - one.AtMs, next.UptimeMs - one.UptimeMs) > HoleMs || next.UptimeMs < one.UptimeMs;
}
