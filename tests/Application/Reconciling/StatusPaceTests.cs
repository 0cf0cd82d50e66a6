using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Domain.Usage;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Reconciling;

public sealed class StatusPaceTests
{
    private static readonly LeaseId Id = Some.LeaseId(1);
    private static readonly LeaseStatus Told = LeaseStatus.New with { Conditions = [new LeaseCondition("Ready", ConditionStatus.False, "NotActivated", "")] };

    private readonly StatusPace pace = new();
    private long now = 1_000_000;

    [Fact]
    public void WritesWhileALeaseOpens_WaitLongerEachTime_UpToTenSeconds()
    {
        Assert.Equal([0, 2_500, 5_000, 10_000, 10_000], Waits(5));
        // A minute without one: the next has not to wait, nor long for the one after it.
        now += 60_000;
        Assert.Equal([0, 2_500, 5_000], Waits(3));
    }

    [Fact]
    public void WhatOpensWithinSeconds_HasNothingToSayBeforeItRuns()
    {
        var opens = LeaseStatus.New with { Phase = LeasePhase.Reserved };
        Assert.Equal(now + 5_000, pace.Earliest(Id, LeaseStatus.New, opens, isAboutToChange: false, now));
        Assert.Equal(now + 5_000, pace.Earliest(Id, LeaseStatus.New, opens with { Phase = LeasePhase.WaitingForWorkload }, isAboutToChange: false, now + 1_000));
        now += 1_100;
        Assert.Equal(now, pace.Earliest(Id, LeaseStatus.New, opens with { Phase = LeasePhase.Running }, isAboutToChange: false, now));
        pace.Note(Id, now);
        // What is said of its activation and its meters comes with one write.
        Assert.Equal(now + 10_000, pace.Earliest(Id, Told with { Phase = LeasePhase.Running }, Told with { Phase = LeasePhase.Running }, isAboutToChange: false, now + 500));
    }

    [Theory]
    [InlineData("Verified")]
    [InlineData("Scheduled")]
    public void WhatHasToBeMended_IsSaidAtOnce(string type)
    {
        var stuck = LeaseStatus.New with { Phase = LeasePhase.WaitingForWorkload, Conditions = [new LeaseCondition(type, ConditionStatus.False, "Any", "")] };
        Assert.Equal(now, pace.Earliest(Id, LeaseStatus.New, stuck, isAboutToChange: false, now));
    }

    [Fact]
    public void ThatItRuns_IsSaidAtOnce_TheFirstTime()
    {
        Waits(4);
        var runs = LeaseStatus.New with { Phase = LeasePhase.Running };
        Assert.Equal(now, pace.Earliest(Id, Told, runs, isAboutToChange: false, now));
        Assert.Equal(now + 10_000, pace.Earliest(Id, Told, runs, isAboutToChange: false, now));
        Assert.Equal(now, pace.Earliest(Id, Told, runs with { UsageIsFinal = true }, isAboutToChange: false, now));
        // A minute after it the tenant hears at once.
        Assert.Equal(now + 60_000, pace.Earliest(Id, Told, runs, isAboutToChange: false, now + 60_000));
    }

    [Fact]
    public void WhatALaterLookGoesBy_WaitsNoLonger_ThanAMoment()
    {
        Waits(4);
        foreach (var book in new[] { Told with { HasStarted = true }, Told with { Holdings = [new PodHolding("uid", 0, 0, 64)] }, Told with { Results = new LeaseResults("0x1", [new JobResult("work", "uid", [])], null) } })
            Assert.Equal(now + 2_500, pace.Earliest(Id, Told, book with { Phase = LeasePhase.Starting }, isAboutToChange: false, now));
    }

    [Fact]
    public void ClockThatWasSetBack_HoldsNothingUp()
    {
        Waits(3);
        now -= 3_600_000;
        Assert.Equal([0, 2_500], Waits(2));
    }

    private List<long> Waits(int writes)
    {
        var waits = new List<long>();
        for (var i = 0; i < writes; i++)
        {
            var at = pace.Earliest(Id, Told, Told with { Phase = LeasePhase.Reserved }, isAboutToChange: false, now);
            waits.Add(at - now);
            now = at;
            pace.Note(Id, now);
        }

        return waits;
    }
}
