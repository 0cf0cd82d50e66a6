using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Application.Tests.Metering;

public sealed class WindowReaderTests
{
    private const long Start = FakeClock.StartMs;
    private static readonly PodFact Pod = new("uid-1", "web-1", "web", "node-a", true, false, null, 1, 0, 1024);
    private readonly InMemoryUsage usage = new(new PortGate());

    public WindowReaderTests()
    {
        usage.Burn(Some.LeaseId(1), Pod, Start, 500, 1 << 30, 1024);
        // A gauge is billed between two samples, so the first ten seconds of the pod are not.
        for (var second = 10; second <= 600; second += 10)
        {
            usage.Burn(Some.LeaseId(1), Pod, Start + second * 1000, 500, 1 << 30, 1024);
            usage.Scrape(Some.LeaseId(1), Pod.Uid);
        }
    }

    [Fact]
    public async Task Window_NotDue_ReadsNothing()
    {
        usage.IsDown = true;
        var news = await ReadAsync(ALease.Active(), 64);
        Assert.Null(news.Error);
        Assert.Equal(Start, news.Position!.ThroughMs);
    }

    [Fact]
    public async Task Window_OfManyPodsThatCameAndWent_IsClosedBeforeItsTime()
    {
        var crowded = ALease.Active().Running().WithStatus(s => s with { Holdings = [.. Enumerable.Range(0, 2000).Select(n => new PodHolding($"gone-{n}", 0, 0, 1) { EndedMs = Start + 1 })] });
        Assert.Equal(Start + 25_000, (await ReadAsync(crowded, 30)).Position!.ThroughMs);
    }

    // Whoever is to sign that a lease gets smaller waits for it.
    [Fact]
    public async Task Window_ThatIsCalledFor_IsClosedNow_AndOnlyOnce()
    {
        var calls = new WindowCalls();
        var reader = new WindowReader(usage, FakeHasher.Instance, calls: calls);
        Assert.Equal(Start, (await ReadAsync(ALease.Active().Running(), 30, reader: reader)).Position!.ThroughMs);
        calls.Call(Some.LeaseId(1), Start + 20_000);
        var closed = (await ReadAsync(ALease.Active().Running(), 30, reader: reader)).Position!;
        Assert.Equal(Start + 25_000, closed.ThroughMs);
        Assert.True(closed.CpuNanoSeconds > 0);
        Assert.Equal(Start + 25_000, (await ReadAsync(ALease.Active().Running().WithStatus(s => s with { Usage = closed }), 40, reader: reader)).Position!.ThroughMs);
    }

    // A close in a block that is not confirmed yet ends what is paid, and nobody here knows of it.
    [Fact]
    public async Task Window_IsNotCutPastTheConfirmedBlock()
    {
        Assert.Equal(Start, (await ReadAsync(ALease.Active().Running(), 125, blockSeconds: 59)).Position!.ThroughMs);
        Assert.Equal(Start + 90_000, (await ReadAsync(ALease.Active().Running(), 125, blockSeconds: 90)).Position!.ThroughMs);
    }

    // One read never asks for more than an hour: a longer epoch would never be due.
    [Fact]
    public async Task Window_OfAnEpochAboveAnHour_IsCutByTheHour()
    {
        var seen = ALease.Active().Running().Seen();
        var news = await new WindowReader(usage, FakeHasher.Instance).ReadAsync(
            seen.View with { BlockTime = (Start / 1000) + 10_000 }, seen.Status, seen.Cluster, seen.Policy with { EpochMs = 2 * 3_600_000 }, Start + 10_000_000, default);
        Assert.Equal(Start + 3_600_000, news.Position!.ThroughMs);
    }

    [Fact]
    public async Task Window_Due_FoldsAndChainsTheEvidence()
    {
        var first = await ReadAsync(ALease.Active().Running(), 65);
        Assert.Equal(Start + 60_000, first.Position!.ThroughMs);
        Assert.Equal(30_000ul, first.Position.ToVector().CpuMilliSeconds);
        Assert.Equal(50_000ul, first.Position.ToVector().GpuMilliSecondsA);
        var second = await ReadAsync(Resumed(first), 125);
        Assert.Equal(60_000ul, second.Position!.ToVector().CpuMilliSeconds);
        Assert.NotEqual(first.Evidence, second.Evidence);
        Assert.Equal(66, second.Evidence.Length);
    }

    // The same write moves it as the end of the window, so a leader that comes in between counts on from there.
    [Fact]
    public async Task ReservedTime_IsTheLeasesLife_AndChangesNothingThatIsBilledOrProven()
    {
        var first = await ReadAsync(ALease.Active().Running(), 65);
        Assert.Equal(60_000, first.Position!.ReservedMs);
        Assert.Equal(120_000, (await ReadAsync(Resumed(first), 125)).Position!.ReservedMs);
        // Of before it was said.
        var before = first with { Position = first.Position with { ReservedMs = null } };
        Assert.Equal(120_000, (await ReadAsync(Resumed(before), 125)).Position!.ReservedMs);
        Assert.Equal((await ReadAsync(Resumed(first), 125)).Evidence, (await ReadAsync(Resumed(before), 125)).Evidence);
        // While nothing runs the place is kept, and while no window closes nothing moves.
        Assert.Equal(first.Position.ReservedMs, (await ReadAsync(Resumed(first), 66)).Position!.ReservedMs);
    }

    [Theory]
    [InlineData(0, 120_000)]
    [InlineData(2_500, 110_000)]
    [InlineData(10_000, 80_000)]
    public async Task ReservedTime_LacksWhatTheTermsCredit(int downtimeBps, long reservedMs)
    {
        var lease = ALease.Active().Running().WithStatus(s => s with { Downtime = new Downtime(30_000, Start + 110_000, 1, 1) });
        var seen = lease.Seen();
        var view = seen.View with { BlockTime = (Start / 1000) + 125, Terms = seen.View.Terms with { DowntimeBps = (ushort)downtimeBps } };
        var news = await new WindowReader(usage, FakeHasher.Instance).ReadAsync(view, seen.Status, seen.Cluster, seen.Policy, Start + 125_000, default);
        Assert.Equal((Start + 120_000, reservedMs), (news.Position!.ThroughMs, news.Position.ReservedMs));
    }

    [Fact]
    public async Task BusyDevices_AddUp_AndChangeNothingThatIsBilledOrProven()
    {
        var busy = new Busy();
        var reader = new WindowReader(usage, FakeHasher.Instance, busy: busy);
        var plain = await ReadAsync(ALease.Active().Running(), 65);
        var first = await ReadAsync(ALease.Active().Running(), 65, reader: reader);
        Assert.Equal((7L, plain.Evidence), (first.Position!.GpuBusyMs, first.Evidence));
        Assert.Equal(plain.Position!.ToVector(), first.Position.ToVector());
        busy.Ms = null;
        var second = await ReadAsync(Resumed(first), 125, reader: reader);
        Assert.Equal(7, second.Position!.GpuBusyMs);
        Assert.Equal([(Start, Start + 60_000), (Start + 60_000, Start + 120_000)], busy.Asked);
        Assert.Null(plain.Position.GpuBusyMs);
    }

    private sealed class Busy : Federation.Application.Ports.IGpuBusySource
    {
        public long? Ms { get; set; } = 7;

        public List<(long From, long Through)> Asked { get; } = [];

        public Task<long?> ReadAsync(LeaseId id, long fromMs, long throughMs, CancellationToken cancellation)
        {
            Asked.Add((fromMs, throughMs));
            return Task.FromResult(Ms);
        }
    }

    [Fact]
    public async Task Source_Down_KeepsThePositionAndSaysWhy()
    {
        usage.IsDown = true;
        var news = await ReadAsync(ALease.Active().Running(), 500);
        Assert.Equal("Prometheus does not answer.", news.Error);
        Assert.Equal(Start, news.Position!.ThroughMs);
    }

    [Fact]
    public async Task Window_EndsWithTheLastPaidSecond()
    {
        var news = await ReadAsync(ALease.Closing(CloseReason.Provider).Running(), 300);
        Assert.Equal(Start + 120_000, news.Position!.ThroughMs);
        Assert.Equal(60_000ul, news.Position.ToVector().CpuMilliSeconds);
        Assert.Same(news.Position, (await ReadAsync(ALease.Closing(CloseReason.Provider).WithStatus(s => s with { Usage = news.Position }), 500)).Position);
    }

    [Fact]
    public async Task GonePod_IsBilledWhatItHeld()
    {
        var held = ALease.Active().WithStatus(s => s with { Holdings = [new PodHolding(Pod.Uid, 1, 0, 1024)] });
        var vector = (await ReadAsync(held, 65)).Position!.ToVector();
        Assert.Equal((50_000ul, 51_200ul), (vector.GpuMilliSecondsA, vector.StorageMiBSeconds));
    }

    [Fact]
    public async Task PodNotSeenYet_IsBilledWhatItHeldInTheNextWindow()
    {
        var first = await ReadAsync(ALease.Active(), 65);
        Assert.Equal((30_000ul, 0ul), (first.Position!.ToVector().CpuMilliSeconds, first.Position.ToVector().GpuMilliSecondsA));
        Assert.Equal(110_000ul, (await ReadAsync(Resumed(first), 125)).Position!.ToVector().GpuMilliSecondsA);
    }

    // Kubelets before 1.22 replace an evicted pod's whole status: nothing in it says any more that its containers ran.
    [Fact]
    public async Task EvictedPod_WithoutContainerStatuses_IsBilledAsItRan()
    {
        var evicted = ALease.Active().Running(p => p with { Ended = true, Ready = false, HasStarted = false })
            .WithStatus(s => s with { Holdings = [new PodHolding(Pod.Uid, 1, 0, 1024)] });
        var vector = (await ReadAsync(evicted, 65)).Position!.ToVector();
        Assert.Equal((30_000ul, 50_000ul, 51_200ul), (vector.CpuMilliSeconds, vector.GpuMilliSecondsA, vector.StorageMiBSeconds));
    }

    // An administrator's debugging pod: the store of samples knows it by the namespace alone.
    [Fact]
    public async Task ForeignPod_IsBilledToNobody_AlsoWhenItIsGone()
    {
        var (foreign, alone) = (Pod with { Uid = "uid-foreign", Name = "debug", Item = "" }, (await ReadAsync(ALease.Active().Running(), 65)).Position!);
        usage.Burn(Some.LeaseId(1), foreign, Start, 4000, 8L << 30, 1 << 20);
        for (var second = 10; second <= 600; second += 10)
        {
            usage.Burn(Some.LeaseId(1), foreign, Start + second * 1000, 4000, 8L << 30, 1 << 20);
            usage.Scrape(Some.LeaseId(1), foreign.Uid);
        }

        Assert.NotEqual(alone.ToVector(), (await ReadAsync(ALease.Active().Running(), 65)).Position!.ToVector());
        var first = await ReadAsync(ALease.Active().Running().WithCluster(c => c with { Foreign = [foreign.Uid] }), 65);
        Assert.Equal(alone.ToVector(), first.Position!.ToVector());
        // What a pod holds that once was the lease's counts on, whatever is said of it now.
        var stripped = ALease.Active().WithCluster(c => c with { Pods = [Pod], Foreign = [Pod.Uid] }).WithStatus(s => s with { Holdings = [new PodHolding(Pod.Uid, 1, 0, 1024)] });
        Assert.Equal(30_000ul + 240_000ul, (await ReadAsync(stripped, 65)).Position!.ToVector().CpuMilliSeconds);
    }

    [Fact]
    public async Task FinalUsage_IsNotReadAgain()
    {
        usage.IsDown = true;
        var done = UsagePosition.StartingAt(Start);
        Assert.Null((await ReadAsync(ALease.Closing().WithStatus(s => s with { UsageIsFinal = true, Usage = done }), 900)).Error);
        Assert.Null((await ReadAsync(ALease.Closed().WithStatus(s => s with { Usage = done }), 900)).Error);
    }

    // What was not billed for want of samples is for the datacenter's admin to see.
    [Fact]
    public async Task Findings_AreCounted_ByKind()
    {
        using var counted = new Counted("Federation.Metering");
        using var metrics = new UsageMetrics();
        usage.Burn(Some.LeaseId(1), Pod, Start + 900_000, 500, 1 << 30, 1024);
        usage.Scrape(Some.LeaseId(1), Pod.Uid);
        var news = await ReadAsync(ALease.Active().Running(), 995, metrics);
        Assert.Null(news.Error);
        Assert.True(counted["federation_usage_findings_total gap"] > 0);
        Assert.Equal(0, counted["federation_usage_findings_total reset"]);
    }

    // The store answers, and its answer is empty: nothing is billed, and nobody is told that all was measured.
    [Fact]
    public async Task Window_OfALivingPodWithoutSamples_IsUnmeasured()
    {
        var seen = ALease.Active().Running(p => p with { StartedAtMs = Start }).Seen();
        var news = await new WindowReader(new InMemoryUsage(new PortGate()), FakeHasher.Instance).ReadAsync(
            seen.View with { BlockTime = (Start / 1000) + 5000 }, seen.Status, seen.Cluster, seen.Policy, Start + 605_000, default);
        Assert.Equal(new WindowSight(600_000, 600_000), news.Position!.Window);
        Assert.Equal(UsageVector.Zero, news.Position.ToVector());
        Assert.Equal(WindowSight.None, (await ReadAsync(ALease.Active().Running(), 605)).Position!.Window);
        Assert.Equal(new WindowSight(600_000, 0), (await ReadAsync(ALease.Active().Running(p => p with { StartedAtMs = Start }), 605)).Position!.Window);
    }

    // The store may have lost a kind of samples alone, as a spool has none of bytes sent: each is paid by its own price, and so looked at by itself.
    [Theory]
    [InlineData(Meter.Memory, true)]
    [InlineData(Meter.Egress, true)]
    [InlineData(Meter.Egress, false)]
    public async Task Window_WithoutSamplesOfOneMeter_IsUnmeasured_WhereThatIsCharged(Meter lost, bool isCharged)
    {
        var lease = ALease.Active().Running(p => p with { StartedAtMs = Start });
        var seen = lease.Seen();
        var prices = isCharged ? seen.View.Terms.Prices : seen.View.Terms.Prices with { Egress = 0 };
        Assert.All([seen.View.Terms.Prices.Memory, seen.View.Terms.Prices.Egress], p => Assert.True(p > 0));
        var view = seen.View with { BlockTime = (Start / 1000) + 5000, Terms = seen.View.Terms with { Prices = prices } };
        var news = await new WindowReader(new Without(usage, lost), FakeHasher.Instance).ReadAsync(view, seen.Status, seen.Cluster, seen.Policy, Start + 605_000, default);
        Assert.Equal(isCharged ? new WindowSight(600_000, 600_000) { Meter = lost } : new WindowSight(600_000, 0), news.Position!.Window);
    }

    // Remote write that is behind: the window ends where the store is, and what comes late is in the next one.
    [Fact]
    public async Task Store_ThatLags_LosesNothing()
    {
        ALease Lease(MeteringNews? news) => ALease.Active().Running(p => p with { StartedAtMs = Start }).WithStatus(s => s with { Usage = news?.Position, UsageEvidence = news?.Evidence ?? "" });
        usage.VisibleUntilMs = Start + 40_000;
        var behind = await ReadAsync(Lease(null), 95);
        Assert.Equal(Start + 70_000, behind.Position!.ThroughMs);
        Assert.Equal((20_000ul, 30_000ul), (behind.Position.ToVector().CpuMilliSeconds, behind.Position.ToVector().GpuMilliSecondsA));
        usage.VisibleUntilMs = long.MaxValue;
        var caughtUp = await ReadAsync(Lease(behind), 155);
        var prompt = await ReadAsync(Lease(null), 155);
        Assert.Equal(prompt.Position!.ToVector(), caughtUp.Position!.ToVector());
        Assert.Equal((75_000ul, 0L), (caughtUp.Position.ToVector().CpuMilliSeconds, caughtUp.Position.UnmeasuredMs));
    }

    [Fact]
    public async Task Store_ThatStandsStill_IsAwaitedForATime_ThenTheWindowIsALowerBound()
    {
        var lease = ALease.Active().Running(p => p with { StartedAtMs = Start });
        usage.VisibleUntilMs = Start + 20_000;
        Assert.Equal(Start, (await ReadAsync(lease, 95)).Position!.ThroughMs);
        Assert.Equal(Start, (await ReadAsync(lease, 124)).Position!.ThroughMs);
        var late = (await ReadAsync(lease, 125)).Position!;
        Assert.Equal((Start + 120_000, new WindowSight(120_000, 100_000)), (late.ThroughMs, late.Window));
        Assert.Equal(10_000ul, late.ToVector().CpuMilliSeconds);
        // Pods that are gone are awaited no more.
        Assert.Equal(Start + 90_000, (await ReadAsync(ALease.Active(), 95)).Position!.ThroughMs);
    }

    // No window follows in which they would count, and the pods are gone before their samples are here.
    [Fact]
    public async Task LastWindow_WaitsForLateSamples_OfGonePodsToo()
    {
        usage.VisibleUntilMs = Start + 80_000;
        var behind = await ReadAsync(Stopped(null), 110);
        Assert.Equal(Start + 90_000, behind.Position!.ThroughMs);
        Assert.Equal(Start + 90_000, (await ReadAsync(Stopped(behind), 164)).Position!.ThroughMs);
        usage.VisibleUntilMs = long.MaxValue;
        var late = await ReadAsync(Stopped(behind), 164);
        Assert.Equal((Start + 120_000, 0L), (late.Position!.ThroughMs, late.Position.UnmeasuredMs));
        Assert.Equal((await ReadAsync(Stopped(null), 164)).Position!.ToVector(), late.Position.ToVector());
        Assert.Equal(90_000ul, late.Position.ToVector().GpuMilliSecondsA);
        // A store that is in time is not waited for.
        Assert.Equal(Start + 105_000, (await ReadAsync(Stopped(null), 110)).Position!.ThroughMs);
    }

    [Fact]
    public async Task LastWindow_OfAStoreThatStandsStill_IsALowerBound_AndSaysSo()
    {
        usage.VisibleUntilMs = Start + 80_000;
        var behind = await ReadAsync(Stopped(null), 110);
        var closed = (await ReadAsync(Stopped(behind), 165)).Position!;
        Assert.Equal((Start + 120_000, new WindowSight(10_000, 10_000)), (closed.ThroughMs, closed.Window));
        Assert.Equal(10_000, closed.UnmeasuredMs);
        // Half of the time in which the contract takes the last receipt is over: then it is closed at once.
        var outOfTime = 120 + (Some.Terms.Parameters.SubmitSeconds / 2);
        Assert.Equal(Start + 120_000, (await ReadAsync(Stopped(behind), 160, blockSeconds: outOfTime)).Position!.ThroughMs);
        // Nothing at all has come of a lease that was shorter than a window.
        usage.VisibleUntilMs = Start;
        Assert.Equal(Start, (await ReadAsync(Stopped(null), 164)).Position!.ThroughMs);
        Assert.Equal(new WindowSight(100_000, 100_000), (await ReadAsync(Stopped(null), 165)).Position!.Window);
    }

    private static ALease Stopped(MeteringNews? news) => ALease.Closing().WithStatus(s => s with
    {
        StoppedAtMs = Start + 100_000, Holdings = [new PodHolding(Pod.Uid, 1, 0, 1024) { EndedMs = Start + 100_000 }],
        Usage = news?.Position, UsageEvidence = news?.Evidence ?? "", UsageWindow = news?.Window ?? 0,
    });

    [Fact]
    public async Task Volumes_OfALeaseThatStandsStill_AreBilledByTime_WithTheirEvidence()
    {
        var silent = new WindowReader(new InMemoryUsage(new PortGate()), FakeHasher.Instance);
        async Task<MeteringNews> Read(Func<ALease, ALease> change, long ended = 0)
        {
            var suspension = new Suspension(100, 900, Start + 100_000, ended, [new KeptVolume("volume", 64), new KeptVolume("gone", 500)]);
            var seen = change(ALease.Active().WithVolume(64).WithStatus(s => s with { Suspension = suspension, Usage = UsagePosition.StartingAt(Start + 90_000) })).Seen();
            return await silent.ReadAsync(seen.View with { BlockTime = (Start / 1000) + 405 }, seen.Status, seen.Cluster, seen.Policy, Start + 405_000, default);
        }

        // From 100 s until 400 s; a claim that is no more there counts for nothing.
        var kept = await Read(l => l);
        Assert.Equal(64ul * 300, kept.Position!.ToVector().StorageMiBSeconds);
        Assert.Equal(64ul * 50, (await Read(l => l, Start + 150_000)).Position!.ToVector().StorageMiBSeconds);
        var without = await Read(l => l.WithCluster(c => c with { Volumes = [] }));
        Assert.Equal(0ul, without.Position!.ToVector().StorageMiBSeconds);
        Assert.NotEqual(kept.Evidence, without.Evidence);
    }

    // The last window waits for its samples, so none before it may forget it.
    [Fact]
    public async Task PodThatHoldsNothing_StaysKnown_UntilAWindowHasPassedItsEnd()
    {
        var plain = Pod with { Uid = "uid-plain", GpuA = 0, StorageMiB = 0, BoundAtMs = Start + 1_000, Ended = true, EndedAtMs = Start + 62_000, GoneAtMs = Start + 63_000 };
        var lease = ALease.Active().Running().WithCluster(c => c with { Gone = [plain] });
        var first = await ReadAsync(lease, 65);
        var held = Held(first, 65);
        Assert.Equal((Start + 60_000, Start + 62_000), (first.Position!.ThroughMs, held.Single(h => h.PodUid == "uid-plain").EndedMs));
        lease = lease.WithStatus(s => s with { Usage = first.Position, UsageEvidence = first.Evidence, UsageWindow = first.Window, Holdings = held });
        Assert.DoesNotContain(Held(await ReadAsync(lease, 130), 130), h => h.PodUid == "uid-plain");

        IReadOnlyList<PodHolding> Held(MeteringNews news, int seconds) => LeaseMachine.Decide(lease.Seen() with { Metering = news, NowMs = Start + (seconds * 1000) }).Status.Holdings;
    }

    private static ALease Resumed(MeteringNews news) =>
        ALease.Active().Running().WithStatus(s => s with { Usage = news.Position, UsageEvidence = news.Evidence });

    private Task<MeteringNews> ReadAsync(ALease lease, long seconds, UsageMetrics? metrics = null, long? blockSeconds = null, WindowReader? reader = null)
    {
        var seen = lease.Seen();
        var view = seen.View with { BlockTime = (Start / 1000) + (blockSeconds ?? seconds) };
        return (reader ?? new WindowReader(usage, FakeHasher.Instance, metrics)).ReadAsync(view, seen.Status, seen.Cluster, seen.Policy, Start + seconds * 1000, default);
    }

    private sealed class Without(IUsageSource source, Meter lost) : IUsageSource
    {
        public async Task<IReadOnlyList<UsageSeries>> ReadAsync(LeaseId id, IReadOnlyCollection<string> podUids, long fromMs, long throughMs, CancellationToken cancellation) =>
            [.. (await source.ReadAsync(id, podUids, fromMs, throughMs, cancellation)).Where(s => s.Meter != lost)];
    }
}
