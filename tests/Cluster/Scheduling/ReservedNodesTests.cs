using Federation.Cluster.Manifests;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Scheduling;

/// <summary>What the book promises is what the real scheduler does: pods go to the nodes that their lease has, whole leases or none, and what they lose the scheduler mends.</summary>
[Collection("faults")]
public sealed class ReservedNodesTests
{
    // Left to itself the scheduler puts the second pod of X onto the emptier node, and the one of Y fits nowhere.
    [Fact]
    public async Task TwoNodesOfFour_TheLeaseOfTwoStaysOnItsNode_AndTheLeaseOfFourHasTheOther()
    {
        await using var world = await ScheduledWorld.OpenAsync();
        await world.AddNodeAsync("n1", 4);
        await world.AddNodeAsync("n2", 4);
        var (x, y) = (world.Match(2, 1, 1, services: 2), world.Match(4, 1, 4));
        await world.DeliverAsync(x, 1, 1, services: 2);
        await world.UntilAsync(async () => (await world.PodsAsync(x)) is [var one, var other] && one.Spec?.NodeName is { } node && node == other.Spec?.NodeName, "both pods of X are on one node");
        await world.DeliverAsync(y, 1, 4);
        await world.UntilAsync(async () => (await world.PodsAsync(y)) is [{ Spec.NodeName: { Length: > 0 } }], "the pod of Y has its node");
        await world.UntilAsync(async () => (await world.ScheduledAsync(y)).Text("reason") == "Placed", "Y is Scheduled");
    }

    // The limit of that, as the README says it: where pods stand is the scheduler's from then on. A pod of X moves while its node is drained, and stands where
    // Y was promised a whole node. Then Y waits, is told so, and owes nothing; with another node it runs.
    [Fact]
    public async Task PodThatMovedOntoTheNodeOfAnother_TheOtherWaits_IsToldSo_AndIsNotBilled()
    {
        await using var world = await ScheduledWorld.OpenAsync();
        await world.AddNodeAsync("n1", 4);
        await world.AddNodeAsync("n2", 4);
        var (x, y) = (world.Match(2, 2, 1), world.Match(4, 1, 4));
        await world.DeliverAsync(x, 2, 1);
        await world.UntilAsync(async () => (await world.PodsAsync(x)) is [{ Spec.NodeName: { Length: > 0 } }, { Spec.NodeName: { Length: > 0 } }], "both pods of X have their nodes");
        if ((await world.PodsAsync(x)).Select(p => p.Spec!.NodeName!).Distinct().ToArray() is [var drained])
        {
            await world.CordonAsync(drained, true);
            await world.Admin.Resource(ResourceKinds.Pod).DeleteAsync((await world.PodsAsync(x))[0].Metadata.Name!, x.Namespace, new DeleteOptions { GracePeriodSeconds = 0 });
            await world.UntilAsync(async () => (await world.PodsAsync(x)).Select(p => p.Spec?.NodeName).Order().SequenceEqual(["n1", "n2"]), "the pods of X are on both nodes");
            await world.CordonAsync(drained, false);
        }

        await world.DeliverAsync(y, 1, 4);
        await world.UntilAsync(async () => (await world.ScheduledAsync(y)).Text("status") == "False", "Y is told that its pod has no node");
        await world.PassAsync(30);
        var scheduled = await world.ScheduledAsync(y);
        Assert.Equal(("False", "Fragmented"), (scheduled.Text("status"), scheduled.Text("reason")));
        Assert.DoesNotContain(await world.PodsAsync(y), p => p.Spec?.NodeName is { Length: > 0 });
        Assert.Equal(0, world.ClaimedOf(y));

        await world.AddNodeAsync("n3", 4);
        await world.UntilAsync(async () => (await world.PodsAsync(y)) is [{ Spec.NodeName: "n3" }], "the pod of Y is on the node that came");
    }

    // All four of one service have their place on one node. That the scheduler likes to spread them weighs less than the preference for that node, unless the other
    // one stands in another zone as well: then the fourth goes there.
    [Theory]
    [InlineData(null, null, 4)]
    [InlineData("a", "b", 3)]
    public async Task ReplicasOfOneService_StayOnTheirNode_UnlessSpreadingOverZonesWeighsMore(string? zone, string? other, int staying)
    {
        await using var world = await ScheduledWorld.OpenAsync();
        await world.AddNodeAsync("n1", 4, zone);
        await world.AddNodeAsync("n2", 4, other);
        var lease = world.Match(4, 4, 1);
        await world.DeliverAsync(lease, 4, 1);
        await world.UntilAsync(async () => (await world.PodsAsync(lease)).Count(p => p.Spec?.NodeName is { Length: > 0 }) == 4, "all four have their nodes");
        var deployment = Assert.Single((await world.Admin.Resource(ResourceKinds.Deployment).ListAsync(lease.Namespace)).Items);
        var preferred = Assert.Single(deployment.Items("spec", "template", "spec", "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution"));
        var host = (string?)Assert.Single(Assert.Single(preferred.Items("preference", "matchExpressions"))["values"]!.AsArray());
        Assert.Equal(staying, (await world.PodsAsync(lease)).Count(p => $"{p.Spec!.NodeName}.local" == host));
    }

    // Two devices on each of two nodes are four by the sum, and no pod of four: nothing of it is made, and its tenant reads why.
    [Fact]
    public async Task PodThatFitsOnNoNode_NothingIsMade_UntilThereIsOne()
    {
        await using var world = await ScheduledWorld.OpenAsync();
        await world.AddNodeAsync("n1", 2);
        await world.AddNodeAsync("n2", 2);
        var lease = world.Match(4, 1, 4);
        await world.DeliverAsync(lease, 1, 4);
        await world.UntilAsync(async () => (await world.ScheduledAsync(lease)).Text("reason") == "ExceedsDatacenter", "Scheduled says ExceedsDatacenter");
        var scheduled = await world.ScheduledAsync(lease);
        Assert.Equal("False", scheduled.Text("status"));
        Assert.Contains("'web' needs 1 cores, 1024 MiB of memory, 1024 MiB of scratch space, 4 devices on one node", scheduled.Text("message"), StringComparison.Ordinal);
        Assert.Empty((await world.Admin.Resource(ResourceKinds.Deployment).ListAsync(lease.Namespace)).Items);
        await world.AddNodeAsync("n3", 4);
        await world.UntilAsync(async () => (await world.PodsAsync(lease)) is [{ Spec.NodeName: "n3" }], "its pod is on the node that came");
        // It was promised n1 and n2; what it has now is written down where a restart finds it.
        var space = await world.Admin.Resource(ResourceKinds.Namespace).GetAsync(lease.Namespace);
        Assert.Contains("\"node\":\"n3\"", space.Annotation(Names.ReservedAnnotation), StringComparison.Ordinal);
    }

    // The node of one of two pods goes. The other one is on a node that is well, and is the same pod afterwards.
    [Fact]
    public async Task NodeThatGoes_ItsPodGetsAnotherOne_AndItsSiblingIsNotTouched()
    {
        await using var world = await ScheduledWorld.OpenAsync();
        await world.AddNodeAsync("n1", 4);
        await world.AddNodeAsync("n2", 4);
        var lease = world.Match(6, 2, 3);
        await world.DeliverAsync(lease, 2, 3);
        await world.UntilAsync(async () => (await world.PodsAsync(lease)).Select(p => p.Spec?.NodeName).Order().SequenceEqual(["n1", "n2"]), "one pod is on each node");
        var before = await world.PodsAsync(lease);
        var (stays, goes) = (before.Single(p => p.Spec!.NodeName == "n1"), before.Single(p => p.Spec!.NodeName == "n2"));
        await world.AddNodeAsync("n3", 4);

        await world.Admin.Resource(ResourceKinds.Node).DeleteAsync("n2");
        await world.Admin.Resource(ResourceKinds.Pod).DeleteAsync(goes.Metadata.Name!, lease.Namespace, new DeleteOptions { GracePeriodSeconds = 0 });
        await world.UntilAsync(async () => (await world.PodsAsync(lease)).Select(p => p.Spec?.NodeName).Order().SequenceEqual(["n1", "n3"]), "the lost pod is on the third node");
        Assert.Equal(stays.Metadata.Uid, (await world.PodsAsync(lease)).Single(p => p.Spec!.NodeName == "n1").Metadata.Uid);

        // And then it is quiet: nobody wrote for it but the controllers, and there is nothing to write.
        Assert.True(await IsQuietAsync(world), "something is still written for it");
        Assert.Single((await world.Admin.Resource(ResourceKinds.ReplicaSet).ListAsync(lease.Namespace)).Items);
    }

    // The controllers' last words may come late: then one more look follows.
    private static async Task<bool> IsQuietAsync(ScheduledWorld world)
    {
        for (var look = 0; look < 6; look++)
        {
            var writes = world.Writes;
            await world.PassAsync(20);
            if (world.Writes == writes) return true;
        }

        return false;
    }

    // Two replicas have a place that one had not: where the pods prefer to be is no reason to restart the one that runs.
    [Fact]
    public async Task AmendedToMoreReplicas_WhatRunsIsNotRestarted()
    {
        await using var world = await ScheduledWorld.OpenAsync();
        await world.AddNodeAsync("n1", 1);
        await world.AddNodeAsync("n2", 1);
        var lease = world.Match(2, 1, 1);
        await world.DeliverAsync(lease, 1, 1);
        await world.UntilAsync(async () => (await world.PodsAsync(lease)) is [{ Spec.NodeName: { Length: > 0 } }], "the pod has its node");
        var first = Assert.Single(await world.PodsAsync(lease));
        await world.AmendAsync(lease, 2, 1);
        await world.UntilAsync(async () => (await world.PodsAsync(lease)) is [{ Spec.NodeName: { Length: > 0 } }, { Spec.NodeName: { Length: > 0 } }], "both pods have their nodes");
        await world.PassAsync(5);
        Assert.Contains(first.Metadata.Uid, (await world.PodsAsync(lease)).Select(p => p.Metadata.Uid));
        Assert.Single((await world.Admin.Resource(ResourceKinds.ReplicaSet).ListAsync(lease.Namespace)).Items);
    }
}
