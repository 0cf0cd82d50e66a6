using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class LeaseStoreTests(AdapterFixture fixture)
{
    private ILeaseStore Store => fixture.Adapter.Leases;

    [Fact]
    public async Task Ensure_MakesNamespaceAndLease_AndASecondTimeNothing()
    {
        var lease = Cases.Lease(Cases.Terms(2));

        Assert.Equal(2, await fixture.WritesOfAsync(() => Store.EnsureAsync(lease, default)));
        Assert.Equal(0, await fixture.WritesOfAsync(() => Store.EnsureAsync(lease, default)));

        var record = Assert.Single(await Store.ListAsync(default), r => r.Id == lease.Id);
        Assert.Equal(lease.Terms, record.Terms);
        Assert.Equal(77ul, record.MatchedBlock);
        Assert.Null(record.Workload);
        Assert.Equal(LeasePhase.Reserved, record.Status.Phase);
        var space = await fixture.Admin.Resource<V1Namespace>().GetAsync(lease.Id.Namespace);
        Assert.Equal("restricted", space!.Metadata.Labels!["pod-security.kubernetes.io/enforce"]);
        Assert.Equal(lease.Id.Hex, space.Metadata.Annotations![Names.LeaseIdAnnotation]);
    }

    [Fact]
    public async Task ChainEditedByHand_IsSetBack_AndTheWorkloadStays()
    {
        var lease = await NewAsync();
        await PatchAsync(lease.Id, """{"spec":{"chain":{"minCharge":"0","tenant":"0x0000000000000000000000000000000000000001"},"workload":{"services":[]}}}""");
        await Eventually.TrueAsync(async () => (await RecordAsync(lease.Id)).Workload is not null);

        await Store.EnsureAsync(lease, default);

        var record = await RecordAsync(lease.Id);
        Assert.Equal(lease.Terms, record.Terms);
        Assert.Equal("""{"services":[]}""", record.Workload!.Value.GetRawText());
        Assert.Equal(0, await fixture.WritesOfAsync(() => Store.EnsureAsync(lease, default)));
        Assert.Contains(await EventsAsync(lease.Id), e => e.Reason == "ChainSpecUpdated");
    }

    [Fact]
    public async Task List_OfWhatDidNotChange_IsReadOnce()
    {
        var lease = await NewAsync();
        // The informer may just be putting its own copy in place of the write's answer.
        await Eventually.TrueAsync(async () => ReferenceEquals(await RecordAsync(lease.Id), await RecordAsync(lease.Id)));
        var before = await RecordAsync(lease.Id);

        await PatchAsync(lease.Id, """{"spec":{"workload":{"services":[]}}}""");

        await Eventually.TrueAsync(async () => (await RecordAsync(lease.Id)).Generation > before.Generation);
        Assert.NotNull((await RecordAsync(lease.Id)).Workload);
    }

    [Fact]
    public async Task NamespaceOfAnotherLease_IsRefused_AndLeftAlone()
    {
        var lease = await NewAsync();
        var twin = LeaseId.Parse(lease.Id.Hex[..18] + new string('f', 48));

        var refusal = await Assert.ThrowsAsync<ClusterException>(() => Store.EnsureAsync(lease with { Id = twin }, default));
        Assert.Equal(("NamespaceCollision", false), (refusal.Reason, refusal.IsTransient));
        Assert.Contains(lease.Id.Hex, refusal.Message, StringComparison.Ordinal);

        await Assert.ThrowsAsync<ClusterException>(() => fixture.Adapter.Workloads.ApplyAsync(new RemoveNamespace(twin), default));
        Assert.Equal(ClusterFacts.Nothing, await fixture.Adapter.Workloads.ObserveAsync(twin, lease.Terms, default));
        Assert.Null((await fixture.Admin.Resource<V1Namespace>().GetAsync(lease.Id.Namespace))!.Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task NamespaceOfSomebodyElse_IsRefused()
    {
        var lease = Cases.Lease();
        await fixture.Admin.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { Name = lease.Id.Namespace } });

        var refusal = await Assert.ThrowsAsync<ClusterException>(() => Store.EnsureAsync(lease, default));

        Assert.Equal("NamespaceCollision", refusal.Reason);
    }

    [Fact]
    public async Task Status_IsWrittenOnChangeOnly_AndReadsBackWhole()
    {
        var lease = await NewAsync();
        var record = await RecordAsync(lease.Id);
        var status = Running(record);

        Assert.Equal(2, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, status, default)));
        Assert.Equal(0, await fixture.WritesOfAsync(() => Store.WriteStatusAsync(record, status, default)));

        var live = await fixture.Leases.GetAsync(lease.Id.Namespace, lease.Id.Namespace);
        Assert.Equal("2026-01-01T00:00:00Z", live!.Text("status", "escrow", "expectedEnd"));
        var back = (await RecordAsync(lease.Id)).Status;
        Assert.Equal(status.Usage! with { Series = [] }, back.Usage! with { Series = [] });
        Assert.Equal(status.Usage.Series, back.Usage.Series);
        Assert.Equal(status.Money, back.Money);
        Assert.Equal(status.Conditions, back.Conditions);
    }

    [Fact]
    public async Task Status_OfAnOldWindow_IsRefused_AndTheLaterOneStands()
    {
        var lease = await NewAsync();
        var record = await RecordAsync(lease.Id);
        await Store.WriteStatusAsync(record, Running(record), default);
        var old = await RecordAsync(lease.Id);
        var usage = old.Status.Usage!;
        await Store.WriteStatusAsync(old, old.Status with { Usage = usage with { ThroughMs = usage.ThroughMs + 60_000 } }, default);

        var late = old.Status with { Usage = usage with { ThroughMs = usage.ThroughMs + 30_000 } };
        await Assert.ThrowsAsync<ClusterException>(() => Store.WriteStatusAsync(old, late, default));

        Assert.Equal(usage.ThroughMs + 60_000, (await RecordAsync(lease.Id)).Status.Usage!.ThroughMs);
    }

    /// <summary>A leader that slept through the first window: there is no earlier one to compare with.</summary>
    [Fact]
    public async Task Status_OfBeforeTheFirstWindow_IsRefused_AndTheWindowStands()
    {
        var lease = await NewAsync();
        var old = await RecordAsync(lease.Id);
        Assert.Null(old.Status.Usage);
        await Store.WriteStatusAsync(old, Running(old), default);
        var usage = (await RecordAsync(lease.Id)).Status.Usage!;

        var late = Running(old) with { Usage = null };
        await Assert.ThrowsAsync<ClusterException>(() => Store.WriteStatusAsync(old, late, default));

        Assert.Equal(usage.ThroughMs, (await RecordAsync(lease.Id)).Status.Usage!.ThroughMs);
    }

    /// <summary>Who edits its lease all the time would else be metered never.</summary>
    [Fact]
    public async Task Status_IsWritten_WhateverTheTenantEdits()
    {
        var lease = await NewAsync();
        var record = await RecordAsync(lease.Id);
        for (var i = 0; i < 20; i++) await PatchAsync(lease.Id, $$"""{"metadata":{"labels":{"edit":"{{i}}"} } }""");
        await Store.WriteStatusAsync(record, Running(record) with { Usage = null }, default);
        await PatchAsync(lease.Id, """{"metadata":{"labels":{"edit":"last"}}}""");
        await Store.WriteStatusAsync(await RecordAsync(lease.Id), Running(record), default);
        Assert.NotNull((await RecordAsync(lease.Id)).Status.Usage);
    }

    /// <summary>The same of one whose caches sleep too: the server has the word.</summary>
    [Fact]
    public async Task Status_OfBeforeTheFirstWindow_IsRefusedByTheServer()
    {
        var lease = await NewAsync();
        await Eventually.TrueAsync(async () => await RecordAsync(lease.Id) is { Status.Usage: null });
        await using var proxy = await Federation.Proxies.Proxy.StartAsync(fixture.Server.Url);
        await using var sleeper = await fixture.OtherAdapterAsync(proxy);
        var old = (await sleeper.Leases.ListAsync(default)).Single(r => r.Id == lease.Id);
        var record = await RecordAsync(lease.Id);
        proxy.Fault = new Federation.Proxies.Api.LosingEvents();
        await Store.WriteStatusAsync(record, Running(record), default);

        await Assert.ThrowsAsync<ClusterException>(() => sleeper.Leases.WriteStatusAsync(old, Running(old) with { Usage = null }, default));

        Assert.NotNull((await RecordAsync(lease.Id)).Status.Usage);
    }

    /// <summary>Servers up to 1.20 take an empty text in a field that may be left out for null, and refuse the whole status.</summary>
    [Fact]
    public async Task JobThatSaidNothing_ItsResultIsTakenByTheServer_AndReadsBack()
    {
        var lease = await NewAsync();
        var pod = new PodFact("pod-1", "train-1", "train", "node", false, true, null, 0, 0, 0) { End = new PodEnd("job-1", true, 0, "", 1_767_225_600_000) };
        var facts = ClusterFacts.Nothing with { AppliedSpecHash = lease.Terms.SpecHash, Items = [new ItemFact("train", "Job", 1, 0, 1, false, "") { Uid = "job-1" }], Pods = [pod] };
        var results = ResultFold.Fold(null, facts, lease.Terms.SpecHash, 1_767_225_600_000, new TestHasher().Keccak256);

        await Store.WriteStatusAsync(await RecordAsync(lease.Id), LeaseStatus.New with { Results = results }, default);

        await Eventually.TrueAsync(async () => (await RecordAsync(lease.Id)).Status.Results is { Outcome.Status: 0 });
        var shard = Assert.Single(Assert.Single((await RecordAsync(lease.Id)).Status.Results!.Jobs).Shards);
        Assert.Equal((0, (string?)null), (shard.Size, shard.Text));
    }

    [Fact]
    public async Task HugeWorkload_IsRemoved_SoThatTheStatusFits()
    {
        var lease = await NewAsync();
        await FillAsync(lease.Id);
        await Eventually.TrueAsync(async () => (await RecordAsync(lease.Id)).Workload is not null);
        var wordy = LeaseStatus.New with { Conditions = [new LeaseCondition("Verified", ConditionStatus.False, "WorkloadRefused", new string('y', 4_000))] };

        await Store.WriteStatusAsync(await RecordAsync(lease.Id), wordy, default);

        await Eventually.TrueAsync(async () => (await RecordAsync(lease.Id)) is { Workload: null, Status.Conditions.Count: 1 });
        Assert.Contains(await EventsAsync(lease.Id), e => e.Reason == "WorkloadTooLarge");
    }

    // Labels have no bound of their own, and each is stored twice: with its value and as somebody's field.
    [Fact]
    public async Task CrowdedMetadata_IsRemoved_SoThatTheStatusFits()
    {
        var lease = await NewAsync();
        await LabelAsync(lease.Id);
        var wordy = LeaseStatus.New with { Conditions = [new LeaseCondition("Verified", ConditionStatus.False, "WorkloadRefused", new string('y', 30_000))] };

        await Store.WriteStatusAsync(await RecordAsync(lease.Id), wordy, default);

        await Eventually.TrueAsync(async () => (await RecordAsync(lease.Id)) is { Status.Conditions.Count: 1 });
        var stored = (await fixture.Leases.GetAsync(lease.Id.Namespace, lease.Id.Namespace))!;
        Assert.InRange(stored.ToJsonString().Length, 1, 50_000);
        Assert.Equal(0, await fixture.WritesOfAsync(() => Store.EnsureAsync(lease, default)));
        Assert.Contains(await EventsAsync(lease.Id), e => e.Reason == "MetadataTooLarge");
    }

    [Fact]
    public async Task EachTransition_IsOneEvent()
    {
        var lease = await NewAsync();
        var record = await RecordAsync(lease.Id);
        var running = Running(record);
        await Store.WriteStatusAsync(record, running, default);
        record = await RecordAsync(lease.Id);
        await Store.WriteStatusAsync(record, running with { SettledSeq = 7 }, default);
        var broken = running with { Conditions = [new("Ready", ConditionStatus.False, "ImagePullBackOff", "no such image")] };
        await Store.WriteStatusAsync(record, broken, default);

        var events = await EventsAsync(lease.Id);

        Assert.Equal(["ImagePullBackOff", "Running"], events.Select(e => e.Reason).Order());
        Assert.All(events, e => Assert.Equal(1, e.Count));
    }

    [Fact]
    public async Task LeaseWithoutNamespaceOfOurs_IsNotListed()
    {
        var space = await fixture.Server.NamespaceAsync();
        await fixture.Leases.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = space, ["namespace"] = space }, ["spec"] = new JsonObject() });
        await NewAsync();

        Assert.DoesNotContain(await Store.ListAsync(default), r => r.Id.Namespace == space);
    }

    // The API server takes thousands of levels. One tenant's depth must not hide the leases of all others.
    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    public async Task DeepWorkload_IsRefused_AndHidesNoOtherLease(int depth)
    {
        var (deep, other) = (await NewAsync(), await NewAsync());
        await PatchAsync(deep.Id, """{"spec":{"workload":{"a":""" + Nested(depth) + "}}}");
        await PatchAsync(other.Id, """{"spec":{"workload":{"services":[]}}}""");
        await Eventually.TrueAsync(async () => (await RecordAsync(deep.Id)).Workload is not null && (await RecordAsync(other.Id)).Workload is not null);

        // A second adapter meets the depth in a page, where the first met it in its watch.
        await using var again = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(), new TestHasher());
        await again.StartAsync(default);

        foreach (var store in new[] { Store, again.Leases })
        {
            var records = await store.ListAsync(default);
            Assert.Contains(records, r => r.Id == other.Id);
            var fault = Assert.Single(WorkloadParser.Parse(records.Single(r => r.Id == deep.Id).Workload!.Value).Faults);
            Assert.Equal("workload: is nested deeper than 32", fault.ToString());
        }
    }

    // Lists, as an old API server takes time exponential in the depth of maps to find their owners.
    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static LeaseStatus Running(LeaseRecord record) => LeaseStatus.New with
    {
        ObservedGeneration = record.Generation,
        Phase = LeasePhase.Running,
        Conditions = [new("Ready", ConditionStatus.True, "Running", "2 of 2 pods are ready")],
        Endpoints = [new LeaseEndpoint("web", "http", "http://10.96.0.9:8080")],
        Placement = new Dictionary<string, string> { ["web-1"] = "n1" },
        Usage = new UsagePosition(1_767_225_600_123, UInt128.MaxValue, 2, 3, 4, 5, 6, 1000, 999, [new SeriesPosition("uid/Cpu/", 5, 0.1 + 0.2)]),
        Money = new LeaseMoney(1_000_000, 30, 15, 10, 5, 6, 7, 1_767_225_600),
    };

    // The largest manifest that the API server stores.
    private async Task FillAsync(LeaseId id)
    {
        for (var size = 1_572_000; ; size -= 500)
        {
            try
            {
                await PatchAsync(id, """{"spec":{"workload":{"a":"TEXT"}}}""".Replace("TEXT", new string('x', size), StringComparison.Ordinal));
                return;
            }
            catch (KubernetesException e) when (e.Message.Contains("too large", StringComparison.Ordinal))
            {
                Assert.True(size > 1_500_000, e.Message);
            }
        }
    }

    // As many labels as the API server stores.
    private async Task LabelAsync(LeaseId id)
    {
        for (var count = 4_900; ; count -= 20)
        {
            try
            {
                var labels = new JsonObject(Enumerable.Range(0, count).Select(n => KeyValuePair.Create($"{n:d63}.{new string('a', 60)}.{new string('b', 60)}/{new string('c', 63)}", (JsonNode?)new string('d', 63))));
                await PatchAsync(id, new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } }.ToJsonString());
                return;
            }
            catch (KubernetesException e) when (e.Message.Contains("too large", StringComparison.Ordinal))
            {
                Assert.True(count > 1_000, e.Message);
            }
        }
    }

    private async Task<MatchedLease> NewAsync()
    {
        var lease = Cases.Lease();
        await Store.EnsureAsync(lease, default);
        return lease;
    }

    private async Task<LeaseRecord> RecordAsync(LeaseId id) => (await Store.ListAsync(default)).Single(r => r.Id == id);

    private Task<JsonObject> PatchAsync(LeaseId id, string change) =>
        fixture.Leases.PatchAsync(id.Namespace, id.Namespace, V1Patch.Merge(JsonSerializer.Deserialize<JsonObject>(change, KubernetesJson.Options)!));

    private async Task<IReadOnlyList<CoreV1Event>> EventsAsync(LeaseId id)
    {
        await fixture.Adapter.FlushEventsAsync(default);
        IReadOnlyList<CoreV1Event> events = [];
        // The recorder's own loop may have taken them a moment before: then they are on their way.
        await Eventually.TrueAsync(async () => (events = (await fixture.Admin.Resource<CoreV1Event>().ListAsync(id.Namespace)).Items).Count > 0);
        return events;
    }
}
