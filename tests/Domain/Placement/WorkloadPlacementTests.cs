using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Tests.Workloads;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Placement;

/// <summary>Delivered workloads go onto nodes whole, in what their lease has, and never where another one was promised something.</summary>
public sealed class WorkloadPlacementTests
{
    private const long GiB = 1L << 30;

    // The two nodes of four devices on which X, let go anywhere, would leave no node for the pod of four that Y was promised.
    [Fact]
    public void PodsGoWhereTheirLeaseHasDevices_SoThatTheOtherOnesNodeStaysWhole()
    {
        var site = new Site([Cluster.Node("n1", 64, 256, Cluster.A100, 4), Cluster.Node("n2", 64, 256, Cluster.A100, 4)]);
        Assert.True(site.Rent(1, Gpus(2)));
        Assert.True(site.Rent(2, Gpus(4)));
        var x = site.Deliver(1, Cluster.Pods("x", 2, 1, 1, Cluster.A100, 1));
        Assert.Equal(Assert.Single(site.Bound(1).Select(s => s.Node).Distinct()), Assert.Single(x.Placement.Nodes["x"].Distinct()));
        var y = site.Deliver(2, Cluster.Pods("y", 1, 1, 1, Cluster.A100, 4));
        Assert.True(x.IsWithin && y.IsWithin);
        Assert.NotEqual(x.Placement.Nodes["x"][0], y.Placement.Nodes["y"][0]);
        Assert.Null(site.Fault());
    }

    [Fact]
    public void PodThatIsLargerThanAnyPartOfItsLease_TakesAFreeNode_AndSaysSo()
    {
        // Two devices on each of two nodes; then a third node comes.
        var site = new Site([Cluster.Node("n1", 64, 256, Cluster.A100, 2), Cluster.Node("n2", 64, 256, Cluster.A100, 2)]);
        Assert.True(site.Rent(1, Gpus(4)));
        var refused = site.Place(1, Cluster.Pods("x", 1, 1, 1, Cluster.A100, 4));
        Assert.Equal(PlacementReasons.ExceedsDatacenter, refused.Placement.Reason);
        Assert.Empty(refused.Shares);
        site.Add(Cluster.Node("n3", 64, 256, Cluster.A100, 4));
        var placed = site.Deliver(1, Cluster.Pods("x", 1, 1, 1, Cluster.A100, 4));
        Assert.Equal((false, "n3"), (placed.IsWithin, Assert.Single(placed.Placement.Nodes["x"])));
        Assert.Equal(new NodeShare("n3", 1000, GiB, Cluster.A100, 4), Assert.Single(placed.Shares));
    }

    [Fact]
    public void WholeOrNothing_TheServiceThatWouldFitAloneWaitsForTheOther()
    {
        var site = new Site([Cluster.Node("n1", 4, 16), Cluster.Node("n2", 4, 16)]);
        Assert.True(site.Rent(1, new Resources(6000, 8192, 0, 0, GpuCount.None, GpuCount.None)));
        var refused = site.Place(1, Cluster.Pods("small", 1, 1, 1), Cluster.Pods("large", 1, 5, 1));
        Assert.Equal(PlacementReasons.ExceedsDatacenter, refused.Placement.Reason);
        Assert.Empty(refused.Placement.Nodes);
    }

    // An amended workload has the room of what it replaces, and pods that are missing beside those that run have not.
    [Fact]
    public void Instead_HasTheRoomOfTheOldPods_Beside_HasNot()
    {
        var site = new Site([Cluster.Node("n1", 4, 16)]);
        Assert.True(site.Rent(1, new Resources(4000, 8192, 0, 0, GpuCount.None, GpuCount.None)));
        site.Deliver(1, Cluster.Pods("x", 4, 1, 1));
        Assert.True(site.Place(1, instead: true, Cluster.Pods("other", 1, 4, 1)).Placement.Fits);
        Assert.Equal(PlacementReasons.NotEnoughCpu, site.Place(1, Cluster.Pods("other", 1, 4, 1)).Placement.Reason);
    }

    // Packed anew, both of a would go onto one node and leave the other to b. They do not move.
    [Fact]
    public void PodsThatStay_GiveNoRoom_AndNeedNone()
    {
        var site = new Site([Cluster.Node("n1", 4, 16), Cluster.Node("n2", 4, 16)]);
        Assert.True(site.Rent(1, new Resources(8000, 8192, 0, 0, GpuCount.None, GpuCount.None)));
        site.Stand(1, ("n1", Cluster.Pods("a", 1, 2, 1)), ("n2", Cluster.Pods("a", 1, 2, 1)), ("n2", Cluster.Pods("b", 1, 1, 1)));
        PodDemand[] all = [Cluster.Pods("a", 2, 2, 1), Cluster.Pods("b", 1, 4, 1)];
        Assert.True(site.Place(1, instead: true, all).Placement.Fits);
        NodeUse[] staying = [Use("n1", 2), Use("n2", 2)];
        var refused = site.Place(1, staying, Cluster.Pods("b", 1, 4, 1)).Placement;
        Assert.False(refused.Fits);
        Assert.True(site.Place(1, staying, Cluster.Pods("b", 1, 2, 1)).Placement.Fits);
        // What stands on a node that takes no pods any more stays there, and the other service gets a little more.
        site.Block("n1");
        Assert.False(site.Place(1, instead: true, Cluster.Pods("a", 2, 2, 1), Cluster.Pods("b", 1, 1.5, 1)).Placement.Fits);
        Assert.Equal(["n2"], site.Place(1, staying, Cluster.Pods("b", 1, 1.5, 1)).Placement.Nodes["b"]);

        static NodeUse Use(string node, int cores) => new(node, new NodeResources(cores * 1000, GiB, 0, new Dictionary<string, long>()));
    }

    // A larger node is cordoned: its time comes again. Full of what runs: that is the datacenter's to answer for. Smaller than the pod: the tenant's.
    [Fact]
    public void WithoutAPlace_ItSaysWhoCouldChangeThat()
    {
        var site = new Site([Cluster.Node("n1", 4, 16), Cluster.Node("n2", 8, 16)]);
        Assert.True(site.Rent(1, new Resources(6000, 8192, 0, 0, GpuCount.None, GpuCount.None)));
        Assert.True(site.Rent(2, new Resources(6000, 8192, 0, 0, GpuCount.None, GpuCount.None)));
        Assert.Equal(PlacementReasons.ExceedsDatacenter, site.Place(2, Cluster.Pods("x", 1, 9, 1)).Placement.Reason);
        Assert.True(site.Deliver(1, Cluster.Pods("x", 1, 6, 1)).Placement.Fits);
        Assert.Equal(PlacementReasons.Fragmented, site.Place(2, Cluster.Pods("x", 1, 6, 1)).Placement.Reason);
        site.Add(Cluster.Node("n3", 8, 16) with { Blocked = "cordoned" });
        var blocked = site.Place(2, Cluster.Pods("x", 1, 6, 1)).Placement;
        Assert.Equal(PlacementReasons.NodesBlocked, blocked.Reason);
        Assert.Contains("n3", blocked.Message, StringComparison.Ordinal);
    }

    // Half of a node's CPU is half of its pods: a workload of many small pods finds its own there, whoever came between.
    [Fact]
    public void PodsAreHeldWithTheCpu()
    {
        var site = new Site([Cluster.Node("n1", 10, 100, pods: 20)]);
        Assert.True(site.Rent(1, new Resources(5000, 1024, 0, 0, GpuCount.None, GpuCount.None)));
        Assert.True(site.Rent(2, new Resources(4000, 1024, 0, 0, GpuCount.None, GpuCount.None)));
        Assert.Equal(PlacementReasons.NotEnoughPods, site.Place(2, Cluster.Pods("b", 11, 0.01, 0.01)).Placement.Reason);
        Assert.True(site.Deliver(2, Cluster.Pods("b", 10, 0.01, 0.01)).Placement.Fits);
        Assert.True(site.Deliver(1, Cluster.Pods("a", 10, 0.01, 0.01)).Placement.Fits);
        Assert.Null(site.Fault());
    }

    [Fact]
    public void AnyNodesLeasesAndWorkloads_NothingIsPromisedTwice_NodeByNode() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(400),
        Prop.ForAll(Cluster.Small().SelectMany(c => Story().ListOf(6).Select(s => (c.Nodes, Story: s.ToArray()))).ToArbitrary(), c =>
        {
            var site = new Site(c.Nodes);
            var rented = c.Story.Select((one, i) => site.Rent(i, one.Wanted)).ToArray();
            if (site.Fault() is { } early) return Fails(early);
            foreach (var (i, one) in c.Story.Index().Where(s => rented[s.Index]))
            {
                var pods = one.Cut();
                var placed = site.Deliver(i, pods);
                // All of it or none, and what is in none of its parts too large for its share stays there.
                if (placed.Placement.Fits != (placed.Placement.Nodes.Count > 0)) return Fails("half of a workload");
                if (placed.Placement.Fits && !pods.All(p => placed.Placement.Nodes[p.Name].Count == p.Replicas)) return Fails("not every replica has a node");
                if (!placed.Placement.Fits && placed.Placement.Message.Length == 0) return Fails("refused without a word");
                if (site.Fault() is { } fault) return Fails(fault);
            }

            return true.ToProperty();
        }));

    private static Property Fails(string why) => false.Label(why);

    private static Resources Gpus(ushort count) => new(count * 1000u, count * 1024u, 0, 0, new GpuCount(WorkloadDemandTests.Hash(Cluster.A100), count), GpuCount.None);

    private static Gen<Telling> Story() =>
        from cores in Gen.Choose(1, 4)
        from gib in Gen.Choose(1, 4)
        from gpus in Gen.Choose(0, 3)
        from pieces in Gen.Choose(1, 3)
        select new Telling(new Resources((uint)cores * 1000, (uint)gib * 1024, 0, 0, gpus == 0 ? GpuCount.None : new GpuCount(WorkloadDemandTests.Hash(Cluster.A100), (ushort)gpus), GpuCount.None), pieces);

    /// <param name="Pieces">Replicas that share what was rented.</param>
    private sealed record Telling(Resources Wanted, int Pieces)
    {
        public PodDemand[] Cut()
        {
            var (cpu, memory, gpus) = (Wanted.CpuMilli / Pieces, Wanted.MemoryMiB * (GiB / 1024) / Pieces, Wanted.GpuA.Count / Pieces);
            return [new PodDemand("p", Pieces, cpu, memory, 0, gpus > 0 ? Cluster.A100 : null, gpus)];
        }
    }

    /// <summary>Nodes, leases with what they were promised, and pods where they were placed. Its sums are its own.</summary>
    private sealed class Site(NodeSnapshot[] nodes)
    {
        private readonly Dictionary<int, (Resources Resources, IReadOnlyList<NodeShare> Bound)> leases = [];
        private readonly Dictionary<int, (string Node, PodDemand Pod)[]> running = [];
        private NodeSnapshot[] nodes = nodes;

        public void Add(NodeSnapshot node) => nodes = [.. nodes, node];

        public IReadOnlyList<NodeShare> Bound(int lease) => leases[lease].Bound;

        public bool Rent(int lease, Resources wanted)
        {
            var found = Draw().Reserve(wanted);
            if (found.Placement.Fits) leases[lease] = (wanted, found.Shares);
            return found.Placement.Fits;
        }

        public WorkloadPlace Place(int lease, params PodDemand[] pods) => Place(lease, instead: false, pods);

        public WorkloadPlace Place(int lease, NodeUse[] staying, params PodDemand[] pods) => Draw().Place(Some.LeaseId(lease), pods, instead: true, staying);

        public void Stand(int lease, params (string Node, PodDemand Pod)[] pods) => running[lease] = pods;

        public void Block(string node) => nodes = [.. nodes.Select(n => n.Name == node ? n with { Blocked = "cordoned" } : n)];

        public WorkloadPlace Place(int lease, bool instead, params PodDemand[] pods) => Draw().Place(Some.LeaseId(lease), pods, instead);

        public WorkloadPlace Deliver(int lease, params PodDemand[] pods)
        {
            var placed = Place(lease, pods);
            if (!placed.Placement.Fits) return placed;
            running[lease] = [.. pods.SelectMany(p => placed.Placement.Nodes[p.Name].Select(n => (n, p)))];
            if (!placed.IsWithin) leases[lease] = leases[lease] with { Bound = placed.Shares };
            return placed;
        }

        /// <returns>The node on which pods, and promises to leases that have none yet, are more than it has; null when none is.</returns>
        public string? Fault()
        {
            foreach (var node in nodes)
            {
                var pods = running.Values.SelectMany(r => r).Where(p => p.Node == node.Name).Select(p => p.Pod).ToArray();
                var promised = leases.Where(l => !running.ContainsKey(l.Key)).SelectMany(l => l.Value.Bound).Where(s => s.Node == node.Name).ToArray();
                if (pods.Length + promised.Length > 0 && node.Blocked is not null) return $"{node.Name} is blocked";
                if (pods.Sum(p => p.CpuMilli) + promised.Sum(s => s.CpuMilli) > node.Free.CpuMilli) return $"{node.Name}: CPU";
                if (pods.Sum(p => p.MemoryBytes) + promised.Sum(s => s.MemoryBytes) > node.Free.MemoryBytes) return $"{node.Name}: memory";
                if (pods.Sum(p => p.GpuCount) + promised.Sum(s => s.Gpus) > node.Free.Extended["nvidia.com/gpu"]) return $"{node.Name}: devices";
                if (pods.Any(p => p.GpuClass is not null && !node.GpuClasses.ContainsKey(p.GpuClass))) return $"{node.Name}: another model";
                if (pods.Length > node.FreePods) return $"{node.Name}: pods";
            }

            return null;
        }

        private CapacityBook Draw() => CapacityBook.Draw(new CapacityInput(
            [.. nodes.Select(Left)],
            [.. leases.Select(l => new LeaseClaim(Some.LeaseId(l.Key), l.Value.Resources, IsRunning: true, l.Value.Bound, Uses(l.Key)))],
            [],
            hash => hash == WorkloadDemandTests.Hash(Cluster.A100) ? Cluster.A100 : null));

        private NodeSnapshot Left(NodeSnapshot node)
        {
            var pods = running.Values.SelectMany(r => r).Where(p => p.Node == node.Name).Select(p => p.Pod).ToArray();
            return node with
            {
                Total = node.Free,
                Free = new NodeResources(
                    node.Free.CpuMilli - pods.Sum(p => p.CpuMilli), node.Free.MemoryBytes - pods.Sum(p => p.MemoryBytes), node.Free.EphemeralBytes,
                    new Dictionary<string, long> { ["nvidia.com/gpu"] = node.Free.Extended["nvidia.com/gpu"] - pods.Sum(p => p.GpuCount) }),
                FreePods = node.FreePods - pods.Length,
            };
        }

        private NodeUse[] Uses(int lease) => !running.TryGetValue(lease, out var pods) ? [] : [.. pods.GroupBy(p => p.Node).Select(g => new NodeUse(g.Key, new NodeResources(
            g.Sum(p => p.Pod.CpuMilli), g.Sum(p => p.Pod.MemoryBytes), 0, new Dictionary<string, long> { ["nvidia.com/gpu"] = g.Sum(p => p.Pod.GpuCount) })) { Pods = g.Count() })];
    }
}
