using Federation.Domain.Leases;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Leases;

/// <summary>A job whose deadline its controller has forgotten is changed until it looks again; one that is ended in time is left alone.</summary>
public sealed class JobDeadlineTests
{
    private const long DeadlineSeconds = 100;

    private static long Start => Federation.Testing.FakeClock.StartMs;

    [Theory]
    [InlineData(99, false)]
    [InlineData(114, false)]
    [InlineData(115, true)]
    [InlineData(600, true)]
    public void OverdueJob_IsRemindedOf_AfterAWhile(long seconds, bool isReminded)
    {
        var decision = With(Job()).After(seconds).Decide();
        Assert.Equal(isReminded ? [new RemindJob(Some.LeaseId(1), "train", Start + (seconds * 1000))] : [], decision.Effects.OfType<RemindJob>());
        // It is looked at when it is due, and then again and again.
        Assert.InRange(decision.NextLookMs, Start + (seconds * 1000) + 1, seconds < 115 ? Start + 115_000 : Start + (seconds * 1000) + 30_000);
    }

    [Fact]
    public void JobThatIsOver_Suspended_OrHasAllTime_IsNot()
    {
        foreach (var job in new[] { Job() with { Succeeded = 1 }, Job() with { Failed = true }, Job() with { IsSuspended = true }, Job() with { DeadlineMs = 0 } })
            Assert.Empty(With(job).After(600).Decide().Effects.OfType<RemindJob>());
    }

    private static ALease With(ItemFact job) => ALease.Active().Running().WithCluster(c => c with { Items = [job] });

    private static ItemFact Job() => new("train", "Job", 1, 1, 0, false, "") { DeadlineMs = Start + (DeadlineSeconds * 1000) };
}
