using Federation.Application.Ports;
using Federation.Application.Requesting;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;
using Federation.Testing.Builders;
using Federation.Testing.Requesting;

namespace Federation.Application.Tests.Requesting;

/// <summary>What a scrape of a tenant's operator shows, from what its passes did.</summary>
public sealed class RequestMetricsTests : IDisposable
{
    private readonly TenantWorld world = new();

    public void Dispose() => world.Metrics.Dispose();

    [Fact]
    public async Task Request_IsPending_Serving_AndGone()
    {
        using var scrape = new Scrape(world.Metrics.Meter);
        var requester = world.Operator();
        await world.PassAsync(requester);
        Assert.Equal(1, scrape.Now("federation_tenant_requests{pending,Matching}"));
        await world.RunAsync(requester, 8);
        Assert.Equal(1, scrape.Now("federation_tenant_requests{serving,}"));
        Assert.Equal(1, scrape.Count("federation_tenant_requests"));
        Assert.Equal(0, scrape.Count("federation_tenant_pending_seconds"));
        Assert.Equal((2, 0), (scrape.Counted("federation_tenant_intents_total{match,done}"), scrape.Counted("federation_tenant_intents_total{match,failed}")));
        Assert.Equal(2 * (double)Some.Deposit, scrape.Counted("federation_tenant_funded_units_total{match}"));
        Assert.Equal(2 * (double)Some.Deposit, scrape.Now("federation_tenant_escrow_units"));

        world.Demand = world.Demand with { IsDeleted = true };
        await world.PassAsync(requester);
        Assert.Equal(1, scrape.Now("federation_tenant_requests{ending,}"));
        await world.RunAsync(requester, 20);
        Assert.Equal((0, 0), (scrape.Count("federation_tenant_requests"), scrape.Now("federation_tenant_escrow_units")));
        Assert.Equal(2, scrape.Counted("federation_tenant_intents_total{end,done}"));
    }

    // However often the reason changes: it has not served all the time.
    [Fact]
    public async Task Waiting_IsCounted_FromWhenItBegan()
    {
        using var scrape = new Scrape(world.Metrics.Meter);
        world.IsWalletEmpty = true;
        var requester = world.Operator();
        await world.PassAsync(requester);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(600, scrape.Now("federation_tenant_pending_seconds{WalletShort}"));
        world.IsDirectoryDown = true;
        await world.PassAsync(requester);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(660, scrape.Now("federation_tenant_pending_seconds{DirectoryUnreadable}"));
        Assert.Equal(1, scrape.Count("federation_tenant_pending_seconds"));
    }

    [Fact]
    public async Task Failover_IsCountedOnce_ByItsReason()
    {
        using var scrape = new Scrape(world.Metrics.Meter);
        world.Demand = world.Demand with { Failover = new FailoverPolicy(60, 90, 3) };
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.Silent.Add("0xc");
        await world.RunAsync(requester, 20);
        Assert.Equal((1, 0), (scrape.Counted("federation_tenant_failovers_total{DatacenterSilent}"), scrape.Counted("federation_tenant_failovers_total{NotReadyTooLong}")));
    }

    [Fact]
    public async Task TermThatIsOver_IsNoFailover_AndNothingWaits()
    {
        using var scrape = new Scrape(world.Metrics.Meter);
        world.Demand = world.Demand with { Failover = new FailoverPolicy(60, 90, 3), DurationSeconds = 300 };
        await world.RunAsync(world.Operator(), 60);
        Assert.Equal(1, scrape.Now("federation_tenant_requests{over,}"));
        Assert.Equal(0, scrape.Sum("federation_tenant_failovers_total"));
    }

    // Of another token nothing is added to what is shown in this one.
    [Fact]
    public async Task OtherToken_IsNoPartOfTheSums()
    {
        using var scrape = new Scrape(world.Metrics.Meter);
        world.Demand = world.Demand with { Token = "0x00000000000000000000000000000000000000ee" };
        await world.RunAsync(world.Operator(), 8);
        Assert.Equal(1, scrape.Now("federation_tenant_requests{serving,}"));
        Assert.Equal((0, 0), (scrape.Now("federation_tenant_escrow_units"), scrape.Sum("federation_tenant_funded_units_total")));
    }

    // It may say another word each time: no label is a stranger's.
    [Fact]
    public void WordOfADatacenter_IsNoLabel()
    {
        using var scrape = new Scrape(world.Metrics.Meter);
        for (var i = 0; i < 3; i++) world.Metrics.Passed(world.Demand with { Key = $"default/r{i}" }, RequestRecord.New, Report($"Word{i}", ConditionStatus.True));
        Assert.Equal((3, 1), (scrape.Now("federation_tenant_requests{pending,DatacenterSays}"), scrape.Count("federation_tenant_requests")));
    }

    [Fact]
    public void Unfunded_IsCounted_AndForgottenByWhoDoesNotLead()
    {
        using var scrape = new Scrape(world.Metrics.Meter);
        world.Metrics.Passed(world.Demand, RequestRecord.New, Report("Running", ConditionStatus.False));
        world.Metrics.Has(new TenantFunds(1_000, 50, 300, true));
        Assert.Equal((1, 350), (scrape.Now("federation_tenant_unfunded_requests"), scrape.Now("federation_tenant_spendable_units")));
        world.Metrics.Clear();
        Assert.Equal((0, 0), (scrape.Now("federation_tenant_unfunded_requests"), scrape.Count("federation_tenant_spendable_units")));
    }

    private static RequestReport Report(string reason, ConditionStatus funded) => new(
        RequestRecord.New, Some.Tenant, [], [new("Ready", ConditionStatus.False, reason, ""), new("Funded", funded, "EscrowLow", "")], TimeSpan.FromSeconds(5));
}
