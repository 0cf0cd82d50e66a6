using Federation.Domain.Leases;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>A contract's job on the real loops: its result reaches the chain once, whatever happens to who sends it.</summary>
public sealed class ResultTests
{
    [Fact]
    public void Job_KilledAtAnyCall_PostsItsResultOnce()
    {
        var calm = Tell(null);
        Assert.True(calm.Calls > 150, $"The story makes only {calm.Calls} calls.");
        for (var point = 1; point <= calm.Calls; point++) Assert.Equal(1, Tell(point).Restarts);
    }

    [Fact]
    public void Result_IsWrittenOnce_AndTheLeaseIsIdleAfterwards()
    {
        var (world, id) = RunningJob();
        world.Pass(600);
        Assert.Equal(LeasePhase.Completed, StatusOf(world, id).Phase);
        Assert.Equal([Some.JobText, Some.JobText], StatusOf(world, id).Results!.Jobs.Single().Shards.Select(s => s.Text));
        Assert.StartsWith("0xt", StatusOf(world, id).Post!.Transaction, StringComparison.Ordinal);
        Assert.True(StatusOf(world, id).Post!.IsSettled);
        var before = world.Cluster.Writes.CountOf(id);
        world.Pass(1800);
        Assert.Equal(before, world.Cluster.Writes.CountOf(id));
    }

    [Fact]
    public void Pods_GoneRightAfterTheirEnd_TakeNoResultWithThem()
    {
        var (world, id) = RunningJob();
        world.Chain.IsDown = true;
        world.Pass(30);
        world.Cluster.Change(id, s => s with { Pods = [] });
        world.Restart();
        world.Chain.IsDown = false;
        world.Pass(60);
        Assert.Equal([Some.JobOutcome], world.Chain.Find(id)!.Results);
    }

    [Fact]
    public void LostReplies_PostOnce_AndTheLeaseSaysSo()
    {
        var (world, id) = RunningJob();
        world.Chain.LosesReplies = true;
        world.Pass(120);
        Assert.Equal([Some.JobOutcome], world.Chain.Find(id)!.Results);
        Assert.Equal("Delivered", PostedOf(world, id));
    }

    [Fact]
    public void Reorg_TakesThePostAway_ItIsPostedAgain()
    {
        var (world, id) = RunningJob();
        for (var step = 0; step < 60 && world.Chain.Find(id)!.Results.IsEmpty; step++) world.Pass(World.StepSeconds);
        Assert.NotEmpty(world.Chain.Find(id)!.Results);
        world.Chain.Blocks.Reorg(3);
        Assert.Empty(world.Chain.Find(id)!.Results);
        world.Pass(120);
        Assert.Equal([Some.JobOutcome], world.Chain.Find(id)!.Results);
    }

    [Fact]
    public void ReplicaOfAJob_IsLeftAlone_AndItsLeaseEndsLikeAny()
    {
        var (world, id) = RunningJob();
        world.Chain.TryTransact(id, (l, _) => l with { IsReplica = true });
        world.Pass(120);
        Assert.Equal("Refused", PostedOf(world, id));
        world.TenantCloses(id);
        world.Pass(600);
        Assert.Empty(world.Chain.Find(id)!.Results);
        Assert.Equal(LeaseState.Closed, world.Chain.Find(id)!.Lease.State);
    }

    [Fact]
    public void ClosedBeforeItsJobHasEnded_PostsNothing()
    {
        var (world, id) = RunningJob();
        world.TenantCloses(id);
        world.Pass(600);
        Assert.Empty(world.Chain.Find(id)!.Results);
    }

    [Fact]
    public void NobodyAsked_NothingIsPosted_AndTheResultIsThereToRead()
    {
        var (world, id) = RunningJob(t => t with { Callback = false });
        world.Pass(600);
        Assert.Empty(world.Chain.Find(id)!.Results);
        Assert.Equal(Some.JobOutcome, StatusOf(world, id).Results!.Outcome);
    }

    private static (int Calls, int Restarts) Tell(int? killAt)
    {
        var world = new World();
        if (killAt is { } point) world.Gate.KillAt(point);
        var id = world.MatchJob(1);
        world.Pass(25);
        world.DeliverRight(id);
        world.Pass(75);
        var calls = world.Gate.Calls;
        world.Pass(60);
        Assert.Equal([Some.JobOutcome], world.Chain.Find(id)!.Results);
        Assert.Equal("Delivered", PostedOf(world, id));
        return (calls, world.Restarts);
    }

    private static (World World, LeaseId Id) RunningJob(Func<LeaseTerms, LeaseTerms>? change = null)
    {
        var world = new World(Some.Policy with { EpochMs = 3_600_000 });
        var id = world.MatchJob(1, change);
        world.Pass(30);
        world.DeliverRight(id);
        for (var step = 0; step < 60 && world.Cluster.Spaces[id].Pods.Count == 0; step++) world.Pass(World.StepSeconds);
        return (world, id);
    }

    private static LeaseStatus StatusOf(World world, LeaseId id) => world.Cluster.Spaces[id].Status;

    private static string PostedOf(World world, LeaseId id) => StatusOf(world, id).Conditions.Single(c => c.Type == "Posted").Reason;
}
