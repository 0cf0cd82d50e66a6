using Federation.Domain.Usage;

namespace Federation.Metrics;

/// <summary>Two that looked at the same thing: the samples of one, and the other's where it did not look.</summary>
internal static class SampleFill
{
    /// <summary>
    /// The samples that are followed, and the other's before the first of them, after the last, and where they lie further apart than a gap.
    /// </summary>
    /// <param name="followed">In their order, as the other's are.</param>
    /// <param name="isOlder">The other's values may be older than their times: of a counter none is taken that is below what was shown before it, or above what is shown after.</param>
    public static IReadOnlyList<UsageSample> Fill(IReadOnlyList<UsageSample> followed, IReadOnlyList<UsageSample> other, long maxGapMs, bool isOlder = false)
    {
        if (other.Count == 0) return followed;
        var joined = new List<UsageSample>(followed.Count + other.Count);
        var next = 0;
        foreach (var sample in followed)
        {
            Take(other, ref next, joined, sample, joined.Count == 0 || sample.AtMs - joined[^1].AtMs > maxGapMs, isOlder);
            joined.Add(sample);
        }

        Take(other, ref next, joined, null, isGap: true, isOlder);
        return joined;
    }

    private static void Take(IReadOnlyList<UsageSample> other, ref int next, List<UsageSample> joined, UsageSample? until, bool isGap, bool isOlder)
    {
        for (var goesOn = false; next < other.Count && (until is null || other[next].AtMs < until.Value.AtMs); next++)
        {
            var sample = other[next];
            if (!isGap || (joined.Count > 0 && sample.AtMs <= joined[^1].AtMs)) continue;
            if (isOlder && (sample.Value > until?.Value || (!goesOn && joined.Count > 0 && sample.Value < joined[^1].Value))) continue;
            joined.Add(sample);
            goesOn = true;
        }
    }
}
