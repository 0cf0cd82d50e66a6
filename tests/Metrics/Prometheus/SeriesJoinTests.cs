using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Tests.Prometheus;

public class SeriesJoinTests
{
    private const string Pod = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";

    [Fact]
    public void Join_LabelsOfThePodChange_OneSeries()
    {
        var joined = Assert.Single(Join([Row(Meter.Cpu, "pod", "web-1", (2000, 2), (3000, 3)), Row(Meter.Cpu, "pod", "", (4000, 4))]));
        Assert.Equal([2, 3, 4], joined.Samples.Select(s => s.Value));
    }

    [Fact]
    public void Join_TwoJobsScrapeTheSameCgroup_CounterNeverFallsBack()
    {
        // The second job's cache lags: taken as they come, 9 after 10 would be a reset that bills 9 once more.
        var joined = Assert.Single(Join(
        [
            Row(Meter.Cpu, "job", "a", (1000, 8), (2000, 9), (3000, 10)),
            Row(Meter.Cpu, "job", "b", (1500, 8), (2500, 9), (3500, 9), (4500, 10), (5500, 11)),
        ]));
        Assert.Equal([8, 8, 9, 9, 10, 11], joined.Samples.Select(s => s.Value));
        Assert.Equal([1000, 1500, 2500, 3500, 4500, 5500], joined.Samples.Select(s => s.AtMs));
    }

    [Fact]
    public void Join_JobThatLooksSeldom_HidesNoneThatLooksOften()
    {
        // Followed alone, the first would leave nothing but gaps.
        var joined = Assert.Single(Join(
        [
            Row(Meter.Memory, "job", "seldom", (500, 1), (300_500, 1)),
            Row(Meter.Memory, "job", "often", [.. Enumerable.Range(0, 10).Select(i => (1000L + (i * 30_000L), 2.0))]),
        ]));
        Assert.Equal([500, .. Enumerable.Range(0, 10).Select(i => 1000L + (i * 30_000L)), 300_500], joined.Samples.Select(s => s.AtMs));
    }

    [Fact]
    public void Join_MemoryMayFall() =>
        Assert.Equal([8, 2], Assert.Single(Join([Row(Meter.Memory, "job", "a", (1000, 8)), Row(Meter.Memory, "job", "b", (2000, 2))])).Samples.Select(s => s.Value));

    [Fact]
    public void Join_OverlappingPieces_KeepOneSamplePerTime() =>
        Assert.Equal([1000, 2000, 3000], Assert.Single(Join(
            [Row(Meter.Cpu, "id", "/a", (2000, 2), (3000, 3)), Row(Meter.Cpu, "id", "/a", (1000, 1), (2000, 2))])).Samples.Select(s => s.AtMs));

    [Theory]
    // A gap of the one that is followed: filled by the other, as far as its counter's age fits in between.
    [InlineData(Meter.Cpu, new[] { 1000L, 2000, 15_000, 25_000, 40_000, 41_000, 42_000 })]
    [InlineData(Meter.Memory, new[] { 1000L, 2000, 15_000, 25_000, 35_000, 40_000, 41_000, 42_000 })]
    public void Join_GapOfTheOneThatIsFollowed_IsFilledFromTheOther(Meter meter, long[] times) =>
        Assert.Equal(times, Assert.Single(Join(
        [
            Row(meter, "job", "a", (1000, 1), (2000, 2), (40_000, 30), (41_000, 31), (42_000, 32)),
            Row(meter, "job", "b", (1500, 1), (15_000, 10), (25_000, 20), (35_000, 31)),
        ])).Samples.Select(s => s.AtMs));

    private static IEnumerable<UsageSeries> Join(IEnumerable<(UsageSeries, RawSeries)> rows) => SeriesJoin.Join(rows, 10_000);

    private static (UsageSeries, RawSeries) Row(Meter meter, string label, string value, params (long At, double Value)[] samples)
    {
        var points = samples.Select(s => new UsageSample(s.At, s.Value)).ToArray();
        return (new UsageSeries(Pod, meter, "", points), new RawSeries(new Dictionary<string, string> { [label] = value }, points));
    }
}
