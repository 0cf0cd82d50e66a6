using Federation.Application.Metering;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Application.Tests.Metering;

/// <summary>A pod whose object is gone was there all the same: what nobody measured of it is said, in whichever window it ended.</summary>
public sealed class GonePodTests
{
    private const long Start = FakeClock.StartMs;
    private static readonly PodFact Pod = new("uid-1", "web-1", "web", "node-a", true, false, null, 1, 0, 1024);
    private readonly InMemoryUsage usage = new(new PortGate());

    public GonePodTests()
    {
        for (var second = 0; second <= 600; second += 10)
        {
            usage.Burn(Some.LeaseId(1), Pod, Start + (second * 1000), 500, 1 << 30, 1024);
            if (second > 0) usage.Scrape(Some.LeaseId(1), Pod.Uid);
        }
    }

    [Fact]
    public async Task PodThatWasNeverScraped_IsUnmeasuredForAllOfItsLife_AndHoldsNoWindowOpen()
    {
        var news = await ReadAsync(Lost(ended: 200), 305);
        Assert.Equal((Start + 300_000, new WindowSight(490_000, 190_000)), (news.Position!.ThroughMs, news.Position.Window));
    }

    // Its kubelet was not scraped any more, and then it was evicted.
    [Fact]
    public async Task PodThatWasScrapedForATime_IsUnmeasuredFromThenOn_AndMeteredSaysSo()
    {
        var stood = UsagePosition.StartingAt(Start + 60_000) with { Series = [At(Pod.Uid, 60), At("uid-lost", 55)] };
        var lease = Lost(ended: 200).WithStatus(s => s with { Usage = stood });
        var news = await ReadAsync(lease, 305);
        Assert.Equal(new WindowSight(380_000, 140_000), news.Position!.Window);
        var metered = LeaseMachine.Decide(lease.Seen() with { Metering = news }).Status.Conditions.Single(c => c.Type == "Metered");
        Assert.Equal((ConditionStatus.False, "CoverageLow"), (metered.Status, metered.Reason));
        // The next window says nothing of it again.
        var next = await ReadAsync(lease.WithStatus(s => s with { Usage = news.Position, UsageEvidence = news.Evidence, UsageWindow = news.Window, Holdings = news.Holdings! }), 365);
        Assert.Equal((140_000L, 0L), (next.Position!.UnmeasuredMs, next.Position.Window.UnmeasuredMs));
    }

    [Theory]
    // Between two samples.
    [InlineData(35)]
    // Before the window began.
    [InlineData(0)]
    public async Task PodThatNoSampleHadToShow_IsNotMissed(int ended) =>
        Assert.Equal(0, (await ReadAsync(Lost(ended), 305)).Position!.UnmeasuredMs);

    private static SeriesPosition At(string pod, int second) => new(UsageSeries.KeyOf(pod, Meter.Cpu, ""), Start + (second * 1000), 0);

    private static ALease Lost(int ended) => ALease.Active().Running(p => p with { StartedAtMs = Start })
        .WithStatus(s => s with { Holdings = [new PodHolding("uid-lost", 0, 0, 1024) { FromMs = Start + 10_000, EndedMs = Start + (ended * 1000) }] });

    private Task<MeteringNews> ReadAsync(ALease lease, long seconds)
    {
        var seen = lease.Seen();
        var view = seen.View with { BlockTime = (Start / 1000) + seconds };
        return new WindowReader(usage, FakeHasher.Instance).ReadAsync(view, seen.Status, seen.Cluster, seen.Policy, Start + (seconds * 1000), default);
    }
}
