using Federation.Domain.Leases;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>A lease whose namespace is another's can never run: its tenant is refunded in time, and nobody pays a penalty.</summary>
public sealed class UnhousedTests
{
    private readonly World world = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NamespaceOfAnother_LeaseIsGivenBack_AndTheOthersGoOn(bool restarts)
    {
        var (id, other) = (world.Match(1), world.Match(2));
        world.Cluster.Colliding.Add(id);
        for (var i = 0; i < 12; i++)
        {
            world.Pass(10);
            world.DeliverRight(other);
            if (restarts && i is 1 or 6) world.Restart();
        }

        var lease = world.Chain.Find(id)!.Lease;
        Assert.Equal((LeaseState.Closed, CloseReason.Refused), (lease.State, lease.Reason));
        Assert.Equal((0, 0, 0), ((int)lease.Escrow, (int)lease.Claimed, (int)lease.Slashed));
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[other].Status.Phase);
        Assert.Equal(other, Assert.Single(world.Cluster.Spaces).Key);
    }

    [Fact]
    public void RightsThatAreBackInAMoment_RefundNobody()
    {
        var id = world.Match(1);
        world.Cluster.Colliding.Add(id);
        world.Pass(15);
        world.Cluster.Colliding.Clear();
        world.Pass(30);
        world.DeliverRight(id);
        world.Pass(60);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
        Assert.Equal(Some.Deposit, world.Chain.Find(id)!.Lease.Escrow + world.Chain.Find(id)!.Lease.Claimed);
    }
}
