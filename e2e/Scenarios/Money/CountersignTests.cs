using System.Globalization;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Tenancy;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Scenarios.Harness;
using Federation.Scenarios.MainJob;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Scenarios.Money;

/// <summary>
/// A tenant's agent beside a datacenter that runs: the shipped program gets the receipts of the real gateway, adds the evidence up anew, and compares it with what
/// the tenant read, of its own Prometheus or of the kernel. What it signs is paid at once; what it does not sign it says why.
/// </summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class CountersignTests(MainJobFixture fixture)
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatTheTenantReadItself_IsSigned_AndPaidAtOnce_AndMoreThanThatIsNot()
    {
        // A settlement waits for others for minutes where an epoch is an hour. What a tenant signs meanwhile goes with it.
        await fixture.ReplaceOperatorAsync(webhook: true, new Dictionary<string, string> { ["Federation__Settling__Patience"] = "00:00:06" });
        try
        {
            await TellAsync();
        }
        finally
        {
            await fixture.ReplaceOperatorAsync(webhook: true);
        }
    }

    private async Task TellAsync()
    {
        await using var memory = new MemoryTruth(fixture.Datacenter);
        var lease = await fixture.OpenAsync("countersigned", Workloads.Burner);
        var pod = Assert.Single(await lease.ReadPodsAsync());
        // What lies beside a meter may sign receipts and nothing else.
        using var session = LocalSigner.Generate();
        await fixture.Chain.Tenant.Writer.CallAsync(fixture.Chain.Contracts.LeaseManager, new SetSessionKeyFunction { Key = session.Address, Allowed = true }, Cancellation);
        using var home = new TenantHome(fixture, session);
        await lease.WaitForNextSettlementAsync();

        // 1. A store that shows half of it.
        var half = $"500 * sum(container_cpu_usage_seconds_total{{job=\"cadvisor\",namespace=\"{lease.Namespace}\",container!=\"\",container!=\"POD\"}})";
        await Eventually.HoldsAsync("a receipt that is not signed", async () =>
        {
            using var once = Agent("doubtful", "--Countersign:Once=true", $"--Countersign:Prometheus:Url={fixture.Datacenter.PrometheusUrl}", $"--Countersign:Queries:cpuMilliSeconds={half}", "--Countersign:Trusted:2=memoryMiBSeconds");
            var code = await once.EndAsync(Cancellation);
            if (code == 1 && once.Said.Contains("cpuMilliSeconds are claimed, ", StringComparison.Ordinal) && once.Said.Contains("were read here; 2.0 % more would be signed.", StringComparison.Ordinal)) return null;
            return $"it ended with {code} and said: {once.Said}";
        });
        Assert.DoesNotContain((await HistoryAsync(lease)).Settlements, s => s.IsCountersigned);

        // 2. The kernel's own count, which the tenant goes on writing down.
        var readings = home.Write("readings", Reading((await lease.ReadChainAsync()).ActivatedAt * 1000, 0, 0));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var reader = ReadOnAsync(readings, pod, memory, stop.Token);
        var said = "";
        // Other stories ask the same gateway from the same address, which may ask twice a second.
        using (var agent = Agent("agent", "--Countersign:Every=00:00:02", $"--Countersign:ReadingFile={readings}"))
        {
            await Eventually.HoldsAsync("a settlement that is countersigned", async () =>
                (await HistoryAsync(lease)).Settlements.Any(s => s.IsCountersigned) ? null : $"the agent says: {agent.Said}");
            said = agent.Said;
        }

        // 3. It brought the money, with all that waited; one that nobody signed brought none.
        var history = await HistoryAsync(lease);
        var signed = history.Settlements.First(s => s.IsCountersigned);
        Assert.Equal(signed.Claimed, history.Payments.Where(p => p.Block <= signed.Block).Aggregate(System.Numerics.BigInteger.Zero, (sum, p) => sum + p.Amount));
        Assert.Contains(history.Payments, p => p.Transaction == signed.Transaction);
        Assert.DoesNotContain(history.Payments, p => p.Transaction == history.Settlements[0].Transaction);
        Assert.Contains($"Receipt {signed.Seq} is countersigned. That the workload was down for", said, StringComparison.Ordinal);
        // Its own copy is there for a dispute.
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(home.Folder, "agent", lease.Demo.Id.ToString()), "0x*.gz"));
        await stop.CancelAsync();
        await reader.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        await lease.CloseAsync();
        await lease.WaitForCloseAsync();
        Sums.AssertPaidExactly(await lease.ReadRowAsync(), lease.WorkedAtClose);

        CountersigningAgent Agent(string folder, params string[] more) => CountersigningAgent.Start(
        [
            $"--Countersign:Gateway={fixture.Site.Endpoint}", $"--Countersign:AuthorityFile={fixture.Site.CertificateFile}", $"--Countersign:Lease={lease.Demo.Id.Hex}", $"--Countersign:ChainId={fixture.Federation.ChainId}",
            $"--Countersign:LeaseManager={fixture.Chain.Contracts.LeaseManager}", $"--Countersign:OperatorKey={fixture.Chain.Operators[fixture.Site.Name]}", $"--Countersign:Folder={Path.Combine(home.Folder, folder)}",
            $"--Countersign:KeystoreFile={home.Keystore}", $"--Countersign:KeystorePasswordFile={home.Password}", "--Countersign:Trusted:0=egressKiB", "--Countersign:Trusted:1=storageMiBSeconds", .. more,
        ], home.Folder);
    }

    // The time of a line comes first: what is read after it is no less than what was used by then.
    private async Task ReadOnAsync(string file, string pod, MemoryTruth memory, CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(ReadEvery, TimeProvider.System, stop);
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            fixture.Truth.Sample();
            await File.AppendAllTextAsync(file, Reading(now, fixture.Truth.Of(pod).TotalMilliseconds, memory.MiBSeconds(pod, now).Most), stop);
        }
    }

    private static string Reading(long atMs, double cpu, double memory) =>
        string.Create(CultureInfo.InvariantCulture, $"{{\"atMs\":{atMs},\"cpuMilliSeconds\":{cpu:0.###},\"memoryMiBSeconds\":{memory:0.###}}}\n");

    private async Task<LeaseHistory> HistoryAsync(TenantLease lease)
    {
        var archive = new EvmLeaseArchive(fixture.Chain.Tenant.Client, fixture.Chain.Contracts, 10_000, NullLogger<EvmLeaseArchive>.Instance);
        return await archive.ReadHistoryAsync(await archive.FindAsync(lease.Demo.Id, Cancellation) ?? throw new InvalidOperationException("the chain knows no such lease"), Cancellation);
    }
}
