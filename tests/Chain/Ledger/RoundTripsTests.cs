using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Ledger;

/// <summary>What an operator at rest asks in each block is nearly all that it costs.</summary>
public class RoundTripsTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(3u)]
    public async Task EachNewBlock_IsReadInTwo_AndTheHeadIsThatOfTheChain(uint confirmations)
    {
        await using var market = await Market.OpenAsync();
        using var counter = new Counter();
        using var rpc = new JsonRpcClient(market.Anvil.Url, handler: counter);
        var options = market.LedgerOptions with { Confirmations = confirmations, FinalizedDepth = null };
        var ledger = new EvmLeaseLedger(new EthereumClient(rpc), options, new FakeClock(), NullLogger<EvmLeaseLedger>.Instance);
        for (var i = 0; i < 8; i++)
        {
            await market.Anvil.MineAsync(1);
            var before = counter.Exchanges;
            var head = await ledger.ReadHeadAsync(default);
            await ledger.ReadChangesAsync(head.Confirmed, head.Confirmed, head.Confirmed, default);
            var fresh = await new EvmLeaseLedger(market.Anvil.Client, options, new FakeClock(), NullLogger<EvmLeaseLedger>.Instance).ReadHeadAsync(default);
            Assert.Equal(fresh, head);
            if (i > confirmations) Assert.Equal(2, counter.Exchanges - before);
        }
    }

    private sealed class Counter() : DelegatingHandler(new SocketsHttpHandler())
    {
        public int Exchanges { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Exchanges++;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
