using Federation.Application.Ports;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>The ledger of what pods hold, out of the real API server's state, over two leaders.</summary>
[Collection("one adapter")]
public sealed class LedgerTests(AdapterFixture fixture)
{
    private const string Node = "ledger-node";
    private readonly PlayedPods pods = new(fixture.Admin);

    [Fact]
    public async Task PodThatCameAndWentBetweenTwoLooks_IsCountedFromItsBindingToItsEnd()
    {
        var lease = await NewAsync();
        await fixture.Adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default);
        var began = Now();
        var bound = await pods.BindAsync(lease, "web-1", Node);
        var ended = bound + 7_000;
        await pods.EndAsync(lease, "web-1", ended);
        await pods.DeleteAsync(lease, "web-1");
        ClusterFacts facts = ClusterFacts.Nothing;
        await Eventually.TrueAsync(async () => (facts = await fixture.Adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default)).Gone.Count == 1);

        Assert.Empty(facts.Pods);
        var gone = facts.Gone[0];
        Assert.InRange(gone.BoundAtMs, began, Now() + 1_000);
        Assert.Equal((bound + 1_000, ended), (gone.BoundAtMs, gone.EndedAtMs));
        var held = Assert.Single(Holdings.Merge([], facts.PodsSince(began), Now()));
        Assert.True(held.IsVouched);
        Assert.Equal((UInt128)(64 * 6_000), Fold(UsagePosition.StartingAt(began), [held], ended + 5_000).Position.StorageMiBMs);
        // A window that ended later has counted it, or missed it for good.
        Assert.Empty(facts.PodsSince(Math.Max(ended, gone.GoneAtMs)));
    }

    [Fact]
    public async Task SecondLeader_GoesOnFromWhatIsWritten_AndAWriteThatWaitedCountsNothing()
    {
        var lease = await NewAsync();
        // Else nobody vouches for its pods.
        await pods.AddNodeAsync(Node);
        try
        {
            await OverTwoLeadersAsync(lease);
        }
        finally
        {
            await fixture.Admin.Resource(ResourceKinds.Node).DeleteAsync(Node);
        }
    }

    private async Task OverTwoLeadersAsync(MatchedLease lease)
    {
        var began = Now();
        var bound = await pods.BindAsync(lease, "web-1", Node) + 1_000;
        await Eventually.TrueAsync(async () => (await ObserveAsync(fixture.Adapter, lease)).Pods is [{ BoundAtMs: > 0, HasStarted: true, IsNodeDown: false }]);

        // It looks, dies before it writes, and the next one looks again out of nothing.
        var first = Look(await ObserveAsync(fixture.Adapter, lease), LeaseStatus.New, began, bound + 2_000);
        await using var second = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(), new TestHasher());
        await second.StartAsync(default);
        await Eventually.TrueAsync(async () => (await ObserveAsync(second, lease)).Pods is [{ HasStarted: true, IsNodeDown: false }]);
        var again = Look(await ObserveAsync(second, lease), LeaseStatus.New, began, bound + 3_000);
        Assert.Equal((UInt128)(64 * 3_000), again.Usage!.StorageMiBMs);
        await second.Leases.WriteStatusAsync(await RecordAsync(second, lease), again, default);

        // The first was not dead: what it writes late is of a window that is not the last one any more.
        await Eventually.TrueAsync(async () => (await RecordAsync(fixture.Adapter, lease)).Status.Usage is not null);
        var stale = (await RecordAsync(fixture.Adapter, lease)) with { Status = again with { Usage = first.Usage } };
        await Assert.ThrowsAsync<ClusterException>(() => fixture.Adapter.Leases.WriteStatusAsync(stale, first, default));
        var record = await RecordAsync(fixture.Adapter, lease);
        Assert.Equal(again.Usage.StorageMiBMs, record.Status.Usage!.StorageMiBMs);
        Assert.Equal(bound + 3_000, Assert.Single(record.Status.Holdings).FromMs);

        // And the pod ends while the second leads; the first, which leads again, was told as well.
        await pods.EndAsync(lease, "web-1", bound + 9_000);
        await pods.DeleteAsync(lease, "web-1");
        await Eventually.TrueAsync(async () => (await ObserveAsync(fixture.Adapter, lease)).Gone.Count == 1);
        var last = Look(await ObserveAsync(fixture.Adapter, lease), record.Status, began, bound + 20_000);
        Assert.Equal((UInt128)(64 * 9_000), last.Usage!.StorageMiBMs);
    }

    private static LeaseStatus Look(ClusterFacts facts, LeaseStatus before, long began, long throughMs)
    {
        var position = before.Usage ?? UsagePosition.StartingAt(began);
        var folded = Fold(position, Holdings.Merge(before.Holdings, facts.PodsSince(position.ThroughMs), throughMs), throughMs);
        return before with { Usage = folded.Position, Holdings = Holdings.Prune(folded.Holdings, facts.Pods, folded.Position, true) };
    }

    private static FoldResult Fold(UsagePosition position, IReadOnlyList<PodHolding> held, long throughMs) => UsageFold.Fold(position, [], held, throughMs, 30_000);

    private static Task<ClusterFacts> ObserveAsync(ClusterAdapter adapter, MatchedLease lease) => adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default);

    private static async Task<LeaseRecord> RecordAsync(ClusterAdapter adapter, MatchedLease lease) => (await adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id);

    private async Task<MatchedLease> NewAsync()
    {
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Leases.ListAsync(default)).Any(r => r.Id == lease.Id));
        return lease;
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}
