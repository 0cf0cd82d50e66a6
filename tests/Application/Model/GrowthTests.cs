using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>A volume never gets smaller again: what makes it grow has to be final, and all that it rests on too.</summary>
public sealed class GrowthTests
{
    private static readonly JsonElement Larger = JsonDocument.Parse(Some.VolumeWorkload.GetRawText().Replace("512Mi", "1Gi", StringComparison.Ordinal)).RootElement.Clone();

    private static readonly JsonElement Two = JsonDocument.Parse(Some.VolumeWorkload.GetRawText().Replace("}]}]", "},{\"name\":\"log\",\"size\":\"256Mi\",\"mountPath\":\"/log\"}]}]", StringComparison.Ordinal)).RootElement.Clone();

    private readonly World world = new(finality: 100);

    [Theory]
    [InlineData(120)]
    [InlineData(900)]
    public void AmendmentThatAReorgTakesAway_HasGrownNothing_AndTheWorkloadOfBeforeGoesOn(int secondsAfterMatch)
    {
        var id = Running();
        world.Pass(secondsAfterMatch - 120);
        var before = world.Chain.Blocks.Latest.Number;
        world.TenantAmends(id, Larger);
        world.Pass(60);
        Assert.Equal(Some.HashOf(Larger), world.Cluster.Spaces[id].ToRecord().Terms!.SpecHash);
        Assert.Equal(512u, SizeOf(id));

        world.Chain.Blocks.Reorg((int)(world.Chain.Blocks.Latest.Number - before));
        world.DeliverRight(id);
        world.Pass(60);
        Assert.Equal((LeaseState.Active, Some.HashOf(Some.VolumeWorkload)), (world.Chain.Find(id)!.Lease.State, world.Chain.Find(id)!.Terms.SpecHash));
        var status = world.Cluster.Spaces[id].Status;
        Assert.Equal((512u, LeasePhase.Running), (SizeOf(id), status.Phase));
        Assert.All(status.Conditions.Where(c => c.Type is "Verified" or "Ready"), c => Assert.Equal(ConditionStatus.True, c.Status));
    }

    // A volume that was made stays until the lease ends, and counts against the storage that the terms of before reserve.
    [Theory]
    [InlineData(true, 60)]
    [InlineData(true, 900)]
    [InlineData(false, 60)]
    [InlineData(false, 900)]
    public void AmendmentThatAReorgTakesAway_HasMadeNoVolumes(bool wasRunning, int secondsAfterMatch)
    {
        var id = wasRunning ? Running() : world.MatchVolume(1);
        world.Pass(secondsAfterMatch);
        var before = world.Chain.Blocks.Latest.Number;
        world.TenantAmends(id, Two);
        world.Pass(60);
        world.Restart();
        world.Pass(60);
        Assert.Equal(Some.HashOf(Two), world.Cluster.Spaces[id].ToRecord().Terms!.SpecHash);
        Assert.Equal(wasRunning ? 1 : 0, world.Cluster.Spaces[id].Claims.Count);

        world.Chain.Blocks.Reorg((int)(world.Chain.Blocks.Latest.Number - before));
        world.DeliverRight(id);
        world.Pass(60);
        Assert.Equal((512u, LeasePhase.Running), (SizeOf(id), world.Cluster.Spaces[id].Status.Phase));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AmendmentThatIsFinal_MakesItsVolumes(bool wasRunning)
    {
        var id = wasRunning ? Running() : world.MatchVolume(1);
        world.Pass(60);
        world.TenantAmends(id, Two);
        world.Pass(900);
        Assert.Equal((2, LeasePhase.Running), (world.Cluster.Spaces[id].Claims.Count, world.Cluster.Spaces[id].Status.Phase));
    }

    [Fact]
    public void AmendmentThatIsFinal_Grows()
    {
        var id = Running();
        world.TenantAmends(id, Larger);
        world.Pass(700);
        Assert.Equal((1024u, LeasePhase.Running), (SizeOf(id), world.Cluster.Spaces[id].Status.Phase));
    }

    private LeaseId Running()
    {
        var id = world.MatchVolume(1);
        world.Pass(60);
        world.DeliverRight(id);
        world.Pass(60);
        Assert.Equal((512u, LeasePhase.Running), (SizeOf(id), world.Cluster.Spaces[id].Status.Phase));
        return id;
    }

    private uint SizeOf(LeaseId id) => Assert.Single(world.Cluster.Spaces[id].Claims).MiB;
}
