using System.Globalization;
using Federation.Domain.Leases;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>What the operator leans on goes away while a lease runs: the workload goes on, nothing is closed, and all converges afterwards.</summary>
[Collection(MainJobCollection.Name)]
public sealed class OutageTests(MainJobFixture fixture)
{
    private static readonly TimeSpan ChainOutage = TimeSpan.FromSeconds(20);

    // Longer than an operator may go on without renewing its leadership.
    private static readonly TimeSpan ApiOutage = TimeSpan.FromSeconds(25);

    // More than twice the gap between two samples that still counts as measured.
    private static readonly TimeSpan MeteringOutage = TimeSpan.FromSeconds(25);

    // Of a tenth of a core: as much as some seconds give.
    private static readonly TimeSpan WorkOfAPod = TimeSpan.FromSeconds(0.4);

    private const int SpoolPort = 19_105;

    [Fact]
    public async Task ChainStopped_OperatorSaysSo_WorkloadGoesOn_AndIsSettledAfterwards()
    {
        var lease = await fixture.SurvivorAsync();
        var pods = await lease.ReadPodsAsync();
        await fixture.Faults.StopAsync("anvil");
        await DuringAsync("anvil", async () =>
        {
            var started = TimeProvider.System.GetTimestamp();
            await WaitUntilNotReadyAsync();
            await RestOfAsync(ChainOutage, started);
            Assert.Equal(pods, await lease.ReadPodsAsync());
        });
        await Eventually.HoldsAsync("the chain", async () => (await lease.ReadChainAsync()).State == LeaseState.Active ? null : "not active");
        await AssertGoesOnAsync(lease, pods);
    }

    [Fact]
    public async Task ApiServerKilled_WorkloadGoesOn_NothingIsClosed_NoUsageIsLost()
    {
        var lease = await fixture.SurvivorAsync();
        var pods = await lease.ReadPodsAsync();
        var (process, log, worked) = (OperatorProcess, fixture.OperatorLog.Length, lease.TruthSeconds);
        var atReturn = 0.0;
        await fixture.Faults.KillAsync(fixture.PartOf("kube-apiserver"));
        await DuringAsync(fixture.PartOf("kube-apiserver"), async () =>
        {
            var started = TimeProvider.System.GetTimestamp();
            await WaitUntilNotReadyAsync();
            await RestOfAsync(ApiOutage, started);
            atReturn = lease.TruthSeconds;
            Assert.True(atReturn - worked > 0.05 * ApiOutage.TotalSeconds, $"the workload used {atReturn - worked} s in {ApiOutage}");
            Assert.Equal(LeaseState.Active, (await lease.ReadChainAsync()).State);
        });
        await Eventually.HoldsAsync("the API server", async () => (await fixture.Admin.TryAsync("get", "nodes")) is { ExitCode: not 0 } failed ? failed.Error : null);
        await fixture.Site.WaitUntilReadyAsync(TestContext.Current.CancellationToken);
        await AssertGoesOnAsync(lease, pods);
        await Eventually.HoldsAsync("the usage of the outage in a receipt", async () =>
            (await lease.ReadRowAsync()).MeteredCpuSeconds is var metered && metered >= atReturn ? null : $"{metered} s of {atReturn} s");
        // The same process, in a term of leadership of its own.
        Assert.Equal(process, OperatorProcess);
        Assert.Contains("Leading, term", fixture.OperatorLog[log..], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Target", "stories")]
    public async Task PrometheusKilled_WorkloadGoesOn_AndWhatWasNotMeasuredIsNotBilled()
    {
        var lease = await fixture.OpenAsync("unmeasured", Workloads.Burner);
        await lease.WaitForNextSettlementAsync();
        var pods = await lease.ReadPodsAsync();
        await fixture.Faults.KillAsync(fixture.PartOf("prometheus"));
        await DuringAsync(fixture.PartOf("prometheus"), async () =>
        {
            var (started, killed) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
            await lease.WaitForConditionAsync("Metered", "False", ["SourceUnavailable"]);
            await RestOfAsync(MeteringOutage, started);
            await WaitForMetersAsync("False SourceUnavailable");
            var during = await lease.ReadChainAsync();
            Assert.Equal(LeaseState.Active, during.State);
            Assert.True(during.Through <= killed, $"a receipt claims {during.Through - killed} s after the last sample");
            Assert.Equal(pods, await lease.ReadPodsAsync());
        });
        await AssertGoesOnAsync(lease, pods);
        await WaitForMetersAsync("True Reading");
        await lease.WaitForConditionAsync("Metered", "False", ["CoverageLow"]);
        // The gap is known by its two ends: the window after it has the second one.
        System.Text.Json.JsonElement usage = default;
        var observed = 0L;
        await Eventually.HoldsAsync("the gap", async () =>
        {
            usage = (await lease.ReadAsync())!.Value.GetProperty("status").GetProperty("usage");
            (var expected, observed) = (usage.GetProperty("expectedMs").GetInt64(), usage.GetProperty("observedMs").GetInt64());
            return expected - observed > 0.8 * MeteringOutage.TotalMilliseconds ? null : $"{observed} ms count as measured, {expected} ms passed";
        });
        // Scratch space is held all the time, by the API server's word: no sample is needed for that.
        var lived = usage.GetProperty("throughMs").GetInt64() - ((await lease.ReadChainAsync()).ActivatedAt * 1000);
        Assert.InRange(long.Parse(usage.GetProperty("storageMiBMs").GetString()!, CultureInfo.InvariantCulture), (DemoStory.StorageMiB * observed) + 1, DemoStory.StorageMiB * lived);
        await lease.CloseAsync();
        await lease.WaitForCloseAsync();
        Sums.AssertPaidExactly(await lease.ReadRowAsync(), lease.WorkedAtClose);
    }

    [Fact]
    [Trait("Target", "stories")]
    public async Task PrometheusKilled_TheNodesSpoolHasIt_AndNothingIsLost()
    {
        var settings = await NodeSpool.StartAsync(fixture.Federation, fixture.Datacenter, $"http://127.0.0.1:{SpoolPort}", TestContext.Current.CancellationToken);
        try
        {
            await fixture.ReplaceOperatorAsync(webhook: true, settings);
            var lease = await fixture.OpenAsync("spooled", Workloads.Burner);
            await lease.WaitForNextSettlementAsync();
            var seen = (await lease.ReadPodsAsync()).ToHashSet();
            await fixture.Faults.KillAsync(fixture.PartOf("prometheus"));
            await DuringAsync(fixture.PartOf("prometheus"), async () =>
            {
                var (started, killed) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
                // The one in between lives where no scrape ever sees it.
                for (var pod = 0; pod < 2; pod++) await ReplacePodAsync(lease, seen);
                await RestOfAsync(MeteringOutage, started);
                await Eventually.HoldsAsync("receipts go on", async () => (await lease.ReadChainAsync()).Through is var through && through > killed ? null : $"{killed - through} s before the end of Prometheus");
            });
            var metered = await lease.WaitForConditionAsync("Metered", "True", ["Covered"]);
            await lease.CloseAsync();
            await lease.WaitForCloseAsync();
            var row = await lease.ReadRowAsync();
            Sums.AssertPaidExactly(row, lease.WorkedAtClose);
            Assert.True(row.MeteredCpuSeconds >= 0.98 * lease.WorkedAtClose, $"metered {row.MeteredCpuSeconds} s of {lease.WorkedAtClose} s; {metered}");
        }
        finally
        {
            await fixture.ReplaceOperatorAsync(webhook: true);
            await fixture.Faults.StopAsync(NodeSpool.PartOf(fixture.Datacenter));
        }
    }

    private Task WaitForMetersAsync(string said) => Eventually.HoldsAsync($"the Datacenter's meters: {said}", async () =>
        (await fixture.Admin.RunAsync("get", "datacenters", "-o", "jsonpath={range .items[*].status.conditions[?(@.type==\"MetersReadable\")]}{.status} {.reason}{end}")) is var now && now == said ? null : now);

    // Another pod in its place, which has worked for a second.
    private async Task ReplacePodAsync(TenantLease lease, HashSet<string> seen)
    {
        var pods = seen.Count;
        await fixture.Admin.RunAsync("delete", "pod", "--all", "-n", lease.Namespace, "--grace-period=1");
        await Eventually.HoldsAsync("another pod works", async () =>
        {
            seen.UnionWith((await lease.ReadPodsAsync()).Where(uid => !seen.Contains(uid) && fixture.Truth.Of(uid) > WorkOfAPod));
            return seen.Count > pods ? null : "no new one has";
        });
    }

    // Whatever the story finds, the next one finds the part running.
    private async Task DuringAsync(string part, Func<Task> story)
    {
        try
        {
            await story();
        }
        finally
        {
            await fixture.Faults.StartAsync(part);
        }
    }

    private int? OperatorProcess => Parts.ProcessId(fixture.Federation, fixture.Site.OperatorPart);

    private async Task WaitUntilNotReadyAsync()
    {
        using var http = fixture.Site.NewClient();
        await Eventually.HoldsAsync("readiness says no", async () =>
        {
            using var answer = await http.GetAsync("readyz");
            return answer.IsSuccessStatusCode ? "it still says that it is ready" : null;
        });
    }

    private static async Task RestOfAsync(TimeSpan outage, long started)
    {
        var left = outage - TimeProvider.System.GetElapsedTime(started);
        if (left > TimeSpan.Zero) await Task.Delay(left, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static async Task AssertGoesOnAsync(TenantLease lease, string[] pods)
    {
        await lease.WaitForNextSettlementAsync();
        Assert.Equal(LeaseState.Active, (await lease.ReadChainAsync()).State);
        Assert.Equal(pods, await lease.ReadPodsAsync());
        var row = await lease.ReadRowAsync();
        Assert.True(row.Paid <= row.Priced && row.MeteredCpuSeconds <= row.TruthCpuSeconds, $"{row}");
    }
}
