using System.Text;
using Federation.Chain.Sending;
using Federation.Chain.Tests.Support;
using Federation.Domain.Settlement;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Proxies;
using Federation.Proxies.Common;
using Federation.Proxies.Rpc;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Faults;

/// <summary>That the proxy before the node does what its faults say, and nothing else.</summary>
public sealed class RpcProxyTests : IAsyncLifetime
{
    private Market market = null!;
    private Proxy proxy = null!;
    private JsonRpcClient rpc = null!;

    private EthereumClient Client => new(rpc);

    private EthereumClient Direct => market.Anvil.Client;

    public async ValueTask InitializeAsync()
    {
        market = await Market.OpenAsync();
        proxy = await Proxy.StartAsync(market.Anvil.Url);
        rpc = new JsonRpcClient(proxy.Url, new JsonRpcOptions { MaxRetries = 0 });
    }

    public async ValueTask DisposeAsync()
    {
        rpc.Dispose();
        await proxy.DisposeAsync();
        await market.DisposeAsync();
    }

    [Fact]
    public async Task Answers_AreAsTheFaultSays_AndRightAgainAfterwards()
    {
        var lease = await market.MatchAsync();
        await market.Anvil.MineAsync(10);
        var head = await Direct.GetBlockNumberAsync();
        var logs = new LogFilter { Address = [market.Contracts.LeaseManager], FromBlock = BlockParameter.AtNumber(0), ToBlock = BlockParameter.AtNumber(head) };
        Assert.NotEmpty(await Client.GetLogsAsync(logs));

        var omitting = new OmittingLogs();
        proxy.Fault = omitting;
        Assert.Empty(await Client.GetLogsAsync(logs));
        Assert.True(omitting.Omitted > 0);
        proxy.Fault = new OmittingLogs(lease.Block + 1);
        Assert.NotEmpty(await Client.GetLogsAsync(logs));

        proxy.Fault = new Lagging(head - 5);
        Assert.Equal(head - 5, await Client.GetBlockNumberAsync());
        Assert.Equal(head - 5, (await Client.GetBlockAsync(BlockParameter.Latest))!.Number);
        Assert.Equal(head - 7, (await Client.GetBlockAsync(BlockParameter.Finalized))!.Number);
        Assert.Null(await Client.GetBlockAsync(BlockParameter.AtNumber(head - 4)));

        proxy.Fault = new Forked(head - 3);
        Assert.Equal((await Direct.GetBlockAsync(BlockParameter.AtNumber(head - 4)))!.Hash, (await Client.GetBlockAsync(BlockParameter.AtNumber(head - 4)))!.Hash);
        Assert.NotEqual((await Direct.GetBlockAsync(BlockParameter.AtNumber(head - 3)))!.Hash, (await Client.GetBlockAsync(BlockParameter.AtNumber(head - 3)))!.Hash);
        Assert.Equal((await Client.GetBlockAsync(BlockParameter.AtNumber(head - 3)))!.Hash, (await Client.GetBlockAsync(BlockParameter.AtNumber(head - 2)))!.ParentHash);

        proxy.Fault = new OtherChain(5);
        Assert.Equal(5UL, await Client.GetChainIdAsync());

        proxy.Fault = new Failing(-32005, "limit exceeded", method => method == "eth_chainId");
        Assert.Contains("limit exceeded", (await Assert.ThrowsAsync<RpcResponseException>(() => Client.GetChainIdAsync())).Message, StringComparison.Ordinal);
        Assert.Equal(head, await Client.GetBlockNumberAsync());

        proxy.Fault = new Refusing([429], TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(7), (await Assert.ThrowsAsync<RpcTransportException>(() => Client.GetChainIdAsync())).RetryAfter);

        proxy.Fault = Fault.None;
        Assert.Equal((Market.ChainId, head), (await Client.GetChainIdAsync(), await Client.GetBlockNumberAsync()));
    }

    [Fact]
    public async Task ReplyLost_TheTransactionIsThere()
    {
        proxy.Fault = new LosingReplies(e => Encoding.UTF8.GetString(e.Body).Contains("eth_sendRawTransaction", StringComparison.Ordinal));
        var nonce = await Direct.GetTransactionCountAsync(market.Operator.Writer.Address);
        var lease = await market.MatchAsync();
        using var sender = new TransactionSender(Client, Market.ChainId, market.Operator.Signer, Market.Sending, TimeProvider.System, NullLogger<TransactionSender>.Instance);
        var transactions = new EvmLeaseTransactions(Client, market.Contracts.LeaseManager, market.Contracts.Market, market.Contracts.Results, sender);
        Assert.Null(Assert.Single(await transactions.SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
        Assert.Equal(nonce + 1, await Direct.GetTransactionCountAsync(market.Operator.Writer.Address));
    }
}
