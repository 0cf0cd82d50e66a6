using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Testing;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Leases;

/// <summary>What the datacenter answers for is counted to the millisecond and credited; what the tenant brought is not.</summary>
public sealed class DowntimeTests
{
    private const long Began = FakeClock.StartMs / 1000;

    [Fact]
    public void NodeThatIsDown_IsCountedFromThen_UntilItsReplicaIsReadyAgain()
    {
        var up = Ran();
        var down = Later(up, NodeDown(), 100).Decide();
        Assert.Equal(new Downtime(0, (Began + 100) * 1000, 1, 1), down.Status.Downtime);
        var still = Later(down, NodeDown(), 130).Decide();
        Assert.Same(down.Status.Downtime, still.Status.Downtime);
        var again = Later(still, Up(), 145).Decide();
        Assert.Equal(new Downtime(45_000, 0, 0, 0), again.Status.Downtime);
        Assert.Equal(45_000, again.Status.Downtime!.Until((Began + 1_000) * 1000));
    }

    [Theory]
    [InlineData("CrashLoopBackOff")]
    [InlineData("ImagePullBackOff")]
    [InlineData("Evicted")]
    [InlineData(null)]
    public void ReplicaThatIsNotReady_WhileItsNodeIs_IsItsTenants(string? reason) =>
        Assert.Null(Later(Ran(), Down(p => p with { Problem = reason is null ? null : new PodProblem(reason, "") }), 100).Decide().Status.Downtime);

    /// <summary>Its object stays for as long as its node is away: a tenant that fails its own probe would work for nothing.</summary>
    [Theory]
    [InlineData("node-b", null)]
    [InlineData(null, 1)]
    public void LostReplica_CountsUntilAnotherHasANode_ReadyOrNot(string? node, int? down)
    {
        var seen = NodeDown().WithCluster(c => c with { Pods = [.. c.Pods, c.Pods[0] with { Uid = "uid-2", Name = "web-2", Node = node, IsNodeDown = false, Ready = false }] });
        Assert.Equal(down, Later(Ran(), seen, 100).Decide().Status.Downtime?.Down);
    }

    /// <summary>Nobody's `kubectl delete node`, or forced deletion of a pod, ends what runs nowhere.</summary>
    [Fact]
    public void LostReplica_WhoseObjectGoes_CountsOn_UntilAnotherHasANode()
    {
        var down = Later(Ran(), NodeDown(), 100).Decide();
        var gone = Later(down, None(), 130).Decide();
        Assert.Same(down.Status.Downtime, gone.Status.Downtime);
        var waiting = Later(gone, NoNode(), 140).Decide();
        Assert.Same(down.Status.Downtime, waiting.Status.Downtime);
        // It has a node and pulls its image: from here on it is as any that starts.
        Assert.Equal(new Downtime(60_000, 0, 0, 0), Later(waiting, Down(p => p with { Uid = "uid-2", HasStarted = false }), 160).Decide().Status.Downtime);
    }

    // Of two one is lost, and then both are missing for a moment: one was down.
    [Fact]
    public void WhatIsMissingOtherwise_IsNotAddedToWhatWasLost()
    {
        var two = NodeDown().WithCluster(c => c with { Items = [c.Items[0] with { Desired = 2, Ready = 1 }], Pods = [.. c.Pods, c.Pods[0] with { Uid = "uid-2", Name = "web-2", IsNodeDown = false, Ready = true }] });
        var down = Later(Ran(), two, 100).Decide();
        Assert.Equal((1, 2), (down.Status.Downtime!.Down, down.Status.Downtime.Of));
        Assert.Same(down.Status.Downtime, Later(down, None(desired: 2), 110).Decide().Status.Downtime);
    }

    /// <summary>A node that was drained: the tenant's pods had their places there.</summary>
    [Fact]
    public void ReplicaThatFindsNoNode_OnceItHasRun_IsTheDatacenters_ButForAnUpdate()
    {
        Assert.Equal(new Downtime(0, (Began + 100) * 1000, 1, 1), Later(Ran(), NoNode(), 100).Decide().Status.Downtime);
        Assert.Null(Later(Ran(), NoNode().WithCluster(c => c with { Items = [c.Items[0] with { IsRolling = true }] }), 100).Decide().Status.Downtime);
        Assert.Null(NoNode().After(100).Decide().Status.Downtime);
        // The one that it replaces is still on its way out.
        Assert.Null(Later(Ran(), NoNode().WithCluster(c => c with { Pods = [.. c.Pods, c.Pods[0] with { Uid = "uid-2", Node = "node-a", Problem = null }] }), 100).Decide().Status.Downtime);
    }

    /// <summary>Scaled down by its tenant, or standing still for want of money: nothing is owed of it.</summary>
    [Fact]
    public void WhatWasLost_IsNotCounted_WhereItIsWantedNoMore()
    {
        var down = Later(Ran(), NodeDown(), 100).Decide();
        Assert.Equal(new Downtime(30_000, 0, 0, 0), Later(down, None(desired: 0), 130).Decide().Status.Downtime);
        var suspended = None().WithStatus(_ => down.Status with { Suspension = new Suspension(Began + 120, Began + 900, 0, 0, []) });
        Assert.Equal(0, suspended.After(130).Decide().Status.Downtime!.Down);
    }

    [Fact]
    public void LostReplica_OfAServiceThatSomebodyDeletes_CountsOn()
    {
        var down = Later(Ran(), NodeDown(), 100).Decide();
        Assert.Same(down.Status.Downtime, Later(down, None().WithCluster(c => c with { Items = [], AppliedSpecHash = null }), 130).Decide().Status.Downtime);
    }

    [Fact]
    public void BeforeAnythingHasRun_NothingIsCounted() => Assert.Null(NodeDown().After(100).Decide().Status.Downtime);

    [Fact]
    public void ReplicaThatRunsElsewhere_IsNotDown_ThoughItsOldPodIsStillThere() =>
        Assert.Null(Later(Ran(), NodeDown().WithCluster(c => c with { Items = [.. c.Items.Select(i => i with { Ready = i.Desired })] }), 100).Decide().Status.Downtime);

    [Fact]
    public void AfterThePaidTime_NothingIsCounted()
    {
        var down = Later(Ran(), NodeDown(), 100).Decide();
        var closing = NodeDown(ALease.Closing(CloseReason.Provider).WithChain(l => l with { EndsAt = Began + 160 }));
        Assert.Equal(60_000, Later(Later(down, closing, 900).Decide(), Up(ALease.Closing(CloseReason.Provider).WithChain(l => l with { EndsAt = Began + 160 })), 950).Decide().Status.Downtime!.Until(long.MaxValue));
    }

    [Fact]
    public void ReceiptSaysIt_AndItsWorthIsLowered()
    {
        var down = Later(Ran(), NodeDown(), 100).Decide();
        var up = Later(down, Up(), 110).Decide();
        var receipt = Later(up, Up().Measured(500, 300), 600).Decide().Intents.OfType<SettleIntent>().Single().Receipt;
        Assert.Equal(10u, receipt.DownSeconds);
        var without = Accrual.Due(Some.Terms, receipt.Usage, 0);
        Assert.Equal(without - Accrual.DowntimeCredit(Some.Terms, 10), Accrual.Due(Some.Terms, receipt.Usage, receipt.DownSeconds));
    }

    /// <summary>However often it is looked at, and whichever part is down, the sum is the same but for a millisecond a change.</summary>
    [Fact]
    public void Looks_ChangeNothing() => Check.QuickThrowOnFailure(Prop.ForAll<(PositiveInt Seconds, byte Down, byte Looks)[]>(times =>
    {
        const int Of = 4;
        var (seldom, often, at, exact, changes) = (Downtime.None, Downtime.None, 0L, 0L, 0);
        foreach (var (seconds, some, looks) in times)
        {
            var down = some % (Of + 1);
            if (down != seldom.Down) changes++;
            (seldom, often) = (seldom.Next(down, Of, at), often.Next(down, Of, at));
            for (var look = 0; look < Math.Min(looks, seconds.Get); look++) often = often.Next(down, Of, at + look);
            exact += seconds.Get * 1000L * down;
            at += seconds.Get * 1000L;
        }

        return seldom == often && (exact / Of) - seldom.Until(at) is >= 0 and var lost && lost <= changes + 1;
    }));

    [Fact]
    public void ClockSetBack_TakesNothingAway()
    {
        var down = new Downtime(5_000, 100_000, 1, 2);
        Assert.Equal((5_000, 6_000), (down.Until(90_000), down.Until(102_000)));
        Assert.Equal((5u, 3u, 0u), (down.Seconds(90_000, 10), down.Seconds(102_000, 3), down.Seconds(102_000, -1)));
    }

    private static LeaseDecision Ran() => Up().After(10).Decide();

    private static ALease Up(ALease? lease = null) => (lease ?? ALease.Active()).Running();

    private static ALease NodeDown(ALease? lease = null) => Down(p => p with { IsNodeDown = true }, lease);

    private static ALease Down(Func<PodFact, PodFact> how, ALease? lease = null) => (lease ?? ALease.Active())
        .Running(p => how(p with { Ready = false }))
        .WithCluster(c => c with { Items = [.. c.Items.Select(i => i with { Ready = 0 })] });

    private static ALease None(int desired = 1) => Up().WithCluster(c => c with { Items = [c.Items[0] with { Desired = desired, Ready = 0 }], Pods = [] });

    private static ALease NoNode() => Down(p => p with { Uid = "uid-3", Node = null, HasStarted = false, Problem = new PodProblem("Unschedulable", "") });

    private static ALease Later(LeaseDecision before, ALease seen, long seconds) => seen.After(seconds).WithStatus(_ => before.Status);
}
