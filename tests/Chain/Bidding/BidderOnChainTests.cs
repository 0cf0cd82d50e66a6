using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Testing;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;

namespace Federation.Chain.Tests.Bidding;

/// <summary>The open path from the post to the lease, by the operator alone, on the real contracts.</summary>
public class BidderOnChainTests
{
    private readonly InMemoryHolds holds = new();

    [Fact]
    public async Task ContractPosts_OperatorBidsAndAwards_AndTheLeaseTakesTheHold()
    {
        await using var market = await Market.OpenAsync();
        var cluster = new InMemoryCluster(new PortGate()) { Datacenter = BiddingOperator.Datacenter(market), Holds = holds };
        var clock = await ClockAsync(market);
        var request = await PostByContractAsync(market);
        var hash = market.Orders.HashOf(request);

        // Held, and dies; held and sent, and dies: whoever comes next finds what there is.
        await market.Anvil.MineAsync(2);
        using (var first = new BiddingOperator(market, holds, clock, cluster)) await first.LookAsync();
        Assert.True(Assert.Single(holds.Stored).IsBid);
        using (var second = new BiddingOperator(market, holds, clock, cluster)) await second.PassAsync();
        using var third = new BiddingOperator(market, holds, clock, cluster);
        for (var pass = 0; pass < 3; pass++) await third.PassAsync();
        Assert.Single(await BidsAsync(market, hash));
        Assert.Single(third.Held);

        await third.WaitAsync(75);
        for (var pass = 0; pass < 3; pass++) await third.PassAsync();
        var lease = Assert.Single(await new PostedRequests(market.TenantWriter, market.Contracts).ReadAwardedAsync(hash, 1, default));
        Assert.Equal((request.Tenant, request.Resources), (lease.Terms.Tenant, lease.Terms.Resources));
        Assert.NotEmpty(cluster.Spaces[lease.Id].Reserved);
        Assert.Empty((await third.Capacities.ReadAsync(fresh: true, default))!.Open);
        Assert.Single(await BidsAsync(market, hash));
    }

    [Fact]
    public async Task PostIsWithdrawn_AndTheHoldGoes()
    {
        await using var market = await Market.OpenAsync();
        var cluster = new InMemoryCluster(new PortGate()) { Datacenter = BiddingOperator.Datacenter(market), Holds = holds };
        var (clock, desk) = (await ClockAsync(market), new PostedRequests(market.TenantWriter, market.Contracts));
        var request = Patient(await market.RequestAsync(), clock);
        await desk.PostAsync(request, 60, Funding.Allowance, default);
        await market.Anvil.MineAsync(2);
        using var operators = new BiddingOperator(market, holds, clock, cluster);
        // Held, and the tenant is quicker than the bid.
        await operators.LookAsync();
        Assert.Single(operators.Held);
        await desk.WithdrawAsync(request, default);
        await market.Anvil.MineAsync(2);
        for (var pass = 0; pass < 3; pass++) await operators.PassAsync();
        Assert.Empty(operators.Held);
        Assert.Empty(await BidsAsync(market, market.Orders.HashOf(request)));
    }

    private static async Task<FakeClock> ClockAsync(Market market) =>
        new((long)(await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp * 1000);

    private static RequestTerms Patient(RequestTerms request, FakeClock clock) => request with { ExpiresAt = clock.NowSeconds + 10_800 };

    private static async Task<RequestTerms> PostByContractAsync(Market market)
    {
        var client = await ClientContract.DeployAsync(market.TenantWriter, "Client");
        await new ContractDeployment(market.Deployer.Writer, Repository.Artifacts).MintAsync(market.Token, client.Address, 20_000_000, default);
        var request = Patient(await market.RequestAsync(), await ClockAsync(market)) with { Tenant = client.Address.ToString(), Provider = Address.Zero.ToString() };
        await client.PostAsync(market, request);
        return request;
    }

    private static Task<IReadOnlyList<Log>> BidsAsync(Market market, string hash) => market.Anvil.Client.GetLogsAsync(
        LogFilter.ForEvent<BidPlacedEventDTO>(market.Contracts.Market, Bytes32.Parse(hash), null) with { FromBlock = BlockParameter.AtNumber(0) });
}
