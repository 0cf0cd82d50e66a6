using Federation.Domain.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Usage;

public sealed class KeptStorageTests
{
    private static readonly KeptVolume[] Volumes = [new("a", 3), new("b", 4)];

    [Theory]
    [InlineData(0, 100, 20, long.MaxValue, 0, 80)]
    [InlineData(50, 100, 20, long.MaxValue, 0, 50)]
    [InlineData(50, 100, 20, 70, 0, 20)]
    [InlineData(50, 100, 20, 40, 0, 0)]
    [InlineData(0, 100, 200, long.MaxValue, 0, 0)]
    // A pod was measured until 60; one that began after the end says nothing of the time before.
    [InlineData(0, 100, 20, long.MaxValue, 60, 40)]
    [InlineData(0, 100, 20, 50, 60, 30)]
    public void Span_IsTheTimeWithoutPods_WithinTheWindow(long before, long through, long from, long until, long sampleAt, long billedMs)
    {
        var folded = UsagePosition.StartingAt(through) with { Series = sampleAt == 0 ? [] : [new SeriesPosition("uid/Cpu/", sampleAt, 1)] };
        var kept = KeptStorage.Add(folded, Volumes, KeptStorage.Span(before, folded, from, until));
        Assert.Equal((UInt128)(7 * billedMs), kept.StorageMiBMs);
        Assert.Equal(folded, kept with { StorageMiBMs = 0 });
    }

    // However its time is cut into windows, it is billed once and whole.
    [Fact]
    public void AnyWindows_SumToTheTimeBetweenStopAndEnd() => Prop.ForAll(
        Gen.Choose(0, 1000).ListOf().ToArbitrary(),
        (from a in Gen.Choose(0, 1000) from b in Gen.Choose(0, 1000) select (From: Math.Min(a, b), Until: Math.Max(a, b))).ToArbitrary(),
        (cuts, x) =>
        {
            var position = UsagePosition.StartingAt(0);
            foreach (var through in cuts.Append(1000).Order())
            {
                var folded = position with { ThroughMs = through };
                position = KeptStorage.Add(folded, Volumes, KeptStorage.Span(position.ThroughMs, folded, x.From, x.Until));
            }

            return position.StorageMiBMs == (UInt128)(7 * (x.Until - x.From));
        }).QuickCheckThrowOnFailure();
}
