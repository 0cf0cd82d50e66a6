using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

/// <summary>Pods with lives of any length, looked at whenever: some are known late, some end, some are never scraped.</summary>
public sealed class AllocationTests
{
    private const int End = 100_000;
    private const long MaxGapMs = 30_000;
    private static readonly Digest Hash = FakeHasher.Instance.Keccak256;
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void AnyWindows_CountEachMomentOnce() => Check.One(Runs, Prop.ForAll(Lives(), Cuts(), (lives, cuts) =>
        Tell(lives, cuts, _ => true).GpuMsA == Sum(lives, l => l.LengthMs)));

    // A look, and what it found out of the API server's state, may be repeated, lost, or come in any order.
    [Fact]
    public void ObservationsInAnyOrder_LostOrTwice_CountTheSame() => Check.One(Runs, Prop.ForAll(Lives(), Cuts(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (lives, cuts, seed) =>
    {
        var random = new Random(seed);
        return Tell(lives, cuts, now => random.Next(3) > 0 || now == End, pods => [.. Shuffle(pods), .. Shuffle(pods)]).GpuMsA == Sum(lives, l => l.LengthMs);

        PodFact[] Shuffle(PodFact[] pods)
        {
            random.Shuffle(pods);
            return pods;
        }
    }));

    // A leader that dies leaves what it last wrote; the next one begins with that and with what the API server shows.
    [Fact]
    public void CrashBetweenAnyTwoWrites_CountsTheSame() => Check.One(Runs, Prop.ForAll(Lives(), Cuts(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (lives, cuts, seed) =>
    {
        var random = new Random(seed);
        return Tell(lives, cuts, _ => true, isWritten: _ => random.Next(2) == 0).GpuMsA == Sum(lives, l => l.LengthMs);
    }));

    // Whoever lies in doubt: gone without a word, a silent node, a cache that stood still. Samples are as they come.
    [Fact]
    public void WhatNobodyVouchesFor_IsNeverAboveTheLife() => Check.One(Runs, Prop.ForAll(Lives(), Cuts(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (lives, cuts, seed) =>
    {
        var random = new Random(seed);
        var asOf = 0L;
        var told = Tell(lives, cuts, _ => true, Blur, _ => random.Next(4) > 0, now => asOf = random.NextInt64(asOf, now + 1), Sampled(lives, random));
        return told.GpuMsA <= Sum(lives, l => l.LengthMs);

        PodFact[] Blur(PodFact[] pods) => [.. pods.Where(_ => random.Next(4) > 0).Select(p => random.Next(4) == 0 ? p with { IsNodeDown = true } : random.Next(4) == 0 ? p with { EndedAtMs = 0, GoneAtMs = 0 } : p)];
    }));

    // The cache is always a little behind, and samples fill in from there: wherever they begin, and however far they lie apart, nothing is lost.
    [Fact]
    public void CacheThatIsBehind_CountsAll_OnceItHasCaughtUp() => Check.One(Runs, Prop.ForAll(Lives(), Cuts(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (lives, cuts, seed) =>
    {
        var (random, asOf) = (new Random(seed), 0L);
        var last = cuts.Length > 0 ? cuts[random.Next(cuts.Length)] : End;
        var told = Tell(lives, cuts, now => now <= last, asOf: now => asOf = now == last ? now : random.NextInt64(asOf, now + 1), series: Sampled(lives, random));
        return told.GpuMsA == Sum(lives, l => Math.Max(0, Math.Min(last, l.UntilMs) - l.FromMs));
    }));

    // Kubernetes shows what ran there as running for most of a minute: dead nodes are not billed for that either.
    [Fact]
    public void NodeThatFellSilent_IsNeverAboveItsLife_AndOnlyTheTimeSinceItWasHeardIsLeftOut() => Check.One(Runs, Prop.ForAll(Lives(), Cuts(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (lives, cuts, seed) =>
    {
        var (random, at, silent) = (new Random(seed), 0L, lives.ToDictionary(l => l.Uid));
        var told = Tell(lives, cuts, now => (at = now) > 0, pods => [.. pods.Select(Shown)], series: Sampled(lives, random));
        return told.GpuMsA <= Sum(lives, l => l.LengthMs) && told.GpuMsA >= Sum(lives, l => l.UntilMs + 40_000 >= End ? HeardOf(l) - l.FromMs : 0);

        PodFact Shown(PodFact pod) => pod with { Ready = true, Ended = false, EndedAtMs = 0, HeardMs = HeardOf(silent[pod.Uid]), IsNodeDown = at > silent[pod.Uid].UntilMs + 40_000 };

        long HeardOf(Life life) => life.FromMs + ((Math.Min(at, life.UntilMs) - life.FromMs) / 10_000 * 10_000);
    }));

    // That a pod has ended is no less true for a cache that has not heard anything since.
    [Fact]
    public void CacheThatNeverCatchesUp_CountsAllOfWhatEnded() => Check.One(Runs, Prop.ForAll(Lives(), Cuts(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (lives, cuts, seed) =>
    {
        var (random, asOf) = (new Random(seed), 0L);
        return Tell(lives, cuts, _ => true, asOf: now => asOf = random.NextInt64(asOf, now + 1), series: Sampled(lives, random)).GpuMsA == Sum(lives, l => l.LengthMs);
    }));

    // Until the cache stood still by the server's word, from then on by the samples: together all of it, once.
    [Theory]
    [InlineData(20_000, 50_000)]
    [InlineData(0, 40_000)]
    [InlineData(60_000, 60_000)]
    public void CacheThatStoodStill_CountsUpToThen_AndByTheSamplesAfterIt(long asOfMs, long countedMs)
    {
        PodHolding[] held = [new("a", 1, 0, 0) { FromMs = 1 }];
        UsageSeries[] series = [new("a", Meter.Cpu, "", [.. Enumerable.Range(1, 5).Select(n => new UsageSample(n * 10_000, n))])];
        var first = UsageFold.Fold(UsagePosition.StartingAt(0), series, held, 60_000, MaxGapMs, asOfMs: asOfMs);
        Assert.Equal((UInt128)(countedMs - (asOfMs > 0 ? 1 : 0)), first.Position.GpuMsA);
        // It was there all the time.
        var second = UsageFold.Fold(first.Position, [], first.Holdings, 60_000, MaxGapMs);
        Assert.Equal((UInt128)59_999, second.Position.GpuMsA);
    }

    // Forgotten by this leader, and still shown by a cache that lags: what was long counted does not come again.
    [Fact]
    public void NothingCountsFromBeforeWhatIsRemembered() => Assert.Equal(
        [500, 700, 0],
        Allocation.NotBefore([new("a", 1, 0, 0) { FromMs = 100 }, new("b", 1, 0, 0) { FromMs = 700 }, new("c", 1, 0, 0)], 500).Select(h => h.FromMs));

    [Fact]
    public void Evidence_SaysFromWhenEachCounts()
    {
        PodHolding[] held = [new("a", 1, 0, 0) { FromMs = 1_500, EndedMs = 1_700 }, new("b", 1, 0, 0)];
        var folded = UsageFold.Fold(UsagePosition.StartingAt(1_000), [], held, 2_000, MaxGapMs);
        var record = new WindowRecord(Some.LeaseId(1), 1, WindowRecord.NoRoot, UsagePosition.StartingAt(1_000), 1_000, [], held, [], [], default, MaxGapMs, [], folded.Position);
        var line = record.Seal(_ => WindowRecord.NoRoot).Lines[0];
        Assert.Contains("\"held\":[{\"pod\":\"a\",\"gpuA\":1,\"gpuB\":0,\"storageMiB\":0,\"fromMs\":1500,\"endedMs\":1700,\"heardMs\":2000,\"isDoubtful\":false},{\"pod\":\"b\",", line, StringComparison.Ordinal);
        Assert.Contains("\"asOfMs\":2000,", line, StringComparison.Ordinal);
        Assert.Equal((UInt128)200, folded.Position.GpuMsA);
    }

    // Each cut is a look that closes a window. A pod's end is told for as long as it takes to be looked at.
    private static UsagePosition Tell(
        Life[] lives, int[] cuts, Func<int, bool> isLooked, Func<PodFact[], PodFact[]>? show = null, Func<int, bool>? isWritten = null, Func<int, long>? asOf = null, UsageSeries[]? series = null)
    {
        var (position, held) = (UsagePosition.StartingAt(0), (IReadOnlyList<PodHolding>)[]);
        var (root, evidence) = (WindowRecord.NoRoot, new List<WindowEvidence>());
        foreach (var now in cuts.Append(End).Order())
        {
            if (!isLooked(now)) continue;
            var facts = ClusterFacts.Nothing with { Pods = (show ?? (p => p))([.. lives.Where(l => l.FromMs <= now).Select(l => l.At(now))]) };
            var seen = Holdings.Heard(Holdings.Merge(held, facts.PodsSince(position.ThroughMs), now), facts.Pods);
            var asOfMs = asOf?.Invoke(now) ?? now;
            var folded = UsageFold.Fold(position, series ?? [], seen, now, MaxGapMs, asOfMs: asOfMs);
            if (now != End && isWritten?.Invoke(now) == false) continue;
            evidence.Add(new WindowRecord(Some.LeaseId(1), evidence.Count + 1, root, position, position.ThroughMs, Until(now), seen, [], [], default, MaxGapMs, folded.Findings, folded.Position) { AsOfMs = asOfMs }.Seal(Hash));
            (position, held, root) = (folded.Position, Holdings.Prune(folded.Holdings, facts.Pods, folded.Position, true), evidence[^1].Root);
        }

        // Whoever has the lines comes to the same.
        Assert.Equal(new EvidenceVerdict(root, 1, evidence.Count, null), EvidenceCheck.Verify(Some.LeaseId(1), evidence.SelectMany(w => w.Lines), Hash));
        return position;

        UsageSeries[] Until(int now) => [.. (series ?? []).Select(s => s with { Samples = [.. s.Samples.Where(x => x.AtMs <= now)] })];
    }

    private static UsageSeries[] Sampled(Life[] lives, Random random) =>
        [.. lives.Select(l => new UsageSeries(l.Uid, Meter.Cpu, "", [.. Enumerable.Range(0, random.Next(20)).Select(_ => random.NextInt64(l.FromMs, l.UntilMs + 1)).Distinct().Order().Select(at => new UsageSample(at, at))]))];

    private static UInt128 Sum(Life[] lives, Func<Life, long> of) => lives.Aggregate((UInt128)0, (sum, l) => sum + (l.Gpu * (UInt128)of(l)));

    private static Arbitrary<int[]> Cuts() => Gen.Choose(1, End - 1).ArrayOf().ToArbitrary();

    private static Arbitrary<Life[]> Lives() => (
        from start in Gen.Choose(1, End)
        from length in Gen.Choose(0, End)
        from gpu in Gen.Choose(1, 8)
        select (start, length, gpu)).ArrayOf().Select(all => all.Select((l, n) => new Life($"pod-{n}", l.start, Math.Min(End, l.start + l.length), (uint)l.gpu)).ToArray()).ToArbitrary();

    private sealed record Life(string Uid, long FromMs, long UntilMs, uint Gpu)
    {
        public long LengthMs => UntilMs - FromMs;

        public PodFact At(long now) => new(Uid, Uid, "web", "node", now < UntilMs, now >= UntilMs, null, Gpu, 0, 0) { BoundAtMs = FromMs, EndedAtMs = now >= UntilMs ? UntilMs : 0 };
    }
}
