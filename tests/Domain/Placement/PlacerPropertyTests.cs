using Federation.Domain.Placement;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Placement;

public sealed class PlacerPropertyTests
{
    [Fact]
    public void Place_SmallCluster_AgreesWithTryingAllArrangements() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Cluster.Small().ToArbitrary(), c =>
        {
            var result = Placer.Place(c.Demands, c.Nodes);
            return result.Fits == Cluster.FitsAtAll(c.Demands, c.Nodes)
                && (result.Fits ? Cluster.IsSound(result, c.Demands, c.Nodes) : result.Nodes.Count == 0 && result.Message.Length > 0);
        }));

    [Fact]
    public void Place_OtherOrderOfTheInput_GivesTheSameAnswer() => Prop.ForAll(Cluster.Small().ToArbitrary(), c =>
    {
        var (one, other) = (Placer.Place(c.Demands, c.Nodes), Placer.Place([.. c.Demands.Reverse()], [.. c.Nodes.Reverse()]));
        return (one.Reason, one.Message) == (other.Reason, other.Message)
            && one.Nodes.OrderBy(n => n.Key).SelectMany(n => n.Value).SequenceEqual(other.Nodes.OrderBy(n => n.Key).SelectMany(n => n.Value));
    }).QuickCheckThrowOnFailure();

    // What was cut out of the nodes fits on them: any miss is the search's fault.
    [Fact]
    public void Place_PodsCutOutOfNodes_AreNearlyAlwaysPlaced()
    {
        var (random, missed) = (new Random(11), 0);
        for (var round = 0; round < 200; round++)
        {
            var nodes = Enumerable.Range(0, random.Next(2, 30)).Select(i => Cluster.Node($"n{i}", random.Next(4, 64), random.Next(8, 256), i % 3 == 0 ? Cluster.A100 : null, i % 3 == 0 ? 8 : 0)).ToArray();
            var demands = nodes.SelectMany((node, i) => Cut(random, node, i)).ToArray();
            var result = Placer.Place(demands, nodes);
            if (!result.Fits) missed++;
            else Assert.True(Cluster.IsSound(result, demands, nodes));
        }

        Assert.InRange(missed, 0, 10);
    }

    // One to three pods that leave at least a tenth of the node free.
    private static IEnumerable<PodDemand> Cut(Random random, NodeSnapshot node, int at)
    {
        var pods = random.Next(1, 4);
        var gpu = node.GpuClasses.Count > 0;
        for (var i = 0; i < pods; i++)
        {
            var share = 0.9 / pods * (0.5 + (random.NextDouble() / 2));
            yield return new PodDemand($"d{at}-{i}", 1, (long)(node.Free.CpuMilli * share), (long)(node.Free.MemoryBytes * share), 0, gpu ? Cluster.A100 : null, gpu ? random.Next(1, (8 / pods) + 1) : 0);
        }
    }

    [Fact]
    public void Place_ManyPodsThatCannotGoTogether_GivesUpInBounds()
    {
        var nodes = Enumerable.Range(0, 300).Select(i => Cluster.Node($"n{i}", 10, 10 + (i / 1000.0))).ToArray();
        var demands = Enumerable.Range(0, 16).Select(i => Cluster.Pods($"d{i}", 32, 5.001 + (i / 1000.0), 0.5)).ToArray();
        var result = Placer.Place(demands, nodes);
        Assert.Equal(PlacementReasons.Fragmented, result.Reason);
    }
}
