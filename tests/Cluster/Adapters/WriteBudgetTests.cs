using System.Collections.Concurrent;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Tests.Support;
using Federation.Proxies;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>Writes of a whole new lease, counted by a proxy before the API server: what the adapter says of itself is checked against it.</summary>
[Collection("one adapter")]
public sealed class WriteBudgetTests(AdapterFixture fixture)
{
    private const int Budget = 12;

    [Fact]
    public async Task NewLeaseUpToReady_StaysInItsBudget_AndThenNothingIsWritten()
    {
        var seen = new ConcurrentQueue<string>();
        await using var proxy = await Proxy.StartAsync(fixture.Server.Url, (context, _) =>
        {
            if (context.Request.Method is not "GET") seen.Enqueue($"{context.Request.Method} {context.Request.Path}");
            return Task.FromResult(false);
        });
        await using var adapter = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(proxy.Port, "http"), new TestHasher());
        await adapter.StartAsync(default);
        seen.Clear();
        var before = adapter.Writes;
        var lease = Cases.Lease();

        await PassAsync(adapter, lease, Status("WaitingForWorkload", ConditionStatus.False), workload: false);
        await PassAsync(adapter, lease, Status("Starting", ConditionStatus.False), workload: true);
        await PassAsync(adapter, lease, Status("Running", ConditionStatus.True), workload: true);
        await PassAsync(adapter, lease, Status("Running", ConditionStatus.True), workload: true);
        await adapter.FlushEventsAsync(default);
        await Eventually.TrueAsync(() => seen.Any(w => w.Contains("/events", StringComparison.Ordinal)));

        Assert.Equal(Budget, seen.Count);
        Assert.Equal(seen.Count, adapter.Writes - before);

        await PassAsync(adapter, lease, Status("Running", ConditionStatus.True), workload: true);
        Assert.Equal(Budget, seen.Count);
    }

    private static async Task PassAsync(ClusterAdapter adapter, Application.Ports.MatchedLease lease, LeaseStatus status, bool workload)
    {
        await adapter.Leases.EnsureAsync(lease, default);
        await adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        if (workload) await adapter.Workloads.ApplyAsync(Cases.Ensure(lease.Id, lease.Terms, Cases.Web), default);
        var record = (await adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id);
        await adapter.Leases.WriteStatusAsync(record, status, default);
    }

    private static LeaseStatus Status(string reason, ConditionStatus ready) => LeaseStatus.New with
    {
        ObservedGeneration = 1,
        Phase = ready == ConditionStatus.True ? LeasePhase.Running : LeasePhase.Starting,
        Conditions =
        [
            new("Verified", ConditionStatus.True, "MatchConfirmed", "block 77"),
            new("Scheduled", reason == "WaitingForWorkload" ? ConditionStatus.False : ConditionStatus.True, "Placed", ""),
            new("Ready", ready, reason, ""),
        ],
    };
}
