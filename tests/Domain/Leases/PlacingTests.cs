using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Leases;

/// <summary>A workload is made when all of it has its place, on the nodes that were found; what runs is never moved.</summary>
public sealed class PlacingTests
{
    [Fact]
    public void Delivered_AndNothingThere_AllOfItIsToBePlaced()
    {
        var wish = Wish(ALease.Active().WithWorkload())!;
        Assert.False(wish.Instead);
        Assert.Equal(("web", 1, Some.GpuClass, 1), (Assert.Single(wish.Pods).Name, wish.Pods[0].Replicas, wish.Pods[0].GpuClass, wish.Pods[0].GpuCount));
    }

    [Fact]
    public void Running_Undelivered_OrRefused_NothingIsToBePlaced()
    {
        Assert.Null(Wish(ALease.Active().Running()));
        Assert.Null(Wish(ALease.Active()));
        Assert.Null(Wish(ALease.Active().WithWorkload(null, "is wrong")));
        Assert.Null(Wish(ALease.Active().WithWorkload(hash: "0xother")));
        Assert.Null(Wish(ALease.Closed().WithWorkload()));
        // Its controller makes the next pod of what stands, a Service that was deleted is no pod, and what is done is done.
        Assert.Null(Wish(ALease.Active().Running().WithCluster(c => c with { Pods = [] })));
        Assert.Null(Wish(ALease.Active().Running().WithCluster(c => c with { AppliedSpecHash = null })));
        Assert.Null(Wish(ALease.Active().Running().WithCluster(c => c with { Pods = [], Items = [new ItemFact("web", "Job", 1, 0, 1, false, "")] })));
    }

    [Fact]
    public void SleepingOrDeletedObject_ItsPodsAreMissing()
    {
        Assert.Equal(1, Assert.Single(Wish(ALease.Active().Running().WithCluster(c => c with { AppliedSpecHash = null, Pods = [], Items = [c.Items[0] with { Desired = 0 }] }))!.Pods).Replicas);
        Assert.Equal(1, Assert.Single(Wish(ALease.Active().Running().WithCluster(c => c with { AppliedSpecHash = null, Items = [] }))!.Pods).Replicas);
    }

    [Fact]
    public void AmendedWorkload_ComesInPlaceOfWhatRuns() =>
        Assert.True(Wish(ALease.Active().Running().WithCluster(c => c with { AppliedSpecHash = "0xold" }))!.Instead);

    [Fact]
    public void AmendedWorkload_PlacesOnlyPodsThatAreNotThereYet()
    {
        // The same pod with another image: the next one comes where this one goes.
        Assert.Null(Wish(Amended(1, Shape())));
        // One replica more than run: one is placed, and the other's room is not there for it.
        var more = Wish(Amended(2, Shape()))!;
        Assert.Equal((1, true, "node-a"), (Assert.Single(more.Pods).Replicas, more.Instead, Assert.Single(more.Staying).Node));
        Assert.Null(more.Else);
        // Another size, another model, another node selector, on its way out, or without a node: it comes anew.
        foreach (var shape in new[] { Shape(cpu: 999), Shape(gpus: 2), Shape(label: "other") })
            Assert.Empty(Wish(Amended(1, shape))!.Staying);
        Assert.Empty(Wish(Amended(1, Shape(), p => p with { Ended = true }))!.Staying);
        Assert.Empty(Wish(Amended(1, Shape(), p => p with { Node = null }))!.Staying);
        Assert.Empty(Wish(Amended(1, Shape(), p => p with { IsNodeDown = true }))!.Staying);
    }

    // An amended job is made anew: what of it has ended runs again.
    [Fact]
    public void JobThatIsOver_IsPlacedWhole() =>
        Assert.Equal(1, Assert.Single(Wish(Amended(1, Shape(), p => p with { Ended = true }).WithCluster(c => c with { Items = [new ItemFact("web", "Job", 1, 0, 1, false, "")] }))!.Pods).Replicas);

    // Which of its pods go is its controller's choice: their room is counted only where there is no place otherwise, and then none of them stays.
    [Fact]
    public void FewerReplicasOfOne_AndMoreOfAnother_FirstWithoutTheRoomOfThoseThatGo()
    {
        var lease = Amended(1, Shape()).WithCluster(c => c with { Pods = [.. c.Pods, c.Pods[0] with { Uid = "other", Node = "node-b" }] });
        var seen = lease.Seen();
        Assert.Null(Wish(lease));
        var spec = seen.Workload.Spec!;
        var both = seen.Workload with { Spec = spec with { Services = [.. spec.Services, spec.Services[0] with { Container = spec.Services[0].Container with { Name = "api" } }] } };
        var wish = PlacingRules.Wish(seen.View, both, seen.Cluster)!;
        Assert.Equal(("api", 2), (Assert.Single(wish.Pods).Name, wish.Staying.Count));
        Assert.Equal(["api", "web"], wish.Else!.Pods.Select(p => p.Name).Order());
        Assert.Empty(wish.Else.Staying);
    }

    [Fact]
    public void WithoutAPlace_NothingIsMade_AndTheConditionSaysWhy()
    {
        var decision = ALease.Active().WithWorkload().WithPlace(News(Fresh, new WorkloadPlace(Some.NotFitting, [], false))).Decide();
        Assert.Empty(decision.Effects);
        var scheduled = decision.Status.Conditions.Single(c => c.Type == "Scheduled");
        Assert.Equal((ConditionStatus.False, PlacementReasons.NotEnoughGpu), (scheduled.Status, scheduled.Reason));
        Assert.Contains("Free: 0 of 4.", scheduled.Message, StringComparison.Ordinal);
        // Nor before it is known.
        Assert.Empty(ALease.Active().WithWorkload().WithPlace(new PlaceNews(Fresh, null)).Decide().Effects);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WithAPlace_ItGoesThere_AndWhatWasNotItsOwnIsWrittenDown(bool isWithin)
    {
        var ensure = Assert.IsType<EnsureWorkload>(Assert.Single(ALease.Active().WithWorkload().WithPlace(News(Fresh, On("node-b", isWithin))).Decide().Effects));
        Assert.Equal(["node-b"], ensure.Nodes["web"]);
        Assert.Equal(!isWithin, ensure.Reserve is not null);
    }

    [Fact]
    public void AmendedWorkloadWithoutAPlace_WhatRanGoesOn()
    {
        var decision = ALease.Active().Running().WithCluster(c => c with { AppliedSpecHash = "0xold" }).WithPlace(News(Fresh with { Instead = true }, new WorkloadPlace(Some.NotFitting, [], false))).Decide();
        Assert.Empty(decision.Effects);
        Assert.StartsWith("The amended workload has no place as a whole", decision.Status.Conditions.Single(c => c.Type == "Scheduled").Message, StringComparison.Ordinal);
    }

    /// <summary>It has an object that makes its pods: where they go, and where they go on after a node is lost, is the scheduler's.</summary>
    [Fact]
    public void PodThatNoNodeTakes_IsLeftToTheScheduler()
    {
        var waiting = ALease.Active().Running(p => p with { Node = null, Ready = false, HasStarted = false, Problem = new PodProblem("Unschedulable", "0/2 nodes are available") });
        Assert.Null(Wish(waiting));
        Assert.Empty(waiting.Decide().Effects);
    }

    [Fact]
    public void LargerThanTheNodesAre_ItsTenantReadsThatWaitingDoesNotHelp()
    {
        var decision = ALease.Active().WithWorkload().WithPlace(News(Fresh, new WorkloadPlace(new PlacementResult(new Dictionary<string, IReadOnlyList<string>>(), PlacementReasons.ExceedsDatacenter, "too large"), [], false))).Decide();
        Assert.Contains("waiting does not help: too large. Amend the lease", decision.Status.Conditions.Single(c => c.Type == "Scheduled").Message, StringComparison.Ordinal);
    }

    private static PlaceWish Fresh { get; } = new([], Instead: false);

    // One pod of the service runs, by a workload of before.
    private static ALease Amended(int replicas, PodShape shape, Func<PodFact, PodFact>? change = null)
    {
        var lease = ALease.Active().Running(p => (change ?? (q => q))(p with { Node = "node-a", Shape = shape })).WithCluster(c => c with { AppliedSpecHash = "0xold" });
        return lease.WithWorkload(replicas);
    }

    private static PodShape Shape(long cpu = 1000, int gpus = 1, string? label = null) => new(
        new NodeResources(cpu, 1L << 30, 1L << 30, new Dictionary<string, long> { [Some.GpuPlacement.Resource] = gpus }),
        label is null ? Some.GpuPlacement.NodeLabels : new Dictionary<string, string> { [label] = "x" });

    private static PlaceWish? Wish(ALease lease) => lease.Seen() is var seen ? PlacingRules.Wish(seen.View, seen.Workload, seen.Cluster) : null;

    private static PlaceNews News(PlaceWish wish, WorkloadPlace found) => new(wish, found);

    private static WorkloadPlace On(string node, bool isWithin) => new(
        new PlacementResult(new Dictionary<string, IReadOnlyList<string>> { ["web"] = [node] }, "", ""), [new NodeShare(node, 1000, 1 << 30, Some.GpuClass, 1)], isWithin);
}
