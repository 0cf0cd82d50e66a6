using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>A tag means for a lease what it meant when the workload came, until the tenant amends it.</summary>
public sealed class ImageTests
{
    private const string Image = "docker.io/library/nginx:1.27";

    private readonly World world = new(Some.Policy with { EpochMs = 3_600_000 });

    [Fact]
    public void Tag_IsResolvedOnce_AndPinned_WhateverIsPushedAndWhoeverRestarts()
    {
        var id = Running();
        var digest = world.Images.DigestOf(Image);
        Assert.Equal($"docker.io/library/nginx@{digest}", ImageOf(id));
        Assert.Equal(digest, world.Cluster.Spaces[id].Status.Images!.Digests[Image]);

        world.Images.Move(Image);
        world.Restart();
        world.Cluster.Change(id, s => s with { Applied = null, AppliedSpecHash = null });
        world.Pass(60);

        Assert.Equal($"docker.io/library/nginx@{digest}", ImageOf(id));
        Assert.Equal([Image], world.Images.Asked);
    }

    [Fact]
    public void AmendedWorkload_IsAskedForAnew()
    {
        var id = Running();
        world.Images.Move(Image);
        world.TenantAmends(id, Some.OtherWorkload);
        world.Pass(60);
        Assert.Equal("other", Assert.Single(world.Cluster.Spaces[id].Applied!.Services).Container.Name);
        Assert.Equal($"docker.io/library/nginx@{world.Images.DigestOf(Image)}", ImageOf(id));
        Assert.Equal(Some.HashOf(Some.OtherWorkload), world.Cluster.Spaces[id].Status.Images!.SpecHash);
    }

    [Fact]
    public void RegistryThatRefuses_KeepsTheWorkloadWaiting_AndSaysWhy_UntilItDoesNot()
    {
        world.Images.Refusing.Add("docker.io");
        var id = Running();
        var space = world.Cluster.Spaces[id];
        Assert.Null(space.Applied);
        var ready = space.Status.Conditions.Single(c => c.Type == "Ready");
        Assert.Equal((ConditionStatus.False, "ImageNotFound"), (ready.Status, ready.Reason));
        Assert.Contains(Image, ready.Message, StringComparison.Ordinal);

        var writes = world.Cluster.Writes.CountOf(id);
        world.Pass(900);
        Assert.Equal(writes, world.Cluster.Writes.CountOf(id));
        Assert.InRange(world.Images.Asked.Count, 5, 20);
        world.Images.Refusing.Clear();
        world.Pass(360);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
    }

    /// <summary>Deposit back, capacity free, no penalty: whoever restarts meanwhile.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ImageThatNobodyHas_IsGivenUpAfterItsTime_AndCostsNobodyAnything(bool restarts)
    {
        world.Cluster.Keep = world.Cluster.Keep with { StartMs = 900_000 };
        world.Images.Refusing.Add("docker.io");
        var id = Running();
        world.Pass(600);
        if (restarts) world.Restart();
        Assert.Equal(LeaseState.Active, world.Chain.Find(id)!.Lease.State);
        world.Pass(700);
        var lease = world.Chain.Find(id)!.Lease;
        Assert.Equal((LeaseState.Closed, CloseReason.Provider), (lease.State, lease.Reason));
        Assert.Equal((0, 0, 0), ((int)lease.Escrow, (int)lease.Claimed, (int)lease.Slashed));
        world.Pass(120);
        Assert.DoesNotContain(id, world.Cluster.Spaces.Keys);
    }

    [Fact]
    public void ImageThatComesInTime_Runs_AndIsNotGivenUpLater()
    {
        world.Cluster.Keep = world.Cluster.Keep with { StartMs = 900_000 };
        world.Images.Refusing.Add("docker.io");
        var id = Running();
        world.Pass(500);
        world.Images.Refusing.Clear();
        world.Pass(1200);
        Assert.Equal((LeasePhase.Running, true), (world.Cluster.Spaces[id].Status.Phase, world.Cluster.Spaces[id].Status.HasStarted));
    }

    private LeaseId Running()
    {
        var id = world.Match(1);
        world.Pass(30);
        world.Deliver(id, Some.Workload);
        world.Pass(60);
        return id;
    }

    private string ImageOf(LeaseId id) => Assert.Single(world.Cluster.Spaces[id].Applied!.Services).Container.Image;
}
