using Federation.Gateway.Limits;
using Federation.Testing;

namespace Federation.Gateway.Tests.Limits;

public sealed class TokenBucketsTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void Bucket_GivesWhatItHolds_AndWhatCameBack()
    {
        var buckets = new TokenBuckets(3, 0.5, clock);
        Assert.Equal([true, true, true, false], Four(buckets, "a"));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(buckets.TryTake("a"));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(buckets.TryTake("a"));
        Assert.False(buckets.TryTake("a"));
    }

    [Fact]
    public void Bucket_ThatRestedForLong_HoldsNoMoreThanAFullOne()
    {
        var buckets = new TokenBuckets(3, 1, clock);
        for (var day = 0; day < 3; day++)
        {
            clock.Advance(TimeSpan.FromDays(1));
            Assert.Equal([true, true, true, false], Four(buckets, "a"));
        }
    }

    // A limit that changes while the program runs: who has used up a share has not got a new one by it.
    [Fact]
    public void RateThatChanges_CountsFromNowOn_AndWhatWasTakenStays()
    {
        var rate = (Most: 3, PerSecond: 1.0);
        var buckets = new TokenBuckets(() => rate, clock);
        Assert.Equal([true, true, true, false], Four(buckets, "a"));
        rate = (4, 2.0);
        Assert.False(buckets.TryTake("a"));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([true, true, false, false], Four(buckets, "a"));
        Assert.Equal([true, true, true, true], Four(buckets, "b"));
        rate = (1, 1.0);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([true, false, false, false], Four(buckets, "a"));
    }

    [Fact]
    public void Buckets_AreEachItsOwn()
    {
        var buckets = new TokenBuckets(1, 1, clock);
        Assert.True(buckets.TryTake("a"));
        Assert.False(buckets.TryTake("a"));
        Assert.True(buckets.TryTake("b"));
    }

    // Those that are full again are forgotten, and no other.
    [Fact]
    public void Crowd_OfOthers_FillsNobodysBucket()
    {
        var buckets = new TokenBuckets(3, 0.5, clock);
        for (var i = 0; i < 3; i++) buckets.TryTake("a");
        clock.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 10_000; i++) Assert.True(buckets.TryTake($"other-{i}"));
        Assert.True(buckets.TryTake("a"));
        Assert.False(buckets.TryTake("a"));
        Assert.Equal(10_001, buckets.Count);
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal([true, true, true, false], Four(buckets, "a"));
        for (var i = 0; i < 20_000; i++) Assert.True(buckets.TryTake($"another-{i}"));
        Assert.InRange(buckets.Count, 20_001, 20_100);
    }

    [Fact]
    public void WhoTakesMore_WaitsForIt_OneAfterTheOther()
    {
        var buckets = new TokenBuckets(10, 2, clock);
        Assert.Equal(TimeSpan.Zero, buckets.Take("a", 10));
        Assert.Equal(TimeSpan.FromSeconds(2), buckets.Take("a", 4));
        Assert.Equal(TimeSpan.FromSeconds(7), buckets.Take("a", 10));
        Assert.Equal(TimeSpan.Zero, buckets.Take("b", 1));
        clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(0.5), buckets.Take("a", 1));
    }

    // In the long run no more passes than comes back, however it is asked for.
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.3)]
    [InlineData(7)]
    public void Pace_IsKept(double step)
    {
        var (buckets, taken) = (new TokenBuckets(5, 4, clock), 0);
        for (var passed = 0.0; passed < 100; passed += step)
        {
            clock.Advance(TimeSpan.FromSeconds(step));
            while (buckets.TryTake("a")) taken++;
        }

        Assert.InRange(taken, 0, 5 + (4 * 107));
        if (step < 1) Assert.InRange(taken, 4 * 99, int.MaxValue);
    }

    private static bool[] Four(TokenBuckets buckets, string key) => [buckets.TryTake(key), buckets.TryTake(key), buckets.TryTake(key), buckets.TryTake(key)];
}
