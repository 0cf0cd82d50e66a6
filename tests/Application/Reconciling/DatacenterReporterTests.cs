using System.Numerics;
using Federation.Application.Holding;
using Federation.Application.Isolating;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Hostnames;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Reconciling;

public sealed class DatacenterReporterTests
{
    private readonly FakeClock clock = new();
    private readonly InMemoryHolds holds = new();
    private readonly FixedRegistry registry = new();
    private readonly FixedEarnings earned = new();
    private readonly InMemoryCluster cluster = new(new PortGate()) { Datacenter = Quoting.QuoterTests.Datacenter };
    private NetworkWatch network;

    public DatacenterReporterTests() => network = new NetworkWatch(null, TimeSpan.FromHours(6), clock, NullLogger<NetworkWatch>.Instance);

    [Fact]
    public async Task NothingKnownOfTheChain_SaysSo_AndWritesOnce()
    {
        using var stop = new CancellationTokenSource();
        var health = new OperatorHealth(clock);
        var capacities = new CapacityReader(cluster, cluster, holds.Open(), health, FakeHasher.Instance, HoldLimits.Usual, clock);
        var running = Reporter(capacities, health).RunAsync(TimeSpan.FromSeconds(10), stop.Token);
        for (var i = 0; i < 20; i++) clock.Advance(TimeSpan.FromSeconds(10));
        await WaitForReportAsync();
        Assert.Equal(1, cluster.Writes.Count);
        Assert.All(cluster.Report!.Conditions.Where(c => c.Type is not (NetworkPolicyRules.Type or "Valid" or EvidenceRules.Type)), c => Assert.Equal("ChainUnavailable", c.Reason));
        Assert.DoesNotContain(cluster.Report.Conditions, c => c.Status == ConditionStatus.True && c.Type != "Valid");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    public static TheoryData<string> Differences => [.. Differing.Keys];

    [Fact]
    public async Task RegistryAgrees_DatacenterServes_AndItsStakeIsShown()
    {
        var report = await ReportAsync(Intake.Open);
        Assert.Equal([(ConditionStatus.True, "Valid"), (ConditionStatus.True, "Reading"), (ConditionStatus.True, "Agreeing"), (ConditionStatus.True, "Registered"), (ConditionStatus.True, "Published"), (ConditionStatus.Unknown, "ProbeNotConfigured"), (ConditionStatus.True, "Serving"), (ConditionStatus.True, "NodesScratch"), (ConditionStatus.True, "Found"), (ConditionStatus.True, "Up"), (ConditionStatus.Unknown, "NotConfigured")], report.Conditions.Select(c => (c.Status, c.Reason)));
        Assert.Equal((1_000, 400), ((int)report.Registration!.Stake, (int)report.Registration.FreeStake));
    }

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task RegistryDiffers_IsSaid_AndOnlyAKeyThatCountsForNothingStopsWork(string reason)
    {
        registry.Standing = Differing[reason](registry.Standing);
        var report = await ReportAsync(Intake.Open);
        var registered = report.Conditions.Single(c => c.Type == "Registered");
        Assert.Equal((ConditionStatus.False, reason), (registered.Status, registered.Reason));
        Assert.Equal(reason is "NotRegistered" or "OperatorKeyDiffers" ? reason : "Serving", report.Conditions.Single(c => c.Type == "Ready").Reason);
    }

    [Theory]
    [InlineData(Intake.Paused)]
    [InlineData(Intake.Draining)]
    public async Task NoNewLeasesAreWanted_ReadySaysWhy(Intake intake)
    {
        var ready = (await ReportAsync(intake)).Conditions.Single(c => c.Type == "Ready");
        Assert.Equal((ConditionStatus.True, $"{intake}"), (ready.Status, ready.Reason));
    }

    [Fact]
    public async Task RegistryCannotBeRead_WorkGoesOn_AndNothingIsSaidOfIt()
    {
        registry.Fault = "the node restarts";
        var report = await ReportAsync(Intake.Open);
        Assert.Equal((ConditionStatus.Unknown, "Serving"), (report.Conditions.Single(c => c.Type == "Registered").Status, report.Conditions.Single(c => c.Type == "Ready").Reason));
        Assert.Null(report.Registration);
    }

    [Fact]
    public async Task ObjectThatCannotBeUnderstood_IsToldEveryFault_AndKeepsWhatWasSaidOfTheRest()
    {
        var before = await ReportAsync(Intake.Open);
        cluster.DatacenterFault = "Datacenter north cannot be used: spec.endpoint '' is no URL. spec.payout '0' is no address.";
        var report = await ReportAsync(Intake.Open);
        Assert.Equal(
            [("Valid", ConditionStatus.False, "DatacenterInvalid"), ("Ready", ConditionStatus.False, "DatacenterInvalid")],
            report.Conditions.Except(before.Conditions).Select(c => (c.Type, c.Status, c.Reason)));
        Assert.Equal(cluster.DatacenterFault, report.Conditions.Single(c => c.Type == "Valid").Message);
        Assert.Equal(before.Conditions.Count, report.Conditions.Count);
        cluster.DatacenterFault = null;
        Assert.Equal(before.Conditions, (await ReportAsync(Intake.Open)).Conditions);
    }

    [Fact]
    public async Task WhatWasEarned_StandsWhileItCannotBeRead()
    {
        earned.Paid[10] = 700;
        Assert.Equal(700, (await ReportAsync(Intake.Open, final: 10)).Earnings.Amount);
        earned.Fault = "the node restarts";
        Assert.Equal((700, 10UL), ((int)(await ReportAsync(Intake.Open, final: 12)).Earnings.Amount, cluster.Report!.Earnings.ThroughBlock));
    }

    [Fact]
    public async Task NetworkNotShownToIsolate_ReadySaysThatNothingIsTaken()
    {
        cluster.Datacenter = cluster.Datacenter! with { Spec = cluster.Datacenter.Spec with { UnenforcedNetworkPolicy = UnenforcedNetworkPolicy.Refuse } };
        Assert.Equal(QuoteReasons.NetworkNotIsolated, (await ReportAsync(Intake.Open)).Conditions.Single(c => c.Type == "Ready").Reason);
    }

    [Theory]
    [InlineData("", "RuntimeClassMissing")]
    [InlineData("vendor", "Serving")] // That of a GPU class: other leases are taken.
    public async Task RuntimeThatIsMissing_IsSaid(string name, string ready)
    {
        Assert.DoesNotContain((await ReportAsync(Intake.Open)).Conditions, c => c.Type == RuntimeRules.Type);
        cluster.Datacenter = cluster.Datacenter! with { RuntimeProblems = new Dictionary<string, RuntimeProblem> { [name] = RuntimeRules.NoClass("x") } };
        var conditions = (await ReportAsync(Intake.Open)).Conditions;
        Assert.Equal((ConditionStatus.False, "RuntimeClassMissing"), (conditions.Single(c => c.Type == RuntimeRules.Type).Status, conditions.Single(c => c.Type == RuntimeRules.Type).Reason));
        Assert.Equal(ready, conditions.Single(c => c.Type == "Ready").Reason);
    }

    [Fact]
    public async Task NewTerm_KeepsWhatWasFound_UntilItKnowsBetter()
    {
        var enforced = NetworkPolicyRules.Judge(ProbeSight.Isolated);
        network = new NetworkWatch(new NoProbe(), TimeSpan.FromHours(6), clock, NullLogger<NetworkWatch>.Instance);
        cluster.Datacenter = cluster.Datacenter! with { Report = new DatacenterReport([enforced], 0, 0, 0, 0, Earnings.None) };
        Assert.Contains(enforced, (await ReportAsync(Intake.Open)).Conditions);
    }

    [Theory]
    [InlineData(null, ConditionStatus.True, "Keeping", "Serving")]
    [InlineData("The volume is full: make it bigger.", ConditionStatus.False, EvidenceRules.Unkept, EvidenceRules.Unkept)]
    public async Task EvidenceThatCannotBeKept_IsSaid_AndWhatToDo(string? problem, ConditionStatus status, string reason, string ready)
    {
        var report = await ReportAsync(Intake.Open, prepare: h => h.EvidenceSeen(problem));
        var kept = report.Conditions.Single(c => c.Type == EvidenceRules.Type);
        Assert.Equal((status, reason), (kept.Status, kept.Reason));
        Assert.StartsWith(problem ?? "What was measured", kept.Message, StringComparison.Ordinal);
        Assert.Equal((ConditionStatus.True, ready), report.Conditions.Where(c => c.Type == "Ready").Select(c => (c.Status, c.Reason)).Single());
    }

    [Theory]
    [InlineData(null, ConditionStatus.True, "Routing")]
    [InlineData("Install the Gateway API.", ConditionStatus.False, "GatewayApiMissing")]
    public async Task HostnamesThatCannotBeRouted_AreSaid(string? problem, ConditionStatus status, string reason)
    {
        var before = cluster.Datacenter!;
        Assert.DoesNotContain((await ReportAsync(Intake.Open)).Conditions, c => c.Type == "HostnamesRouted");
        cluster.Datacenter = before with { Spec = before.Spec with { Ingress = new IngressPolicy("", new GatewayReference("a", "b", ""), "", false, []) } };
        cluster.Ingress = new IngressOffer("", false, []) { Problem = problem };
        var routed = (await ReportAsync(Intake.Open)).Conditions.Single(c => c.Type == "HostnamesRouted");
        Assert.Equal((status, reason), (routed.Status, routed.Reason));
        // A new term that knows nothing of the chain yet leaves it as it was.
        cluster.Ingress = null;
        Assert.Contains(routed, (await ReportAsync(Intake.Open)).Conditions);
    }

    [Fact]
    public async Task PricedClassThatNoNodeHas_IsSaid_WithThoseThatTheyHave()
    {
        const string Typo = "nvidia.com/gpu/NVIDIA-A100-SXM4-80G/81920";
        var before = cluster.Datacenter!;
        cluster.Datacenter = before with { Spec = before.Spec with { Prices = before.Spec.Prices with { Gpu = new Dictionary<string, BigInteger> { [Some.GpuClass] = 5, [Typo] = 5 } } } };
        Assert.Equal($"No node that takes pods has {Typo} of spec.prices.gpu: Requests for it are refused. They have {Some.GpuClass}.", await MessageAsync());
        // One that is cordoned takes none.
        cluster.Nodes = [Some.Node() with { Blocked = "is cordoned" }, Some.Node("node-b", gpus: 0)];
        Assert.EndsWith("They have no GPU class at all.", await MessageAsync(), StringComparison.Ordinal);
        // Without a price there is nothing to say.
        cluster.Datacenter = before with { Spec = before.Spec with { Prices = before.Spec.Prices with { Gpu = new Dictionary<string, BigInteger>() } } };
        Assert.DoesNotContain((await ReportAsync(Intake.Open)).Conditions, c => c.Type == GpuRules.Type);

        async Task<string> MessageAsync()
        {
            var found = (await ReportAsync(Intake.Open)).Conditions.Single(c => c.Type == GpuRules.Type);
            Assert.Equal((ConditionStatus.False, PlacementReasons.NoMatchingGpu), (found.Status, found.Reason));
            return found.Message;
        }
    }

    [Fact]
    public async Task LeasesWithReplicasDown_AreSaid_WithTheFirstOfThem()
    {
        Assert.Equal("Up", (await ReportAsync(Intake.Open)).Conditions.Single(c => c.Type == "WorkloadsUp").Reason);
        foreach (var (number, downtime) in new[] { (1, new Downtime(9, 1_800_000_060_000, 2, 4)), (2, new Downtime(0, 1_800_000_000_000, 1, 1)), (3, new Downtime(500, 0, 0, 0)) })
        {
            await cluster.EnsureAsync(new MatchedLease(Some.LeaseId(number), Some.Terms, 1), default);
            var record = (await cluster.ListAsync(default)).Single(r => r.Id == Some.LeaseId(number));
            await cluster.WriteStatusAsync(record, record.Status with { Downtime = downtime }, default);
        }

        var said = (await ReportAsync(Intake.Open)).Conditions.Single(c => c.Type == "WorkloadsUp");
        Assert.Equal((ConditionStatus.False, "ReplicasDown"), (said.Status, said.Reason));
        Assert.StartsWith("Since 2027-01-15 08:00:00Z replicas have been down, now 3 of 2 leases:", said.Message, StringComparison.Ordinal);
    }

    internal static readonly Dictionary<string, Func<RegistryStanding, RegistryStanding>> Differing = new()
    {
        ["NotRegistered"] = s => s with { Operator = "0x0000000000000000000000000000000000000000" },
        ["OperatorKeyDiffers"] = s => s with { OwnKey = Some.Provider },
        ["NotActive"] = s => s with { IsActive = false },
        ["EndpointDiffers"] = s => s with { Endpoint = "https://elsewhere.example.org" },
        ["RegionDiffers"] = s => s with { Region = "mars" },
        ["NoFreeStake"] = s => s with { FreeStake = 0 },
    };

    [Fact]
    public async Task HoldsThatCannotBeRead_AreSaid_AndTheRestOfTheStatusStaysTrue()
    {
        var health = new OperatorHealth(clock);
        health.ChainSeen(new ChainPicture(new LedgerHead(7, 7, clock.NowSeconds, "0x1", 7, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
        await Reporter(new CapacityReader(cluster, cluster, new Unreadable(), health, FakeHasher.Instance, HoldLimits.Usual, clock), health).PassAsync(default);
        var ready = cluster.Report!.Conditions.Single(c => c.Type == "Ready");
        Assert.Equal((ConditionStatus.False, "HoldsUnreadable", 7ul), (ready.Status, ready.Reason, cluster.Report.ChainHead));
        Assert.Contains("Delete it", ready.Message, StringComparison.Ordinal);
        Assert.Equal("Reading", cluster.Report.Conditions.Single(c => c.Type == "ChainReachable").Reason);
    }

    [Fact]
    public async Task WhatIsCounted_IsShownByWhoLeads_AndByNobodyElse()
    {
        using var metrics = new DatacenterMetrics();
        using var scrape = new Scrape(metrics.Meter);
        Assert.Equal((0, 0), (scrape.Count("federation_leases"), scrape.Count("federation_capacity")));
        await cluster.EnsureAsync(new MatchedLease(Some.LeaseId(1), Some.Terms, 1), default);
        var record = (await cluster.ListAsync(default)).Single();
        await cluster.WriteStatusAsync(record, record.Status with { Phase = LeasePhase.Running }, default);
        var health = new OperatorHealth(clock);
        using var stop = new CancellationTokenSource();
        var reporter = new DatacenterReporter(
            cluster, registry, new CapacityReader(cluster, cluster, holds.Open(), health, FakeHasher.Instance, HoldLimits.Usual, clock), holds.Open(), cluster, health, network,
            new EarningsReader(earned, new WatcherOptions(1, "0xAB", 10)), clock, NullLogger<DatacenterReporter>.Instance, metrics: metrics);
        var running = reporter.RunAsync(TimeSpan.FromSeconds(10), stop.Token);
        clock.Advance(TimeSpan.FromSeconds(10));
        await Until(() => scrape.Count("federation_leases") > 0);
        // A phase that no lease is in is 0; what is promised is not known before the chain was read.
        Assert.Equal((1, 0, 9, 0), (scrape.Now("federation_leases{Running}"), scrape.Now("federation_leases{Closed}"), scrape.Count("federation_leases"), scrape.Count("federation_capacity")));

        health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
        // Also while nobody can write the status.
        cluster.DatacenterFault = "spec.endpoint '' is no URL.";
        clock.Advance(TimeSpan.FromSeconds(10));
        await Until(() => scrape.Count("federation_capacity") > 0);
        Assert.Equal((64, 64), (scrape.Now("federation_capacity{cpu,allocatable}"), scrape.Now("federation_capacity{cpu,free}")));
        Assert.Equal(256L << 30, scrape.Now("federation_capacity{memory,allocatable}"));
        Assert.Equal((8, 0), (scrape.Now($"federation_capacity{{{Some.GpuClass},allocatable}}"), scrape.Now($"federation_capacity{{{Some.GpuClass},leased}}")));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal((0, 0), (scrape.Count("federation_leases"), scrape.Count("federation_capacity")));
    }

    [Fact]
    public async Task WhoReadsTheMetrics_IsSaid_AndAProcessThatHasJustBegunKeepsWhatWasSaid()
    {
        bool? isScraped = null;
        Assert.Null(await SaidAsync());
        isScraped = false;
        var said = await SaidAsync();
        Assert.Equal((ConditionStatus.False, "NobodyScrapes"), (said!.Status, said.Reason));
        Assert.Contains("set metrics.serviceMonitor.enabled", said.Message, StringComparison.Ordinal);
        isScraped = null;
        Assert.Equal(said, await SaidAsync());
        isScraped = true;
        Assert.Equal((ConditionStatus.True, "Scraped"), ((await SaidAsync())!.Status, (await SaidAsync())!.Reason));
        // Leases are sold all the same.
        Assert.Equal("Serving", cluster.Report!.Conditions.Single(c => c.Type == "Ready").Reason);

        async Task<LeaseCondition?> SaidAsync()
        {
            var health = new OperatorHealth(clock);
            health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
            cluster.Datacenter = cluster.Datacenter! with { Report = cluster.Report };
            await Reporter(new CapacityReader(cluster, cluster, holds.Open(), health, FakeHasher.Instance, HoldLimits.Usual, clock), health, () => isScraped).PassAsync(default);
            return cluster.Report!.Conditions.SingleOrDefault(c => c.Type == ScrapeRules.Type);
        }
    }

    private async Task<DatacenterReport> ReportAsync(Intake intake, ulong final = 1, Action<OperatorHealth>? prepare = null)
    {
        var health = new OperatorHealth(clock);
        prepare?.Invoke(health);
        health.ChainSeen(new ChainPicture(new LedgerHead(final, final, clock.NowSeconds, "0x1", final, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
        cluster.Datacenter = cluster.Datacenter! with { Spec = cluster.Datacenter.Spec with { Intake = intake } };
        var capacities = new CapacityReader(cluster, cluster, holds.Open(), health, FakeHasher.Instance, HoldLimits.Usual, clock);
        await Reporter(capacities, health).PassAsync(default);
        return cluster.Report!;
    }

    private DatacenterReporter Reporter(CapacityReader capacities, OperatorHealth health, Func<bool?>? isScraped = null) =>
        new(cluster, registry, capacities, holds.Open(), cluster, health, network, new EarningsReader(earned, new WatcherOptions(1, "0xAB", 10)), clock, NullLogger<DatacenterReporter>.Instance, isScraped: isScraped);

    private sealed class Unreadable : IHoldStore
    {
        public Task<HoldList> ReadAsync(bool fresh, CancellationToken cancellation) => throw new ClusterException("HoldsUnreadable", "The holds cannot be read. Delete it.", isTransient: false);

        public Task<bool> TryWriteAsync(HoldList seen, IReadOnlyList<Hold> holds, CancellationToken cancellation) => throw new InvalidOperationException("They were not read.");
    }

    private sealed class NoProbe : INetworkProbe
    {
        public Task<ProbeSight> ProbeAsync(CancellationToken cancellation) => throw new InvalidOperationException("It has not come to that.");
    }

    private Task WaitForReportAsync() => Until(() => cluster.Report is not null);

    private static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 1000 && !holds(); i++) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        Assert.True(holds());
    }
}
