using System.Numerics;
using System.Text.Json.Nodes;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>Devices, whole ones and slices, out of the real API server's state: from being bound until the end, by class, and what that costs. Nobody scrapes these pods.</summary>
[Collection("one adapter")]
public sealed class DeviceBillTests(AdapterFixture fixture) : IAsyncLifetime
{
    private const string Node = "device-node";
    private const string Slice = "nvidia.com/mig-1g.5gb/NVIDIA-A100-SXM4-40GB-MIG-1g.5gb/4864";
    private const int LivedMs = 20_000;
    private const int ScratchMiB = 64;

    // For a device's millisecond, a slice's, and a second of a MiB of scratch space: half a unit, a fifth, one.
    private static readonly Prices Prices = new(0, 0, 1_000_000_000, 0, 500_000_000, 200_000_000);
    private static readonly Prices SliceAlone = Prices with { GpuA = Prices.GpuB, GpuB = 0 };

    private static readonly Dictionary<string, GpuPlacement> Places = new()
    {
        [Cases.GpuClass] = new("nvidia.com/gpu", new Dictionary<string, string>(), ""),
        [Slice] = new("nvidia.com/mig-1g.5gb", new Dictionary<string, string>(), ""),
    };

    private readonly PlayedPods pods = new(fixture.Admin);

    public async ValueTask InitializeAsync() => await pods.AddNodeAsync(Node);

    public async ValueTask DisposeAsync() => await fixture.Admin.Resource(ResourceKinds.Node).DeleteAsync(Node);

    [Fact]
    public Task WholeDevices_AreBilledFromBindingToEnd() =>
        AssertBilledAsync(Terms(Prices, (Cases.GpuClass, 2)), 2, 0, (2 * LivedMs / 2) + (ScratchMiB * LivedMs / 1000), ("train", Cases.GpuClass, 2));

    [Fact]
    public Task Slices_AreBilledFromBindingToEnd() =>
        AssertBilledAsync(Terms(SliceAlone, (Slice, 3)), 3, 0, (3 * LivedMs / 5) + (ScratchMiB * LivedMs / 1000), ("infer", Slice, 3));

    // Each by its own price.
    [Fact]
    public Task BothInOneLease_AreBilledByClass() =>
        AssertBilledAsync(
            Terms(Prices, (Cases.GpuClass, 1), (Slice, 2)), 1, 2, (LivedMs / 2) + (2 * LivedMs / 5) + (2 * ScratchMiB * LivedMs / 1000), ("train", Cases.GpuClass, 1), ("infer", Slice, 2));

    private async Task AssertBilledAsync(LeaseTerms terms, uint whole, uint slices, BigInteger price, params (string Job, string Class, ushort Count)[] jobs)
    {
        var lease = Cases.Lease(terms);
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, terms), default);
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Leases.ListAsync(default)).Any(r => r.Id == lease.Id));
        var workload = new WorkloadSpec([], [.. jobs.Select(j => new JobSpec(Cases.Container(j.Job, 1, new GpuDemand(j.Class, j.Count)), 3600, 3))]);
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureWorkload(lease.Id, terms, workload, terms.SpecHash, Places), default);

        var activated = Now() / 1000;
        var bound = new Dictionary<string, long>();
        foreach (var (job, _, _) in jobs) bound[job] = await pods.BindAsync(lease, $"{job}-0", Node, await TemplateAsync(lease, job)) + 1_000;
        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Pods.Count(p => p is { HasStarted: true, BoundAtMs: > 0, IsNodeDown: false }) == jobs.Length);
        var latest = bound.Values.Max();
        // A window in the middle of their lives, written down; then they end, each as long after it was bound.
        await CloseAsync(lease, activated, latest + 7_000);
        foreach (var (job, from) in bound)
        {
            await pods.EndAsync(lease, $"{job}-0", from + LivedMs);
            await pods.DeleteAsync(lease, $"{job}-0");
        }

        await Eventually.TrueAsync(async () => (await ObserveAsync(lease)).Gone.Count == jobs.Length);
        await CloseAsync(lease, activated, latest + LivedMs + 1_000);
        var usage = await CloseAsync(lease, activated, latest + (2 * LivedMs));
        Assert.Equal(new UsageVector(0, 0, (ulong)(jobs.Length * ScratchMiB * LivedMs / 1000), 0, whole * LivedMs, slices * LivedMs), usage.ToVector());
        Assert.Equal(price, Accrual.Price(terms.Prices, usage.ToVector()));
        Assert.Equal(price + terms.StartFee, Accrual.Due(terms, usage.ToVector(), 0));
    }

    // As the operator does: out of what is written, with what the cluster shows, and written again.
    private async Task<UsagePosition> CloseAsync(MatchedLease lease, long activatedAt, long throughMs)
    {
        await Eventually.TrueAsync(async () => (await RecordAsync(lease)).Status is { Usage: null } or { UsageWindow: > 0 });
        var record = await RecordAsync(lease);
        var seen = ALease.Active().WithTerms(_ => lease.Terms).WithChain(c => c with { ActivatedAt = activatedAt, Through = activatedAt, EndsAt = 0 }).Seen();
        var view = seen.View with { Id = lease.Id, BlockTime = throughMs / 1000 };
        // Time is the test's: what the server has shown by now is all that there is to it.
        var facts = await ObserveAsync(lease) with { AsOfMs = long.MaxValue };
        var reader = new WindowReader(new InMemoryUsage(new PortGate()), FakeHasher.Instance);
        var policy = seen.Policy with { EpochMs = 1_000, ScrapeDelayMs = 0 };
        var news = await reader.ReadAsync(view, record.Status, facts, policy, throughMs, default);
        Assert.Null(news.Error);
        Assert.Equal(throughMs, news.Position!.ThroughMs);
        await fixture.Adapter.Leases.WriteStatusAsync(record, record.Status with
        {
            Usage = news.Position, UsageEvidence = news.Evidence, UsageWindow = news.Window, Holdings = Holdings.Prune(news.Holdings ?? [], facts.Pods, news.Position, true),
        }, default);
        await Eventually.TrueAsync(async () => (await RecordAsync(lease)).Status.Usage?.ThroughMs == throughMs);
        return (await RecordAsync(lease)).Status.Usage!;
    }

    // As the job controller: its pod is what the operator wrote into the job.
    private async Task<JsonObject> TemplateAsync(MatchedLease lease, string job)
    {
        var template = (JsonObject)(await fixture.Admin.Resource(ResourceKinds.Job).GetAsync(job, lease.Id.Namespace))!["spec"]!["template"]!.DeepClone();
        // Nothing runs here: the datacenter's runtime is on no node.
        ((JsonObject)template["spec"]!).Remove("runtimeClassName");
        return template;
    }

    private static LeaseTerms Terms(Prices prices, params (string Class, ushort Count)[] devices) => Cases.Terms() with
    {
        Prices = prices,
        Resources = Cases.Terms().Resources with
        {
            GpuA = new GpuCount(Cases.Hash(devices[0].Class), devices[0].Count), GpuB = devices.Length > 1 ? new GpuCount(Cases.Hash(devices[1].Class), devices[1].Count) : GpuCount.None,
        },
    };

    private Task<ClusterFacts> ObserveAsync(MatchedLease lease) => fixture.Adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default);

    private async Task<LeaseRecord> RecordAsync(MatchedLease lease) => (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id);

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}
