using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Proxies;
using Federation.Proxies.Rpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Tests.Ledger;

/// <summary>Logs that a real node has and does not tell of, found by the blooms and receipts of its blocks.</summary>
public sealed class LogWitnessTests : IAsyncLifetime
{
    private readonly Lines lines = new();
    private Market market = null!;
    private Proxy proxy = null!;
    private JsonRpcClient rpc = null!;

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

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    [InlineData(1_500)]
    public async Task Omitted_IsSaid_UntilItIsTold(int blocksSince)
    {
        var ledger = Ledger();
        await ReadAsync(ledger);
        proxy.Fault = new OmittingLogs();
        var lease = await market.MatchAsync();
        // In pieces: each of them has to be answered within the client's patience.
        for (var mined = 0; mined < blocksSince; mined += 100) await market.Anvil.MineAsync(100);
        for (var poll = 0; poll < 3; poll++)
        {
            var error = await Assert.ThrowsAsync<LedgerException>(() => ReadAsync(ledger));
            Assert.True(error.IsTransient);
            Assert.Contains($"leaves logs out: its receipts of block {lease.Block} ", error.Message, StringComparison.Ordinal);
        }

        proxy.Fault = Fault.None;
        Assert.Equal([lease], (await ReadAsync(ledger)).Matched);
        // Once it is looked at, it is not looked at again.
        proxy.Fault = new OmittingLogs();
        Assert.Empty((await ReadAsync(ledger)).Matched);
    }

    [Fact]
    public async Task OmittedWhileNobodyLooked_IsSaidByANewProcess()
    {
        var lease = await market.MatchAsync();
        for (var mined = 0; mined < 900; mined += 100) await market.Anvil.MineAsync(100);
        proxy.Fault = new OmittingLogs();
        Assert.Contains($"block {lease.Block} ", (await Assert.ThrowsAsync<LedgerException>(() => ReadAsync(Ledger()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BlocksThatWereReplaced_AreLookedAtAnew()
    {
        var ledger = Ledger();
        await market.Anvil.MineAsync(20);
        await ReadAsync(ledger);
        var seen = await Direct.GetBlockNumberAsync();
        await market.Anvil.AskAsync("anvil_rollback", 10);
        var lease = await market.MatchAsync();
        Assert.True(lease.Block < seen);
        await market.Anvil.MineAsync((int)(seen - lease.Block) + 2);
        proxy.Fault = new OmittingLogs();
        Assert.Contains($"block {lease.Block} ", (await Assert.ThrowsAsync<LedgerException>(() => ReadAsync(ledger))).Message, StringComparison.Ordinal);
    }

    // Blooms that may hold anything, since somebody else is loud: each costs a call at most.
    [Fact]
    public async Task BusyChain_IsNoAccusation()
    {
        var (ledger, counting) = (Ledger(), new Counting());
        await ReadAsync(ledger);
        proxy.Fault = counting;
        for (var block = 0; block < 40; block++) await LogAsync(1_100);
        Assert.Empty((await ReadAsync(ledger)).Matched);
        Assert.InRange(counting.Receipts, 1, 40);
        var lease = await market.MatchAsync();
        Assert.Equal([lease], (await ReadAsync(ledger)).Matched);

        // So many that the bloom says nothing any more.
        proxy.Fault = counting = new Counting();
        for (var block = 0; block < 5; block++) await LogAsync(3_000);
        await ReadAsync(ledger);
        Assert.Equal(0, counting.Receipts);
    }

    // All that the filter asks for is in the block, and in no log of it together.
    [Fact]
    public async Task MatchOfAnotherProvider_BesideOurName_IsNoAccusation()
    {
        Address us = new([.. Enumerable.Repeat((byte)0x42, Address.Size)]);
        var (ledger, counting, request) = (Ledger(market.LedgerOptions with { Provider = us }), new Counting(), await market.RequestAsync());
        var offer = await market.QuoteAsync(request);
        proxy.Fault = counting;
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var matching = market.Tenant.MatchAsync(offer, request, "", default);
        var paying = market.Deployer.Writer.CallAsync(market.Token, new MintFunction { To = us, Amount = 1 }, default);
        while (Hex.ParseQuantity((await market.Anvil.AskAsync("txpool_status")).GetProperty("pending").GetString()!) < 2) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        await market.Anvil.MineAsync();
        await market.Anvil.AskAsync("evm_setAutomine", true);
        Assert.Equal((await matching).Block, (await paying).BlockNumber);
        Assert.Empty((await ReadAsync(ledger)).Matched);
        Assert.Equal(1, counting.Receipts);
    }

    [Fact]
    public async Task ReceiptsNotServed_IsNoAccusation_AndSaidOnce()
    {
        var ledger = Ledger();
        proxy.Fault = new OmittingLogs(servesReceipts: false);
        await market.MatchAsync();
        Assert.Empty((await ReadAsync(ledger)).Matched);
        await market.MatchAsync();
        Assert.Empty((await ReadAsync(ledger)).Matched);
        Assert.Single(lines.Said, l => l.Contains("does not serve the receipts", StringComparison.Ordinal));
    }

    private EvmLeaseLedger Ledger(LedgerOptions? options = null) => new(new EthereumClient(rpc), options ?? market.LedgerOptions, TimeProvider.System, lines);

    private async Task<LeaseNews> ReadAsync(EvmLeaseLedger ledger) => await ledger.ReadNewsAsync(0, await Direct.GetBlockNumberAsync(), default);

    // A contract whose birth logs so many topics that nobody has asked for, and nothing else.
    private async Task LogAsync(int topics)
    {
        var code = $"30602052{0x61:x}{topics:x4}5b80600052604060002060006000a1600190038060075700";
        var hash = (await market.Anvil.AskAsync("eth_sendTransaction", new { from = market.Deployer.Writer.Address, data = "0x" + code, gas = "0x989680" })).GetString()!;
        TransactionReceipt? receipt;
        while ((receipt = await Direct.GetTransactionReceiptAsync(Bytes32.Parse(hash))) is null) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Assert.Equal(topics, receipt.Logs.Count);
    }

    private sealed class Counting : Federation.Proxies.Rpc.RpcFault
    {
        private int receipts;

        public int Receipts => receipts;

        protected override void Change(string method, JsonObject call, JsonObject reply)
        {
            if (method == "eth_getBlockReceipts") Interlocked.Increment(ref receipts);
        }
    }

    private sealed class Lines : ILogger<EvmLeaseLedger>
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Said.Add(formatter(state, exception));
    }
}
