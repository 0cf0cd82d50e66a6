using System.Numerics;
using Federation.Harness;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>What a pod holds and sends by the kernel's count, beside what its lease is billed: never above it, and not far below.</summary>
[Collection(MainJobCollection.Name)]
public sealed class MeterTests(MainJobFixture fixture)
{
    private const int Portions = 4;
    private const int PortionBytes = 1 << 20;

    // A token's smallest unit for a hundredth of a MiB.
    private static readonly BigInteger EgressPrice = 10_000_000_000;

    // Bytes count from the first one on; what came after the last sample is some packets that keep a network up.
    private const double EgressShortfall = 0.001;

    // Memory counts between samples: what was before the first one, and how it rose between two, is nobody's.
    private const double MemoryShortfall = 0.02;
    private const double SecondsBeforeTheFirstSample = 3;

    // 20 MiB that it does not let go of, four times a MiB that it sends, and then work.
    private static readonly string Sender = Workloads.Service(more: $$"""
        , "command":["/bin/sh","-c","dd if=/dev/zero bs=20M count=1 | sleep 3600 & for i in 1 2 3 4; do dd if=/dev/zero bs=64k count=16 | nc {{Sink.Address}} {{Sink.Port}}; sleep 4; done; exec /bin/burn 3600 1000"]
        """);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MemoryAndEgress_AreBilledAsTheKernelCountsThem_AndNeverAboveThat()
    {
        await PriceEgressAsync(EgressPrice);
        await using var sink = new Sink(fixture);
        try
        {
            await sink.StartAsync();
            await TellAsync(sink);
        }
        finally
        {
            await PriceEgressAsync(0);
        }
    }

    private async Task TellAsync(Sink sink)
    {
        await using var memory = new MemoryTruth(fixture.Datacenter);
        var lease = await fixture.MatchAsync(await AskAsync());
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(Domain.Leases.LeasePhase.Running);
        var pod = Assert.Single(await lease.ReadPodsAsync());
        await using var link = await LinkTruth.OfAsync(fixture.Federation, fixture.Datacenter, pod, Cancellation);
        await lease.WaitForNextSettlementAsync();
        await Eventually.HoldsAsync("all that is sent is in a receipt", async () =>
            (await lease.LastSettledAsync()).Usage.EgressKiB * 1024 is var billed && billed > Portions * PortionBytes ? null : $"{sink.Bytes} bytes have arrived, {billed} are billed", 180);
        await lease.WaitForConditionAsync("Metered", "True", ["Covered"]);
        await lease.CloseAsync();
        await lease.WaitForCloseAsync();

        var (settled, terms) = (await lease.LastSettledAsync(), lease.Demo.Terms);
        Assert.Equal((EgressPrice, true), (terms.Prices.Egress, terms.Prices.Memory > 0));
        Assert.Equal(Portions * PortionBytes, sink.Bytes);
        Assert.InRange(settled.Usage.EgressKiB * 1024.0, Math.Max(sink.Bytes, link.Bytes * (1 - EgressShortfall)) - 1024, link.Bytes);
        // A receipt is until a whole second; its last window may end within the next.
        var (least, most) = (memory.MiBSeconds(pod, (long)settled.Through * 1000).Least, memory.MiBSeconds(pod, ((long)settled.Through + 1) * 1000).Most);
        Assert.True(memory.PeakMiB(pod) > 20, $"it held {memory.PeakMiB(pod)} MiB at the most");
        Assert.InRange(settled.Usage.MemoryMiBSeconds, (least * (1 - MemoryShortfall)) - (SecondsBeforeTheFirstSample * memory.PeakMiB(pod)), most);
        TestContext.Current.TestOutputHelper?.WriteLine($"egress: {settled.Usage.EgressKiB} KiB of {link.Bytes} bytes; memory: {settled.Usage.MemoryMiBSeconds} MiB-s of {least:0.0} to {most:0.0}");
        var row = await lease.ReadRowAsync();
        Sums.AssertPaidExactly(row, lease.WorkedAtClose);
        Assert.True(row.Paid >= settled.Usage.EgressKiB * EgressPrice / 1_000_000_000, $"{row.Paid} for {settled.Usage.EgressKiB} KiB and more");
        await Sums.AssertEvidenceAsync(lease);
    }

    // The operator offers it at the new price as soon as it has seen it.
    private async Task<PricedStory> AskAsync()
    {
        await Eventually.HoldsAsync("a price for egress", async () => (await fixture.Site.Gateway.ReadInfoAsync(Cancellation)).Prices.Egress == EgressPrice ? null : "it is the old one");
        return await fixture.AskAsync(FederationStage.Story("sender", Sender) with { EgressKiBps = 512 });
    }

    private Task<string> PriceEgressAsync(BigInteger price) =>
        fixture.Admin.RunAsync("patch", "datacenter", fixture.Site.Name, "--type=merge", "-p", $$"""{"spec":{"prices":{"egress":"{{price}}"} } }""");
}
