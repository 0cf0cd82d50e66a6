using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Tests.Workloads;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Placement;

public sealed class CapacityPropertyTests
{
    // Quote after quote until none is granted: each stays where it was made, no node gives more than it has, and nothing of a
    // class is refused for lack of devices that are free.
    [Fact]
    public void Holds_OneAfterTheOther_NeverTakeMoreThanANodeHas() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(Cluster.Small().SelectMany(c => Wanted().ListOf(8).Select(w => (c.Nodes, Wanted: w.ToArray()))).ToArbitrary(), c =>
        {
            var holds = new List<Hold>();
            foreach (var wanted in c.Wanted)
            {
                var found = Draw(c.Nodes, holds).Reserve(wanted);
                if (found.Placement.Fits) holds.Add(new Hold($"{holds.Count}", "r", "t", wanted, found.Shares, 100, []));
                else if (found.Placement.Message.Length == 0) return false;
            }

            return holds.All(h => IsWhole(h)) && c.Nodes.All(n => Holds(n, holds)) && Draw(c.Nodes, holds).Classes().All(k => k.Free >= 0 && k.Held + k.Free <= k.Allocatable);
        }));

    // What is not drawn anew for each of them is as if it were.
    [Fact]
    public void Book_WithOneHoldMore_IsTheBookOfAllOfThem() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(Cluster.Small().SelectMany(c => Wanted().ListOf(8).Select(w => (c.Nodes, Wanted: w.ToArray()))).ToArbitrary(), c =>
        {
            var (holds, book) = (new List<Hold>(), Draw(c.Nodes, []));
            foreach (var wanted in c.Wanted)
            {
                var found = book.Reserve(wanted);
                var anew = Draw(c.Nodes, [.. holds]);
                if (found.Placement.Fits != anew.Reserve(wanted).Placement.Fits || !Same(found.Shares, anew.Reserve(wanted).Shares) || !book.Classes().SequenceEqual(anew.Classes())) return false;
                if (!found.Placement.Fits) continue;
                var hold = new Hold($"{holds.Count}", "r", "t", wanted, found.Shares, 100, []);
                if (book.With(hold) is not { } next || next.Reserve(wanted with { CpuMilli = 1_000_000 }).Placement.Fits) return false;
                holds.Add(hold);
                book = next;
            }

            return holds.All(h => IsWhole(h)) && c.Nodes.All(n => Holds(n, holds));
        }));

    [Fact]
    public void Hold_ThatHasNoPlaceInABook_IsNotAddedToIt()
    {
        NodeSnapshot[] one = [Cluster.Node("a", 8, 16, Cluster.A100, 4)];
        var book = Draw(one, []);
        var found = book.Reserve(new Resources(5_000, 1024, 0, 0, GpuCount.None, GpuCount.None));
        var hold = new Hold("h", "r", "t", new Resources(5_000, 1024, 0, 0, GpuCount.None, GpuCount.None), found.Shares, 100, []);
        Assert.Null(book.With(hold)!.With(hold));
        Assert.Null(book.With(hold with { Shares = [] }));
        Assert.Equal(Draw(one, []).Classes(), book.Classes());
    }

    private static bool Same(IReadOnlyList<NodeShare> a, IReadOnlyList<NodeShare> b) => a.ToHashSet().SetEquals(b);

    private static bool IsWhole(Hold hold) =>
        hold.Shares.Sum(s => s.CpuMilli) == hold.Resources.CpuMilli
        && hold.Shares.Sum(s => s.MemoryBytes) == (long)hold.Resources.MemoryMiB << 20
        && hold.Shares.Where(s => s.GpuClass is not null).Sum(s => s.Gpus) == hold.Resources.GpuA.Count + hold.Resources.GpuB.Count;

    private static bool Holds(NodeSnapshot node, List<Hold> holds)
    {
        var here = holds.SelectMany(h => h.Shares).Where(s => s.Node == node.Name).ToArray();
        return here.Length == 0
            || (node.Blocked is null
                && here.Sum(s => s.CpuMilli) <= node.Free.CpuMilli
                && here.Sum(s => s.MemoryBytes) <= node.Free.MemoryBytes
                && here.Where(s => s.Gpus > 0).All(s => node.GpuClasses.ContainsKey(s.GpuClass!))
                && here.Sum(s => s.Gpus) <= node.Free.Extended["nvidia.com/gpu"]
                && holds.Count(h => h.Shares.Any(s => s.Node == node.Name)) <= node.FreePods);
    }

    private static CapacityBook Draw(NodeSnapshot[] nodes, IReadOnlyList<Hold> holds) =>
        CapacityBook.Draw(new CapacityInput(nodes, [], holds, hash => new[] { Cluster.A100, Cluster.L4 }.FirstOrDefault(c => WorkloadDemandTests.Hash(c) == hash)));

    private static Gen<Resources> Wanted() =>
        from cores in Gen.Choose(1, 6)
        from gib in Gen.Choose(1, 6)
        from a in Gen.Choose(0, 3)
        from b in Gen.Elements(0, 0, 1, 2)
        select new Resources((uint)cores * 1000, (uint)gib * 1024, 0, 0, Gpu(Cluster.A100, a), Gpu(Cluster.L4, b));

    private static GpuCount Gpu(string name, int count) => count == 0 ? GpuCount.None : new GpuCount(WorkloadDemandTests.Hash(name), (ushort)count);
}
