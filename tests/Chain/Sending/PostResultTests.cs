using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.ResultBoard;
using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Tests.Sending;

/// <summary>Results of leases on the real board, and the call to a contract that asked for it.</summary>
public class PostResultTests
{
    private static readonly ResultOutcome Outcome = new("0x" + new string('d', 64), 7);

    [Fact]
    public async Task Result_IsPostedOnce_HoweverOftenItIsWanted()
    {
        await using var market = await Market.OpenAsync();
        var (ledger, lease) = (Ledger(market), await market.MatchAsync());
        var intent = new PostResultIntent(lease.Id, lease.Terms, Outcome);

        // Before the lease runs the contract takes none; that will pass.
        var early = await SubmitAsync(market, intent);
        Assert.StartsWith("LeaseNotRun(", early.Error, StringComparison.Ordinal);
        Assert.False(early.IsRefusedForGood);

        await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default);
        var posted = await SubmitAsync(market, intent);
        Assert.Null(posted.Error);
        Assert.NotNull(posted.TransactionHash);
        Assert.Null(await ledger.ReadResultAsync(lease.Id, posted.Block - 1, default));
        Assert.Equal(new PostedResult(Outcome.Digest, Outcome.Status, CallsTenant: false, IsDelivered: false), await ledger.ReadResultAsync(lease.Id, posted.Block, default));

        // Another leader wants it too, or this one after a restart.
        var again = await SubmitAsync(market, intent with { Outcome = Outcome with { Status = 9 } });
        Assert.Equal((null, null, true), (again.Error, again.TransactionHash, again.Block >= posted.Block));
        Assert.Equal(Outcome.Status, (await ledger.ReadResultAsync(lease.Id, again.Block, default))!.Status);
    }

    [Fact]
    public async Task ContractTenant_IsCalled_WithGasToSpare()
    {
        await using var market = await Market.OpenAsync();
        var (client, lease) = await RentAsync(market, "Client");
        var posted = await SubmitAsync(market, new PostResultIntent(lease.Id, lease.Terms, Outcome));
        Assert.Null(posted.Error);
        Assert.Equal((Bytes32.Parse(Outcome.Digest), 1), await client.ReadAsync());
        Assert.Equal(new PostedResult(Outcome.Digest, Outcome.Status, CallsTenant: true, IsDelivered: true), await Ledger(market).ReadResultAsync(lease.Id, posted.Block, default));
    }

    // The client may use all that the contract gives it: the transaction has to have that much and what comes after.
    [Theory]
    [InlineData("Spinner")]
    [InlineData("RevertingClient")]
    public async Task ClientThatFails_CostsNoMoreThanItsGas_AndTheResultIsThere(string name)
    {
        await using var market = await Market.OpenAsync();
        var (_, lease) = await RentAsync(market, name);
        var posted = await SubmitAsync(market, new PostResultIntent(lease.Id, lease.Terms, Outcome));
        Assert.Null(posted.Error);
        Assert.Equal(new PostedResult(Outcome.Digest, Outcome.Status, CallsTenant: true, IsDelivered: false), await Ledger(market).ReadResultAsync(lease.Id, posted.Block, default));
    }

    [Fact]
    public async Task ReplicaOfAJob_IsRefusedForGood()
    {
        await using var market = await Market.OpenAsync();
        var (client, lease) = await RentAsync(market, "Client");
        await CommitAsync(market, client, lease);
        var outcome = await SubmitAsync(market, new PostResultIntent(lease.Id, lease.Terms, Outcome));
        Assert.StartsWith("ReplicaIsPart(", outcome.Error, StringComparison.Ordinal);
        Assert.True(outcome.IsRefusedForGood);
        Assert.Null(outcome.TransactionHash);
    }

    [Fact]
    public async Task LedgerOfANodeThatIsAway_SaysSo()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.StopAsync();
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => Ledger(market).ReadResultAsync(LeaseId.Parse(Outcome.Digest), 1, default))).IsTransient);
    }

    private static EvmResultLedger Ledger(Market market) => new(market.Anvil.Client, market.Contracts.Results);

    private static async Task<IntentOutcome> SubmitAsync(Market market, LeaseIntent intent) => Assert.Single(await market.Transactions().SubmitAsync([intent], default));

    // The lease is the first replica of a job that its tenant opens.
    private static async Task CommitAsync(Market market, ClientContract client, MatchedLease lease)
    {
        var now = (await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
        var job = new JobTerms
        {
            Tenant = client.Address, Token = market.Token, RequestHash = Bytes32.Parse(client.RequestHash!), Replicas = 3, Threshold = 2, Deterministic = false,
            Callback = true, Bond = 5, Reward = 0, CommitUntil = now + 600, RevealUntil = now + 1200, Salt = 1,
        };
        await client.CallAsync(market.Contracts.Results, new OpenJobFunction { Terms = job, Funding = Funding.Allowance });
        await new ContractDeployment(market.Deployer.Writer, Repository.Artifacts).MintAsync(market.Token, market.Operator.Writer.Address, 5, default);
        await new TenantWallet(market.Operator.Writer, market.Contracts).ApproveAsync(market.Token, 5, default);
        var desk = new ResultDesk(market.Operator.Writer, market.Contracts);
        await desk.CommitAsync(job, 0, lease.Terms, Bytes32.Parse(Outcome.Digest), 0, Bytes32.Zero, Funding.Allowance, default);
    }

    private static async Task<(ClientContract Client, MatchedLease Lease)> RentAsync(Market market, string name)
    {
        var client = await ClientContract.DeployAsync(market.TenantWriter, name);
        await new ContractDeployment(market.Deployer.Writer, Repository.Artifacts).MintAsync(market.Token, client.Address, 20_000_000, default);
        var request = await market.RequestAsync();
        request = request with { Tenant = client.Address.ToString(), Callback = true, ExpiresAt = request.ExpiresAt + 7200 };
        await client.PostAsync(market, request);
        var lease = await market.AwardAsync(request);
        Assert.Null(Assert.Single(await market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
        return (client, lease);
    }
}
