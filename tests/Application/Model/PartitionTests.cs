using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>Row 27 of the fault matrix: datacenter and chain do not hear of each other for six hours.</summary>
public sealed class PartitionTests
{
    private const int SixHours = 6 * 3600;

    [Fact]
    public void ChainAway_TheLeaseRunsOn_ItsTermIsAllThatIsBilled_AndItStopsOnceTheChainSaysSo()
    {
        var world = new World();
        var id = world.Match(1, change: t => t with { Parameters = t.Parameters with { SubmitSeconds = SixHours } });
        world.Pass(25);
        world.Deliver(id, Some.Workload);
        world.Pass(120);
        var pods = world.Cluster.Spaces[id].Pods.Select(p => p.Uid).ToArray();
        Assert.NotEmpty(pods);
        world.Chain.IsDown = true;
        world.Pass(SixHours);
        // Nothing is ended on doubt, whatever the clock says of a term of two hours.
        Assert.Equal(pods, world.Cluster.Spaces[id].Pods.Select(p => p.Uid));
        world.Chain.IsDown = false;
        world.Pass(60);
        Assert.Empty(world.Cluster.Spaces[id].Pods);
        world.Pass(600);
        var stored = world.Chain.Find(id)!;
        Assert.Equal((LeaseState.Closed, stored.Lease.ActivatedAt + Some.Terms.DurationSeconds), (stored.Lease.State, stored.Lease.EndsAt));
        // All that was measured within the term, and nothing of the hours after it.
        Assert.Equal(world.Earned(stored, id), stored.Lease.Claimed);
        Assert.Empty(world.WrongRemovals);
        Assert.False(world.Cluster.Spaces.ContainsKey(id));
    }
}
