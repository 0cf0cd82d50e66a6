using Federation.Application.Ports;
using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
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

    // From 85,000 bytes on an array is a large object, and those have the whole heap collected.
    [Fact]
    public async Task AllLeases_AreReadInAnswersThatAreNoLargeObjects()
    {
        await using var market = await Market.OpenAsync();
        using var counter = new Counter();
        using var rpc = new JsonRpcClient(market.Anvil.Url, handler: counter);
        var ledger = new EvmLeaseLedger(new EthereumClient(rpc), market.LedgerOptions, new FakeClock(), NullLogger<EvmLeaseLedger>.Instance);
        LeaseReference[] leases = [.. Enumerable.Range(1, 1_000).Select(i => new LeaseReference(LeaseId.Parse($"0x{i:x64}"), null))];
        Assert.Equal(1_000, (await ledger.ReadLeasesAsync(leases, await market.Anvil.Client.GetBlockNumberAsync(), default)).Count);
        Assert.InRange(counter.Exchanges, 2, 20);
        Assert.InRange(counter.Largest, 1, 80_000);
    }

    private sealed class Counter() : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly Lock gate = new();
        private int exchanges;

        public int Exchanges => exchanges;

        public long Largest { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref exchanges);
            var response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            lock (gate) Largest = Math.Max(Largest, response.Content.Headers.ContentLength ?? long.MaxValue);
            return response;
        }
    }
}
