using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Testing.Builders;
using Federation.Testing.Cluster;

namespace Federation.Application.Tests.Reconciling;

public sealed class EarningsTests
{
    private static readonly WatcherOptions Chain = new(1, "0xAB", 10);
    private readonly FixedEarnings ledger = new();
    private DatacenterRecord datacenter = Quoting.QuoterTests.Datacenter;

    [Fact]
    public async Task Sum_NeverFalls_AndGoesOnAfterARestart_WhereTheStatusEnds()
    {
        (ledger.Paid[9], ledger.Paid[12], ledger.Paid[15], ledger.Paid[18]) = (1_000, 3, 5, 7);
        var reader = new EarningsReader(ledger, Chain);
        Assert.Equal((8, 15UL), await ReadAsync(reader, 15));
        Assert.Equal((8, 15UL), await ReadAsync(reader, 15));
        // A node that is behind takes nothing away; another process goes on from the status.
        Assert.Equal((8, 15UL), await ReadAsync(reader, 11));
        Assert.Equal((15, 20UL), await ReadAsync(new EarningsReader(ledger, Chain), 20));
        Assert.Equal([(10UL, 15UL), (16UL, 20UL)], ledger.Asked);
    }

    [Fact]
    public async Task StatusThatIsGone_OrOfAnotherToken_IsSummedAnew()
    {
        ledger.Paid[12] = 3;
        await ReadAsync(new EarningsReader(ledger, Chain), 20);
        datacenter = datacenter with { Spec = datacenter.Spec with { Prices = datacenter.Spec.Prices with { Token = Some.Tenant } } };
        Assert.Equal((3, 20UL), await ReadAsync(new EarningsReader(ledger, Chain), 20));
        datacenter = datacenter with { Report = null };
        Assert.Equal((3, 20UL), await ReadAsync(new EarningsReader(ledger, Chain), 20));
        Assert.All(ledger.Asked, a => Assert.Equal((10UL, 20UL), a));
        Assert.Equal(3, ledger.Asked.Count);
    }

    [Fact]
    public async Task LongHistory_IsReadInParts()
    {
        (ledger.Paid[11], ledger.Paid[150_000]) = (3, 5);
        var reader = new EarningsReader(ledger, Chain);
        Assert.Equal((3, 100_009UL), await ReadAsync(reader, 200_000));
        Assert.Equal((8, 200_000UL), await ReadAsync(reader, 200_000));
    }

    [Fact]
    public async Task BlocksThatAreNotConfirmed_AreNotReadYet_ThoughTheyMayBeFinal()
    {
        ledger.Paid[12] = 3;
        var head = new LedgerHead(30, 11, 0, "0x1", 30, "0x1");
        Assert.Equal(11UL, (await new EarningsReader(ledger, Chain).ReadAsync(datacenter, head, default)).ThroughBlock);
    }

    private async Task<(int Amount, ulong Through)> ReadAsync(EarningsReader reader, ulong final)
    {
        var earned = await reader.ReadAsync(datacenter, new LedgerHead(final + 9, final + 5, 0, "0x1", final, "0x1"), default);
        datacenter = datacenter with { Report = new DatacenterReport([], 0, 0, 0, 0, earned) };
        return ((int)earned.Amount, earned.ThroughBlock);
    }
}
