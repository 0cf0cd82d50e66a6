using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Testing.Builders;

namespace Federation.Testing.Usage;

/// <summary>Three windows of one lease, sealed one after the other, with everything in them that a window can hold.</summary>
public static class SealedWindows
{
    /// <param name="change">Of each record before it is sealed: what a party may do that wants to claim something else.</param>
    /// <param name="lease">Whose they are; null: the first.</param>
    public static IReadOnlyList<WindowEvidence> Three(Digest digest, Func<WindowRecord, WindowRecord>? change = null, LeaseId? lease = null)
    {
        var sealedOnes = new List<WindowEvidence>();
        var position = UsagePosition.StartingAt(1_000);
        UsageSeries[][] read =
        [
            [Cpu("pod-b", (1_500, 0.25), (2_000, 0.1 + 0.2)), Cpu("pod-a", (1_200, 1), (1_900, double.NaN), (2_000, 1e-7)), new("pod-a", Meter.Egress, "eth0", [new(1_900, 1e18)])],
            [],
            [new("pod-a", Meter.Memory, "", [new(3_100, 1 << 30), new(4_000, 1 << 29)]), Cpu("pod-ü\"\n", (3_500, 7))],
        ];
        // One that nobody scrapes, and one that nobody vouches for.
        IReadOnlyList<PodHolding> ledger = [new("pod-h", 1, 0, 64) { FromMs = 1_400 }, new("pod-b", 0, 1, 0) { FromMs = 1_100, IsDoubtful = true }];
        foreach (var series in read)
        {
            var (from, through) = (position.ThroughMs, position.ThroughMs + 1_000);
            // Nobody saw it run after that: its series go on in a scraper's cache.
            PodHolding[] held = [new("pod-a", 1, 2, 512) { EndedMs = series.Length == 0 ? 0 : 1_950 + from - 1_000 }, .. ledger.Select(h => from == 3_000 ? h with { EndedMs = 3_700 } : h)];
            var asOf = series.Length == 0 ? from + 600 : through;
            var folded = UsageFold.Fold(position, series, held, through, 90_000, new HashSet<string> { "pod-i" }, fromMs: from - 500, asOfMs: asOf);
            KeptVolume[] kept = series.Length == 0 ? [new("volume-b", 64), new("volume-a", 1)] : [];
            var span = series.Length == 0 ? (from, through) : default;
            var after = KeptStorage.Add(folded.Position, kept, span);
            var record = new WindowRecord(
                lease ?? Some.LeaseId(1), sealedOnes.Count + 1, sealedOnes.LastOrDefault()?.Root ?? WindowRecord.NoRoot, position, from - 500, series, held, ["pod-i"], kept, span, 90_000, folded.Findings, after) { AsOfMs = asOf };
            sealedOnes.Add((change?.Invoke(record) ?? record).Seal(digest));
            (position, ledger) = (after, [.. folded.Holdings.Skip(1)]);
        }

        return sealedOnes;
    }

    private static UsageSeries Cpu(string pod, params (long AtMs, double Value)[] samples) => new(pod, Meter.Cpu, "", [.. samples.Select(s => new UsageSample(s.AtMs, s.Value))]);
}
