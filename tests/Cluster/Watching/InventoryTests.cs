using System.Text.Json;
using Federation.Application.Ports;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Cluster.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Cluster.Tests.Watching;

public sealed class InventoryTests
{
    private static readonly NodePolicy Policy = new(new Dictionary<string, GpuPlacement> { [Cases.GpuClass] = Cases.Placement }, 100, 10);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void TenThousandRandomEvents_EndWithoutDrift(int seed)
    {
        var (cluster, inventory) = (new RandomCluster(seed), new Inventory());
        for (var done = 0; done < 10_000; done++)
        {
            cluster.Happen();
            cluster.DeliverSome(inventory);
            // Reading in between must not change what is read at the end.
            if (done % 50 == 0) inventory.Read(Policy);
            if (done % 2_500 == 2_499) cluster.Relist(inventory);
        }

        cluster.DeliverAll(inventory);
        Assert.Equal(Text(cluster.FreshInventory().Read(Policy)), Text(inventory.Read(Policy)));
        // Both lists could be wrong alike: the sums of the test itself say what they should be.
        var (seen, oracle) = (inventory.Read(Policy), cluster.Oracle());
        Assert.Equal(oracle.Lines(Policy.ReservedCpuMilli, Policy.ReservedMemoryMiB << 20), seen.Nodes.Select(Line));
        Assert.Equal(
            oracle.OfLeases().OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => (l.Key, l.Value)),
            seen.Uses.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => (u.Key, Sum(u.Value))));
        // None of what can happen is left out of the story.
        Assert.Contains(seen.Nodes, n => n.Blocked is not null);
        Assert.Contains(seen.Nodes, n => n.Blocked is null);
        Assert.Contains(seen.Nodes, n => n.GpuClasses.Values.Contains("nvidia.com/mig-1g.10gb"));
    }

    [Fact]
    public void Read_GivesTheSameObject_UntilSomethingChanges()
    {
        var (cluster, inventory) = (new RandomCluster(7), new Inventory());
        for (var i = 0; i < 200; i++) cluster.Happen();
        cluster.DeliverAll(inventory);
        var first = inventory.Read(Policy);
        Assert.Same(first, inventory.Read(Policy));
        var unchanged = first.Nodes[0];
        inventory.Handle(Added(RandomCluster.Pod("late", "uid-late", 1_000_000, first.Nodes[1].Name, 500)));
        var second = inventory.Read(Policy);
        Assert.NotSame(first, second);
        Assert.Same(unchanged, second.Nodes[0]);
        Assert.Equal(500, first.Nodes[1].Free.CpuMilli - second.Nodes[1].Free.CpuMilli);
    }

    // Two tenants may both have a pod db-0, and the same name comes again with another UID.
    [Fact]
    public void Pods_AreKnownByUid_NotByName()
    {
        var inventory = Empty();
        inventory.Handle(Added(RandomCluster.Pod("db-0", "one", 10, "n", 1000, "lease-a")));
        inventory.Handle(Added(RandomCluster.Pod("db-0", "two", 11, "n", 1000, "lease-b")));
        Assert.Equal(5900, Free(inventory));
        inventory.Handle(new InformerEvent<V1Pod>(InformerEventType.Updated, RandomCluster.Pod("db-0", "one", 10, "n", 1000, "lease-a"), RandomCluster.Pod("db-0", "three", 20, "n", 2000, "lease-a")));
        Assert.Equal(4900, Free(inventory));
        inventory.Handle(new InformerEvent<V1Pod>(InformerEventType.Deleted, null, RandomCluster.Pod("db-0", "one", 15, "n", 1000, "lease-a")));
        Assert.Equal(4900, Free(inventory));
        Assert.Equal(["lease-a", "lease-b"], inventory.Read(Policy).Uses.Keys.Order());
        Assert.Equal(2000, Assert.Single(inventory.Read(Policy).Uses["lease-a"]).Amount.CpuMilli);
    }

    [Fact]
    public void Device_ThatIsUnwell_IsGoneWithTheNextStatus()
    {
        var inventory = Empty();
        Assert.Equal(4, inventory.Read(Policy).Nodes[0].Free.Extended["nvidia.com/gpu"]);
        inventory.Handle(new InformerEvent<V1Node>(InformerEventType.Updated, null, RandomCluster.Node("n", 9, gpus: 3)));
        Assert.Equal((3, 3), (inventory.Read(Policy).Nodes[0].Free.Extended["nvidia.com/gpu"], inventory.Read(Policy).Nodes[0].Total.Extended["nvidia.com/gpu"]));
    }

    // A list from a server that lags lacks the pod; the next one has it again, unchanged.
    [Fact]
    public void Pod_ThatALaggingListLacked_ComesBack()
    {
        var (inventory, pod) = (Empty(), RandomCluster.Pod("p", "p", 10, "n", 1000));
        inventory.Handle(Added(pod));
        inventory.Handle(new InformerEvent<V1Pod>(InformerEventType.Deleted, pod, pod));
        Assert.Equal(7900, Free(inventory));
        inventory.Handle(Added(pod));
        Assert.Equal(6900, Free(inventory));
    }

    private static string Line(NodeSnapshot n) => InventoryOracle.Line(
        n.Name, n.Blocked is not null, n.Free.CpuMilli, n.Free.MemoryBytes, n.Free.EphemeralBytes, n.Free.Extended.GetValueOrDefault("nvidia.com/gpu"),
        n.Free.Extended.GetValueOrDefault("nvidia.com/mig-1g.10gb"), n.FreePods, n.Total.CpuMilli, n.Total.MemoryBytes, n.TotalPods);

    private static (long Cpu, long Memory, long Gpus, long Slices, int Pods) Sum(IReadOnlyList<NodeUse> uses) => (
        uses.Sum(u => u.Amount.CpuMilli), uses.Sum(u => u.Amount.MemoryBytes), uses.Sum(u => u.Amount.Extended.GetValueOrDefault("nvidia.com/gpu")),
        uses.Sum(u => u.Amount.Extended.GetValueOrDefault("nvidia.com/mig-1g.10gb")), (int)uses.Sum(u => u.Pods));

    private static long Free(Inventory inventory) => inventory.Read(Policy).Nodes[0].Free.CpuMilli;

    private static Inventory Empty()
    {
        var inventory = new Inventory();
        inventory.Handle(new InformerEvent<V1Node>(InformerEventType.Added, null, RandomCluster.Node("n", 5)));
        return inventory;
    }

    private static InformerEvent<V1Pod> Added(V1Pod pod) => new(InformerEventType.Added, null, pod);

    /// <summary>All that is promised from, in words that are the same for the same.</summary>
    internal static string Text(ClusterCapacity capacity) => JsonSerializer.Serialize(new
    {
        Nodes = capacity.Nodes.Select(n => new { n.Name, Free = Of(n.Free), Total = Of(n.Total), n.FreePods, n.TotalPods, n.Blocked, Classes = n.GpuClasses.OrderBy(g => g.Key, StringComparer.Ordinal) }),
        Uses = capacity.Uses.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => new { u.Key, On = u.Value.Select(v => new { v.Node, Amount = Of(v.Amount) }) }),
        Classes = capacity.GpuClasses.Keys.Order(StringComparer.Ordinal),
    });

    private static object Of(NodeResources r) => new { r.CpuMilli, r.MemoryBytes, r.EphemeralBytes, Extended = r.Extended.Where(e => e.Value != 0).OrderBy(e => e.Key, StringComparer.Ordinal) };
}
