using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

public sealed class EvidenceCheckTests
{
    private static readonly Digest Hash = FakeHasher.Instance.Keccak256;
    private readonly IReadOnlyList<WindowEvidence> windows = SealedWindows.Three(Hash);

    private string[] Lines => [.. windows.SelectMany(w => w.Lines)];

    [Fact]
    public void Export_GivesTheRootOfItsLastWindow()
    {
        Assert.Equal(new EvidenceVerdict(windows[2].Root, 1, 3, null), Verify(Lines));
        Assert.Equal(new EvidenceVerdict(windows[1].Root, 1, 2, null), Verify([.. windows.Take(2).SelectMany(w => w.Lines)]));
        Assert.Equal(new EvidenceVerdict(windows[2].Root, 3, 3, null), Verify(windows[2].Lines));
        Assert.DoesNotContain(Lines, l => l.Contains('\n'));
    }

    // What a receipt does not rest on is not looked at: nobody has to cut an export for a dispute.
    [Fact]
    public void Export_IsReadUntilARoot_WhateverComesAfter()
    {
        Assert.Equal(new EvidenceVerdict(windows[1].Root, 1, 2, null), EvidenceCheck.Verify(Some.LeaseId(1), [.. Lines, "x"], Hash, out var until, untilRoot: windows[1].Root));
        EvidenceCheck.Verify(Some.LeaseId(1), windows.Take(2).SelectMany(w => w.Lines), Hash, out var alone);
        Assert.Equal(alone!.ToVector(), until!.ToVector());
        Assert.Equal(new EvidenceVerdict(windows[2].Root, 1, 3, null), EvidenceCheck.Verify(Some.LeaseId(1), Lines, Hash, out _, untilRoot: "0x1"));
    }

    [Fact]
    public void Stand_IsWhereAWindowLed_ByThatWindowAlone()
    {
        var stand = EvidenceCheck.StandAfter(Some.LeaseId(1), windows[2].Lines, Hash)!;
        EvidenceCheck.Verify(Some.LeaseId(1), Lines, Hash, out var measured);
        Assert.Equal((3L, windows[2].Root, measured!.ThroughMs, measured.ToVector()), (stand.Window, stand.Root, stand.Position.ThroughMs, stand.Position.ToVector()));
        Assert.Equal(measured.Series, stand.Position.Series);
        // Its last window counted it to its end.
        Assert.Equal(3_700, stand.Holdings.Single(h => h.PodUid == "pod-h").FromMs);
        Assert.Null(EvidenceCheck.StandAfter(Some.LeaseId(2), windows[2].Lines, Hash));
        Assert.Null(EvidenceCheck.StandAfter(Some.LeaseId(1), [.. windows[2].Lines.SkipLast(1)], Hash));
        Assert.Null(EvidenceCheck.StandAfter(Some.LeaseId(1), [], Hash));
    }

    // Either it is refused, or it comes to another root than the one on chain.
    [Fact]
    public void AnyByteFlipped_IsFound()
    {
        var lines = Lines;
        for (var line = 0; line < lines.Length; line++)
        {
            for (var at = 0; at < lines[line].Length; at++)
            {
                var changed = lines[line].ToCharArray();
                changed[at] ^= (char)1;
                Assert.NotEqual(windows[2].Root, Verify([.. lines[..line], new string(changed), .. lines[(line + 1)..]]).Root);
            }
        }
    }

    [Fact]
    public void LineLeftOut_Doubled_OrMoved_IsFound()
    {
        var lines = Lines;
        for (var line = 0; line < lines.Length; line++)
        {
            Assert.NotEqual(windows[2].Root, Verify([.. lines[..line], .. lines[(line + 1)..]]) is { First: 1 } left ? left.Root : "");
            Assert.NotEqual(windows[2].Root, Verify([.. lines[..line], lines[line], .. lines[line..]]).Root);
            if (line > 0) Assert.NotEqual(windows[2].Root, Verify([.. lines[..(line - 1)], lines[line], lines[line - 1], .. lines[(line + 1)..]]).Root);
        }
    }

    [Fact]
    public void Refusal_SaysWhere_AndWhat()
    {
        Assert.Equal("Line 5, window 3: it follows window 1.", Verify([.. windows[0].Lines, .. windows[2].Lines]).Problem);
        Assert.Equal("Line 1, window 1: its series are not those that it was closed with.", Verify([windows[0].Lines[0], .. windows[0].Lines.Skip(1).Reverse()]).Problem);
        Assert.Equal("Line 5 is no record of a window of format 4.", Verify([.. windows[0].Lines, "x"]).Problem);
        Assert.Equal("There is no window in it.", Verify([]).Problem);
        Assert.Contains($"it is of lease {Some.LeaseId(1)}", EvidenceCheck.Verify(Some.LeaseId(2), Lines, Hash).Problem, StringComparison.Ordinal);
    }

    // A chain of hashes is as good over sums that nobody measured: the samples have to give them.
    [Theory]
    [InlineData("cpuNanoSeconds", 7, "7 too many.")]
    [InlineData("memoryByteMs", 1, "1 too many.")]
    [InlineData("storageMiBMs", -512, "512 too few.")]
    [InlineData("egressBytes", 1024, "1024 too many.")]
    [InlineData("gpuMsA", -1, "1 too few.")]
    [InlineData("gpuMsB", 2, "2 too many.")]
    public void Sums_ThatTheSamplesDoNotGive_AreRefused(string meter, int more, string howFar)
    {
        var problem = Problem(w => w with { After = Add(w.After, meter, more) });
        Assert.StartsWith("Line 1, window 1: its samples give ", problem, StringComparison.Ordinal);
        Assert.EndsWith(howFar, problem, StringComparison.Ordinal);
        Assert.Contains($" {meter}, and it says ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Beginning_ThatIsNotTheEndOfTheOneBefore_IsRefused()
    {
        Assert.Contains("window 1: nothing comes before it, which is 0 gpuMsA, and it says 9: 9 too many.", Problem(w => w.Number == 1 ? w with { Before = Add(w.Before, "gpuMsA", 9), After = Add(w.After, "gpuMsA", 9) } : w), StringComparison.Ordinal);
        Assert.Contains("window 2: the one before came to ", Problem(w => w.Number == 2 ? w with { Before = Add(w.Before, "egressBytes", 9), After = Add(w.After, "egressBytes", 9) } : w), StringComparison.Ordinal);
        Assert.Contains("window 2: its series do not go on", Problem(w => w.Number == 2 ? w with { Before = w.Before with { Series = [] } } : w), StringComparison.Ordinal);
        // A pod more that counts from its first sample on takes from the bill alone; one that is taken out of the list would be billed again.
        Assert.Equal("none", Problem(w => w.Number >= 2 ? w with { Before = w.Before with { Forgotten = ["pod-x"] } } : w));
        Assert.Contains("window 3: its series do not go on", Problem(w => w.Number == 2 ? w with { Before = w.Before with { Forgotten = ["pod-x"] } } : w), StringComparison.Ordinal);
    }

    // What its first samples are measured from, whether it names a window before it or not.
    [Fact]
    public void FirstWindow_GoesOnFromNothing()
    {
        Assert.Contains("window 1: it is the first, and goes on from series", Problem(w => w.Number == 1 ? w with { Before = w.Before with { Series = [new SeriesPosition("pod-x/Cpu/", 0, 0) { UnheldMs = 1 }] } } : w), StringComparison.Ordinal);
        Assert.Contains("window 1: it is the first, and goes on from series", Problem(w => w.Number == 1 ? w with { Before = w.Before with { Forgotten = ["pod-x"] } } : w), StringComparison.Ordinal);
        Assert.Contains("window 1: it is the first, and follows another one", Problem(w => w.Number == 1 ? w with { Previous = "0x" + new string('1', 64) } : w), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 0, "vol-1")]
    [InlineData(0, 1, "vol-1")]
    [InlineData(0, 0, "vol-0")]
    public void StorageThatIsKept_OutsideOfTheWindow_OrTwice_IsNoRecord(long from, long until, string second)
    {
        WindowRecord Keep(WindowRecord w)
        {
            var span = (FromMs: w.FromMs + from, UntilMs: w.After.ThroughMs + until);
            KeptVolume[] kept = [new("vol-0", 1), new(second, 1)];
            return w with { Kept = kept, KeptSpan = span, After = KeptStorage.Add(w.After, kept, span) };
        }

        Assert.Contains("is no record of a window", Problem(w => w.Number == 1 ? Keep(w) : w), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pod-a", "eth0")]
    [InlineData("pod/a", "")]
    public void SeriesThatNoKubeletHas_IsNone(string pod, string part) =>
        Assert.Contains("its series 1 is none", Problem(w => w.Number == 1 ? w with { Series = [new UsageSeries(pod, Meter.Cpu, part, [])] } : w), StringComparison.Ordinal);

    // Devices are billed until then.
    [Fact]
    public void EndOfAPod_IsPartOfIt() =>
        Assert.Contains("too few", Problem(w => Hold(w, h => h with { EndedMs = 0 })), StringComparison.Ordinal);

    // A pod counts from where it stood: from before that it would be billed twice, or for what was no lease yet.
    [Theory]
    [InlineData(1, "pod-h", 999, false, "it counts pod pod-h from 999 on, and nothing of before 1000 can be in it.")]
    [InlineData(2, "pod-h", 1_999, false, "it counts time of pod pod-h again, which had counted up to 2000.")]
    [InlineData(2, "pod-h", 1_999, true, "it counts time of pod pod-h again, which had counted up to 2000.")]
    [InlineData(2, "pod-h", 0, false, "it counts time of pod pod-h again, which had counted up to 2000.")]
    [InlineData(3, "pod-h", 2_000, false, "it counts time of pod pod-h again, which had counted up to 2600.")]
    [InlineData(2, "pod-b", 1_100, false, "it counts time of pod pod-b again, which had counted up to 2000.")]
    public void TimeOfAPod_ThatIsCountedAlready_OrIsNotTheLeases_IsRefused(int window, string pod, long fromMs, bool isDoubtful, string problem) =>
        Assert.EndsWith($"window {window}: {problem}", Problem(w => w.Number == window ? Hold(w, h => h.PodUid == pod ? h with { FromMs = fromMs, IsDoubtful = isDoubtful } : h) : w), StringComparison.Ordinal);

    // What it held while it was left out would be billed whole by its samples.
    [Fact]
    public void PodThatWasLeftOut_IsNotCountedAgain() => Assert.Contains("window 3: it counts time of pod pod-h again", Verify(Chained(
        [new PodHolding("pod-h", 1, 0, 0) { FromMs = 1_000 }], [], [new PodHolding("pod-h", 1, 0, 0) { FromMs = 60_000, IsDoubtful = true }])).Problem, StringComparison.Ordinal);

    // In the middle of a lease nobody knows what was counted before; what an operator no more remembers it does not count.
    [Fact]
    public void ExportFromTheMiddle_CountsAnHourBackAtMost()
    {
        string? Begin(long fromMs)
        {
            PodHolding[] held = [new("pod-h", 1, 0, 0) { FromMs = fromMs }];
            var before = UsagePosition.StartingAt(10_000_000);
            var folded = UsageFold.Fold(before, [], held, 10_001_000, 90_000);
            return Verify(new WindowRecord(Some.LeaseId(1), 7, "0x" + new string('1', 64), before, 10_000_000, [], held, [], [], default, 90_000, [], folded.Position).Seal(Hash).Lines).Problem;
        }

        Assert.Null(Begin(6_400_000));
        Assert.Contains("it counts pod pod-h from 6399999 on, and nothing of before 6400000", Begin(6_399_999), StringComparison.Ordinal);
    }

    // It goes when its object does, late samples come, and a cache shows it again.
    [Fact]
    public void PodThatEndedBeforeItCounts_MayBeShownAgain() => Assert.Null(Verify(Chained(
        [new PodHolding("pod-h", 1, 0, 0) { FromMs = 1_000, EndedMs = 50_000 }], [], [new PodHolding("pod-h", 1, 0, 0) { FromMs = 50_000, EndedMs = 50_000 }])).Problem);

    [Fact]
    public void WordOfTheServer_IsPartOfIt() =>
        Assert.Contains("window 2: its samples give", Problem(w => w with { AsOfMs = long.MaxValue }), StringComparison.Ordinal);

    // A node that had been silent since then has not held anything for longer.
    [Fact]
    public void WordOfItsNode_IsPartOfIt() =>
        Assert.Contains("too many", Problem(w => Hold(w, h => h with { HeardMs = w.FromMs + 500 })), StringComparison.Ordinal);

    [Fact]
    public void PodThatIsHeldTwice_IsNoRecord() =>
        Assert.Contains("is no record of a window", Problem(w => w with { Held = [.. w.Held, w.Held[^1]] }), StringComparison.Ordinal);

    // Two samples a day apart would bill the day between them.
    [Theory]
    [InlineData(1, 0, 300_000, "window 1: it takes samples that are 0 ms apart for one measured time; between 1 and 300000 ms are accepted.")]
    [InlineData(2, 300_001, 300_000, "window 2: it takes samples that are 300001 ms apart for one measured time; between 1 and 300000 ms are accepted.")]
    [InlineData(3, 86_400_000, 300_000, "window 3: it takes samples that are 86400000 ms apart")]
    [InlineData(2, 90_001, 90_000, "window 2: it takes samples that are 90001 ms apart")]
    [InlineData(2, 300_000, 300_000, null)]
    [InlineData(2, 90_000, 90_000, null)]
    public void GapsThatNobodyAccepts_AreRefused(int window, long gap, long most, string? problem)
    {
        var lines = SealedWindows.Three(Hash, w => w.Number == window ? w with { MaxGapMs = gap } : w).SelectMany(w => w.Lines);
        var said = EvidenceCheck.Verify(Some.LeaseId(1), lines, Hash, most).Problem;
        if (problem is null) Assert.Null(said);
        else Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void CoverageThatTheSamplesDoNotGive_IsRefused() =>
        Assert.Contains("its samples measure", Problem(w => w with { After = w.After with { ObservedMs = w.After.ObservedMs + 1 } }), StringComparison.Ordinal);

    [Fact]
    public void WhatAnyLeaseUsed_IsFoldedAnewToTheSame() => Prop.ForAll(UsageScenario.Any(), s =>
    {
        var (position, root, lines) = (UsagePosition.StartingAt(UsageScenario.Start), WindowRecord.NoRoot, new List<string>());
        for (var number = 1; number <= 4; number++)
        {
            var (from, through) = (Math.Max(UsageScenario.Start, position.ThroughMs - 60_000), UsageScenario.Start + (number * ((s.End - UsageScenario.Start + 4) / 4)));
            UsageSeries[] read = [.. s.Series.Select(x => x with { Samples = [.. x.Samples.Where(y => y.AtMs > from && y.AtMs <= through)] })];
            var folded = UsageFold.Fold(position, read, s.Holdings, through, UsageScenario.MaxGapMs, fromMs: from);
            var window = new WindowRecord(Some.LeaseId(1), number, root, position, from, read, s.Holdings, [], [], default, UsageScenario.MaxGapMs, folded.Findings, folded.Position).Seal(Hash);
            (position, root) = (folded.Position, window.Root);
            lines.AddRange(window.Lines);
        }

        return Verify(lines) == new EvidenceVerdict(root, 1, 4, null);
    }).QuickCheckThrowOnFailure();

    // Windows of a minute, and a pod that is scraped twice in each.
    private static List<string> Chained(params PodHolding[][] held)
    {
        var (position, root, lines) = (UsagePosition.StartingAt(0), WindowRecord.NoRoot, new List<string>());
        foreach (var (now, number) in held.Select((h, n) => (h, n + 1)))
        {
            var through = number * 60_000;
            UsageSeries[] read = [new("pod-h", Meter.Cpu, "", [new(through - 40_000, number), new(through - 10_000, number)])];
            var folded = UsageFold.Fold(position, read, now, through, 90_000);
            var window = new WindowRecord(Some.LeaseId(1), number, root, position, position.ThroughMs, read, now, [], [], default, 90_000, folded.Findings, folded.Position).Seal(Hash);
            (position, root) = (folded.Position, window.Root);
            lines.AddRange(window.Lines);
        }

        return lines;
    }

    private static WindowRecord Hold(WindowRecord window, Func<PodHolding, PodHolding> change) => window with { Held = [.. window.Held.Select(change)] };

    private static string Problem(Func<WindowRecord, WindowRecord> change) => Verify(SealedWindows.Three(Hash, change).SelectMany(w => w.Lines)).Problem ?? "none";

    private static UsagePosition Add(UsagePosition position, string meter, int more)
    {
        UInt128 Of(string name, UInt128 value) => name == meter ? (more < 0 ? value - (UInt128)(-more) : value + (UInt128)more) : value;
        return position with
        {
            CpuNanoSeconds = Of("cpuNanoSeconds", position.CpuNanoSeconds),
            MemoryByteMs = Of("memoryByteMs", position.MemoryByteMs),
            StorageMiBMs = Of("storageMiBMs", position.StorageMiBMs),
            EgressBytes = Of("egressBytes", position.EgressBytes),
            GpuMsA = Of("gpuMsA", position.GpuMsA),
            GpuMsB = Of("gpuMsB", position.GpuMsB),
        };
    }

    private static EvidenceVerdict Verify(IEnumerable<string> lines) => EvidenceCheck.Verify(Some.LeaseId(1), lines, Hash);
}
