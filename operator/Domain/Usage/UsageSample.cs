namespace Federation.Domain.Usage;

/// <summary>One raw sample: unix milliseconds and the value as the kubelet gave it.</summary>
public readonly record struct UsageSample(long AtMs, double Value)
{
    // No pod uses a quintillion core-seconds or bytes; what says so is broken, and would overflow.
    private const double MaxValue = 1e18;

    /// <summary>It says something of a pod: neither negative nor beyond all that there is, nor no number.</summary>
    public bool IsUsable => double.IsFinite(Value) && Value is >= 0 and <= MaxValue;
}

/// <summary>What a series counts.</summary>
public enum Meter
{
    /// <summary>Counter, CPU-seconds of a pod.</summary>
    Cpu,

    /// <summary>Gauge, bytes of working set of a pod.</summary>
    Memory,

    /// <summary>Counter, bytes sent by a pod on one interface.</summary>
    Egress,
}

/// <summary>Raw samples of one meter of one pod. Identity is the pod's UID, which only the API server gives out.</summary>
/// <param name="Part">Tells series of one pod and meter apart (the network interface); empty where there is one.</param>
public sealed record UsageSeries(string PodUid, Meter Meter, string Part, IReadOnlyList<UsageSample> Samples)
{
    public string Key => KeyOf(PodUid, Meter, Part);

    public static string KeyOf(string podUid, Meter meter, string part) => $"{podUid}/{meter}/{part}";
}

/// <summary>What a pod holds while it lives, from the API server, not from its metrics.</summary>
public sealed record PodHolding(string PodUid, uint GpuA, uint GpuB, uint StorageMiB)
{
    /// <summary>
    /// Unix milliseconds when it ended: as its containers say, or else when it was first seen to be gone; 0 before. What its series
    /// show after that is what a scraper's cache has kept, and bills no time.
    /// </summary>
    public long EndedMs { get; init; }

    /// <summary>
    /// Unix milliseconds from which on its time is not counted yet: when it was bound to its node, by the API server, and then as far as
    /// windows have counted it. 0 when nobody says when that was: then its samples count.
    /// </summary>
    public long FromMs { get; init; }

    /// <summary>
    /// Unix milliseconds up to when its node is known to have been there: the API server's word on a pod is only as new. Said for the window that is
    /// being closed, and not kept.
    /// </summary>
    public long HeardMs { get; init; } = long.MaxValue;

    /// <summary>Its node fell silent, or it was gone without a word of its end: from then on, for good, its samples count.</summary>
    public bool IsDoubtful { get; init; }

    /// <summary>Neither devices nor storage: its time bills nothing.</summary>
    public bool IsNothing => this is { GpuA: 0, GpuB: 0, StorageMiB: 0 };

    /// <summary>The API server vouches for its life, so it holds what it holds whether anybody scrapes it or not.</summary>
    public bool IsVouched => FromMs > 0 && !IsDoubtful;
}

/// <summary>From when to when there is something to measure of a pod, unix milliseconds, by the API server's word.</summary>
/// <param name="UntilMs"><see cref="long.MaxValue"/> while it lives.</param>
public sealed record PodLife(string PodUid, long FromMs, long UntilMs);

/// <summary>Samples by their times. Mostly all are asked for that there are, and in their order: then nothing is copied.</summary>
public static class SampleTimes
{
    /// <returns>Those in (from, through].</returns>
    public static IReadOnlyList<UsageSample> Within(this IReadOnlyList<UsageSample> samples, long fromMs, long throughMs)
    {
        for (var i = 0; i < samples.Count; i++)
            if (samples[i].AtMs <= fromMs || samples[i].AtMs > throughMs) return [.. samples.Where(s => s.AtMs > fromMs && s.AtMs <= throughMs)];
        return samples;
    }

    /// <summary>Each is later than the one before it.</summary>
    public static bool Ascend(this IReadOnlyList<UsageSample> samples)
    {
        for (var i = 1; i < samples.Count; i++)
            if (samples[i].AtMs <= samples[i - 1].AtMs) return false;
        return true;
    }
}
