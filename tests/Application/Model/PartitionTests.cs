using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;

namespace Federation.Application.Tests.Model;

/// <summary>Row 27 of the fault matrix: datacenter and chain do not hear of each other for six hours.</summary>
public sealed class PartitionTests
{
    private const int SixHours = 6 * 3600;

    [Fact]
    public void ChainAway_TheLeaseRunsToItsPaidEnd_IsRepaired_ThenStandsStill_AndItsTermIsAllThatIsBilled()
    {
        var world = new World();
        var id = world.Match(1, change: t => t with { Parameters = t.Parameters with { SubmitSeconds = SixHours } });
        world.Pass(25);
        world.Deliver(id, Some.Workload);
        world.Pass(120);
        var pods = world.Cluster.Spaces[id].Pods.Select(p => p.Uid).ToArray();
        Assert.NotEmpty(pods);
        world.Chain.IsDown = true;
        world.Pass(600);
        world.Cluster.Change(id, s => s with { IsIsolated = false });
        world.Pass(60);
        Assert.True(world.Cluster.Spaces[id].IsIsolated);
        world.Pass((int)Some.Terms.DurationSeconds - 900);
        Assert.Equal(pods, world.Cluster.Spaces[id].Pods.Select(p => p.Uid));
        world.Pass(300);
        Assert.DoesNotContain(world.Cluster.Spaces[id].Pods, p => !p.Ended);
        Assert.Equal(LeasePhase.Suspended, world.Cluster.Spaces[id].Status.Phase);
        Assert.Contains(world.Cluster.Spaces[id].Status.Conditions, c => c is { Type: "Ready", Reason: "ChainUnavailable" });
        var writes = world.Cluster.Writes.Count;
        world.Pass(SixHours - (int)Some.Terms.DurationSeconds);
        // Idle, and there: nothing is deleted on doubt.
        Assert.Equal(writes, world.Cluster.Writes.Count);
        world.Chain.IsDown = false;
        world.Pass(60);
        Assert.DoesNotContain(world.Cluster.Spaces[id].Pods, p => !p.Ended);
        world.Pass(600);
        var stored = world.Chain.Find(id)!;
        Assert.Equal((LeaseState.Closed, stored.Lease.ActivatedAt + Some.Terms.DurationSeconds), (stored.Lease.State, stored.Lease.EndsAt));
        // All that was measured within the term, and nothing of the hours after it.
        Invariants.CheckEarned(world, id);
        Assert.Empty(world.WrongRemovals);
        Assert.False(world.Cluster.Spaces.ContainsKey(id));
    }

    // It answers as well as ever, and tells of no time and no close.
    [Fact]
    public void ChainStandsStill_NothingRunsBeyondWhatWasPaidAhead()
    {
        var world = new World { CpuMilli = 2000 };
        var id = world.MatchVolume(1, Accrual.ClosingReserve(Some.Terms) + 400);
        world.Pass(25);
        world.DeliverRight(id);
        world.Pass(60);
        Assert.Contains(world.Cluster.Spaces[id].Pods, p => !p.Ended);
        LedgerHead? still = null;
        world.Chain.DistortHead = head => still ??= head;
        world.Pass(900);
        Assert.DoesNotContain(world.Cluster.Spaces[id].Pods, p => !p.Ended);
        world.Chain.DistortHead = null;
        world.Chain.TryTransact(id, (lease, _) => LeaseContract.TopUp(lease, 1_000_000));
        world.Pass(120);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
        Invariants.CheckMoney(world, [id]);
    }

    [Fact]
    public void ChainAway_TheEscrowIsUsedUp_ItStandsStill_AndGoesOnIfItWasToppedUpMeanwhile()
    {
        var world = new World { CpuMilli = 2000 };
        var id = world.MatchVolume(1, Accrual.ClosingReserve(Some.Terms) + 400);
        world.Pass(25);
        world.DeliverRight(id);
        world.Pass(60);
        Assert.Contains(world.Cluster.Spaces[id].Pods, p => !p.Ended);
        world.Chain.IsDown = true;
        world.Pass(600);
        Assert.DoesNotContain(world.Cluster.Spaces[id].Pods, p => !p.Ended);
        Assert.Equal(LeasePhase.Suspended, world.Cluster.Spaces[id].Status.Phase);
        world.Chain.TryTransact(id, (lease, _) => LeaseContract.TopUp(lease, 1_000_000));
        world.Chain.IsDown = false;
        world.Pass(120);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
        Assert.Empty(world.WrongRemovals);
        Invariants.CheckMoney(world, [id]);
    }
}
