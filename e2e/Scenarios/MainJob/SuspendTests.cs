using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Two services with a volume each run out of escrow: one is topped up by what it asks for, of the other nobody takes care.</summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class SuspendTests(MainJobFixture fixture)
{
    private const uint VolumeMiB = 64;

    // Notice at full load, which is what the reserve is, has to outlast the pods' end and the grace's storage.
    private const string Patient = """{"spec":{"keep":{"graceSeconds":140,"retentionSeconds":40},"prices":{"noticeSeconds":30,"storage":"1000000000"}}}""";
    private const string AsBefore = """{"spec":{"keep":{"graceSeconds":0,"retentionSeconds":0},"prices":{"noticeSeconds":10,"storage":"0"}}}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EscrowRunsLow_ToppedUp_GoesOnWithItsData_NotToppedUp_IsClosedAndItsVolumeRetained()
    {
        await fixture.Admin.RunAsync("patch", "datacenter", fixture.Site.Name, "--type=merge", "-p", Patient);
        try
        {
            await Eventually.HoldsAsync("the new price book", async () => (await fixture.Site.Gateway.ReadInfoAsync(Cancellation)).Prices.Storage == 1_000_000_000 ? null : "it is the old one");
            await TellAsync();
        }
        finally
        {
            await fixture.Admin.RunAsync("patch", "datacenter", fixture.Site.Name, "--type=merge", "-p", AsBefore);
        }

        await Sums.AssertVaultAddsUpAsync(fixture);
    }

    private async Task TellAsync()
    {
        var (kept, left) = (await OpenAsync("kept"), await OpenAsync("left"));
        var volume = await ClaimOf(kept);
        var told = await kept.WaitForConditionAsync("Ready", "False", ["Suspended"], "Top up by ");
        await left.WaitForConditionAsync("Ready", "False", ["Suspended"], "Top up by ");
        await AssertStandsStillAsync(kept);

        await fixture.Chain.Wallet.TopUpAsync(kept.Demo.Id, kept.Demo.Terms, MissingOf(told), Cancellation);
        await kept.WaitForPhaseAsync(LeasePhase.Running);
        Assert.Equal(volume, await ClaimOf(kept));
        await Eventually.HoldsAsync("a second start on the same volume", async () => await StartsOf(kept) is var starts && starts == 2 ? null : $"{starts} starts");
        await kept.CloseAsync();

        await Eventually.HoldsAsync("the end of the grace", async () => (await left.ReadChainAsync()) is { State: not LeaseState.Active } ? null : "active", 240);
        Assert.Equal(CloseReason.Escrow, (await left.ReadChainAsync()).Reason);
        await Eventually.HoldsAsync("no pods", async () => (await left.ReadPodsAsync()).Length > 0 ? await TellPodsAsync(left) : null);
        await left.WaitForConditionAsync("Finished", "True", ["Escrow"], "volumes are kept until 20");
        Assert.Equal(1, await StartsOf(left));
        Assert.NotEmpty(await ClaimOf(left));
        await left.WaitForNamespaceGoneAsync();
        foreach (var lease in new[] { kept, left }) await AssertSumsAsync(lease);
    }

    private async Task<TenantLease> OpenAsync(string name)
    {
        var story = FederationStage.Story(name, Workloads.Service(more: """
            , "command":["/bin/sh","-c","echo start >> /data/starts; exec /bin/burn 3600 1000"], "volumes":[{"name":"disk","size":"64Mi","mountPath":"/data"}]
            """)) with { Deposit = 99_000, VolumesMiB = VolumeMiB };
        var lease = await fixture.MatchAsync(await fixture.AskAsync(story));
        await fixture.ProvideVolumeAsync(lease, "data-disk-work-0", VolumeMiB);
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        await lease.ReadPodsAsync();
        return lease;
    }

    private async Task AssertStandsStillAsync(TenantLease lease)
    {
        await Eventually.HoldsAsync("a workload that wants no pods", async () => await ReplicasOf(lease) is { Length: > 0 } and not "0" and var replicas ? $"{replicas} wanted" : null);
        await Eventually.HoldsAsync("no pods", async () => (await lease.ReadPodsAsync()).Length > 0 ? await TellPodsAsync(lease) : null);
        Assert.Equal(1, await StartsOf(lease));
        // Nobody can close it: what is claimed stays above the reserve. Its volume is measured all the same.
        var chain = await lease.ReadChainAsync();
        Assert.Equal(LeaseState.Active, chain.State);
        Assert.True(chain.Escrow > Accrual.ClosingReserve(lease.Demo.Terms), $"{chain.Escrow} is left");
        var (before, cpu) = await UsageOf(lease);
        await Eventually.HoldsAsync("storage of a window without pods", async () => (await UsageOf(lease)).Storage > before ? null : $"{before} MiB-ms");
        Assert.InRange((await UsageOf(lease)).CpuNanos - cpu, 0, 5_000_000_000);
    }

    private async Task AssertSumsAsync(TenantLease lease)
    {
        await lease.WaitForCloseAsync();
        var row = await lease.ReadRowAsync();
        Assert.Equal(BigInteger.Zero, row.Held);
        Assert.Equal(row.Deposited, row.Paid + row.Refunded);
        Assert.True(row.Paid > 0 && row.Paid <= row.Priced && row.MeteredCpuSeconds <= row.TruthCpuSeconds, $"{row}");
    }

    private async Task<int> StartsOf(TenantLease lease) => (await File.ReadAllLinesAsync(Path.Combine(fixture.VolumeFolderOf(lease), "starts"), Cancellation)).Length;

    private Task<string> ReplicasOf(TenantLease lease) => fixture.Admin.RunAsync("get", "statefulsets", "-n", lease.Namespace, "-o", "jsonpath={.items[*].spec.replicas}");

    // Whose fault it is that one stays: its controller's, the node's, or the operator's, who wakes it.
    private async Task<string> TellPodsAsync(TenantLease lease) =>
        await fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={range .items[*]}{.metadata.name} made {.metadata.creationTimestamp}, told to end {.metadata.deletionTimestamp}, {.status.phase} {.status.containerStatuses[*].state}; {end}")
        + $"{await ReplicasOf(lease)} wanted, {await StartsOf(lease)} starts; events: "
        + await fixture.Admin.RunAsync("get", "events", "-n", lease.Namespace, "-o", "jsonpath={range .items[*]}{.lastTimestamp} {.reason} {.message}; {end}");

    private Task<string> ClaimOf(TenantLease lease) => fixture.Admin.RunAsync("get", "pvc", "-n", lease.Namespace, "-o", "jsonpath={.items[*].metadata.uid}");

    private static async Task<(long Storage, long CpuNanos)> UsageOf(TenantLease lease)
    {
        var usage = (await lease.ReadAsync())!.Value.GetProperty("status").GetProperty("usage");
        long Read(string name) => usage.TryGetProperty(name, out var value) ? long.Parse(value.GetString()!, CultureInfo.InvariantCulture) : 0;
        return (Read("storageMiBMs"), Read("cpuNanoSeconds"));
    }

    private static BigInteger MissingOf(string message)
    {
        var words = message.Split(' ');
        return BigInteger.Parse(words[Array.IndexOf(words, "by") + 1], CultureInfo.InvariantCulture);
    }
}
