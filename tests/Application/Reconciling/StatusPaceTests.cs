using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Reconciling;

public sealed class StatusPaceTests
{
    private static readonly LeaseId Id = Some.LeaseId(1);

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
    public void ThatItRuns_IsSaidAtOnce_TheFirstTime()
    {
        Waits(4);
        var runs = LeaseStatus.New with { Phase = LeasePhase.Running };
        Assert.Equal(now, pace.Earliest(Id, LeaseStatus.New, runs, isAboutToChange: false, now));
        // Of what comes later the tenant hears soon.
        Assert.Equal(now + 2_500, pace.Earliest(Id, LeaseStatus.New, runs, isAboutToChange: false, now));
        Assert.Equal(now, pace.Earliest(Id, LeaseStatus.New, runs with { UsageIsFinal = true }, isAboutToChange: false, now));
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
            var at = pace.Earliest(Id, LeaseStatus.New, LeaseStatus.New with { Phase = LeasePhase.Reserved }, isAboutToChange: false, now);
            waits.Add(at - now);
            now = at;
            pace.Note(Id, now);
        }

        return waits;
    }
}
