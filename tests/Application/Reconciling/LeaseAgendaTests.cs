using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Reconciling;

public sealed class LeaseAgendaTests
{
    private static readonly LeaseId Id = Some.LeaseId(1);
    private readonly FakeClock clock = new();
    private readonly LeaseAgenda agenda;

    public LeaseAgendaTests() => agenda = new LeaseAgenda(clock);

    [Fact]
    public void NewLease_IsDueAtOnce_AndBusyUntilDone()
    {
        Assert.Equal([Id], agenda.TakeDue([Id]));
        Assert.Empty(agenda.TakeDue([Id]));
        agenda.Done(Id, TimeSpan.Zero);
        Assert.Equal([Id], agenda.TakeDue([Id]));
    }

    [Fact]
    public void BusyLease_MissingInOneList_IsNotLookedAtTwiceAtOnce()
    {
        agenda.TakeDue([Id]);
        agenda.TakeDue([]);
        Assert.Empty(agenda.TakeDue([Id]));
        agenda.Done(Id, TimeSpan.Zero);
        Assert.Equal([Id], agenda.TakeDue([Id]));
    }

    [Fact]
    public void Seen_WhenEachWasLookedAtOnceWithSuccess_WhateverFailsLater()
    {
        LeaseId[] all = [Id, Some.LeaseId(2)];
        agenda.TakeDue(all);
        agenda.Done(all[0], TimeSpan.Zero);
        agenda.Failed(all[1]);
        Assert.False(agenda.HasSeen(all));
        agenda.Done(all[1], TimeSpan.Zero);
        agenda.Failed(all[0]);
        Assert.True(agenda.HasSeen(all));
    }

    // Pods whose readiness comes and goes are an event every moment, for as long as their tenant likes.
    [Fact]
    public void EventsWithoutEnd_AreLookedAtInAPace_AndSoonAgainOnceTheyRest()
    {
        agenda.TakeDue([Id]);
        agenda.Done(Id, TimeSpan.FromMinutes(5));
        Assert.InRange(Looks(minutes: 10), 40, 40 + (600 / 2) + 1);

        // What the chain says waits for none of that, and a failure's pause is not made shorter.
        agenda.Wake(Id);
        Assert.Equal([Id], agenda.TakeDue([Id]));
        agenda.Done(Id, TimeSpan.FromMinutes(5));
        clock.Advance(TimeSpan.FromMinutes(2));
        agenda.Notice(Id);
        Assert.Equal([Id], agenda.TakeDue([Id]));
        agenda.Notice(Id);
        Assert.Equal(TimeSpan.Zero, agenda.Done(Id, TimeSpan.FromMinutes(5)));
        agenda.TakeDue([Id]);
        agenda.Failed(Id);
        agenda.Notice(Id);
        Assert.Empty(agenda.TakeDue([Id]));

        int Looks(int minutes)
        {
            var looks = 0;
            for (var i = 0; i < minutes * 600; i++)
            {
                agenda.Notice(Id);
                if (agenda.TakeDue([Id]).Count > 0)
                {
                    looks++;
                    agenda.Notice(Id);
                    agenda.Done(Id, TimeSpan.FromMinutes(5));
                }

                clock.Advance(TimeSpan.FromMilliseconds(100));
            }

            return looks;
        }
    }

    [Fact]
    public void Pause_IsUntilTheFirstThatIsDueAndNotBusy()
    {
        var longest = TimeSpan.FromSeconds(2);
        Assert.Equal(longest, agenda.Pause(longest));
        agenda.TakeDue([Id, Some.LeaseId(2)]);
        Assert.Equal(longest, agenda.Pause(longest));
        Assert.Equal(TimeSpan.FromSeconds(1.5), agenda.Done(Id, TimeSpan.FromSeconds(1.5)));
        agenda.Done(Some.LeaseId(2), TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(0.5), agenda.Pause(longest));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, agenda.Pause(longest));
        agenda.TakeDue([Id, Some.LeaseId(2)]);
        agenda.Wake(Id);
        Assert.Equal(TimeSpan.Zero, agenda.Done(Id, TimeSpan.FromSeconds(5)));
        Assert.Equal(TimeSpan.Zero, agenda.Pause(longest));
    }

    [Fact]
    public void WakeWhileBusy_IsNotLost()
    {
        agenda.TakeDue([Id]);
        agenda.Wake(Id);
        agenda.Done(Id, TimeSpan.FromSeconds(1_000));
        Assert.Equal([Id], agenda.TakeDue([Id]));
    }

    [Fact]
    public void Done_WaitsUntilItsTime_UnlessWoken()
    {
        agenda.TakeDue([Id]);
        agenda.Done(Id, TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Empty(agenda.TakeDue([Id]));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Single(agenda.TakeDue([Id]));
        agenda.Done(Id, TimeSpan.FromSeconds(5));
        agenda.Wake(Id);
        Assert.Single(agenda.TakeDue([Id]));
    }

    [Fact]
    public void Failing_WaitsLongerButNeverAboveAMinute_AndIsNeverLost()
    {
        for (var tries = 0; tries < 100; tries++)
        {
            clock.Advance(TimeSpan.FromSeconds(60));
            Assert.Single(agenda.TakeDue([Id]));
            agenda.Failed(Id);
            agenda.Wake(Id);
            Assert.Empty(agenda.TakeDue([Id]));
        }
    }
}
