using System.Text.Json;
using Federation.Chain.Sending;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Sending;

public class LeaseTransactionsTests
{
    // go-ethereum's pool takes 128 KiB, and with it nearly every chain's; some sequencers take less.
    private const int LargestTransaction = 95_000;
    private readonly List<int> sizes = [];

    [Theory]
    [InlineData("settle")]
    [InlineData("activate")]
    [InlineData("collect")]
    public async Task Batch_IsSmallEnoughForAPool(string kind)
    {
        var intents = Arbitrary.Terms.Zip(Arbitrary.Receipt).Sample(200, 400).Select(p => Intent(kind, p.Item1, p.Item2)).ToArray();
        await Transactions().SubmitAllAsync(intents);
        Assert.Equal(4, sizes.Count);
        Assert.All(sizes, size => Assert.InRange(size, 1, LargestTransaction));
    }

    // Each waits until it is mined: what comes after it may be less urgent by then than what is not here yet.
    [Fact]
    public async Task OneTransaction_IsSent_AndTheRestLeft()
    {
        var (terms, receipts) = (Arbitrary.Terms.Sample(1)[0], Arbitrary.Receipt.Sample(3));
        RefuseIntent[] refusals = [.. receipts.Select(r => new RefuseIntent(r.Id, terms))];
        var outcome = Assert.Single(await Transactions().SubmitAsync(refusals, default));
        Assert.Same(refusals[0], outcome.Intent);
        ChainIntent[] mixed = [Intent("activate", terms, receipts[0]), .. refusals, Intent("activate", terms, receipts[1])];
        Assert.Equal([mixed[0], mixed[4]], (await Transactions().SubmitAsync(mixed, default)).Select(o => o.Intent));
        Assert.Equal(2, sizes.Count);
    }

    private static LeaseIntent Intent(string kind, LeaseTerms terms, Receipt receipt) => kind switch
    {
        "settle" => new SettleIntent(receipt.Id, terms, receipt) { TenantSignature = "0x" + new string('1', 130) },
        "activate" => new ActivateIntent(receipt.Id, terms),
        _ => new CollectIntent(receipt.Id, terms),
    };

    private EvmLeaseTransactions Transactions()
    {
        var client = new StubNode(Answer).Client;
        return new EvmLeaseTransactions(
            client, Address.Zero, Address.Zero, Address.Zero, new TransactionSender(client, Market.ChainId, Anvil.Signer(0), Market.Sending, TimeProvider.System, NullLogger<TransactionSender>.Instance));
    }

    private object? Answer(string method, JsonElement parameters)
    {
        if (method != "eth_sendRawTransaction")
            return method switch
            {
                "eth_feeHistory" => new { oldestBlock = "0x1", baseFeePerGas = new[] { "0x1", "0x1" }, reward = new[] { new[] { "0x1" } } },
                "eth_estimateGas" => "0x5208",
                "eth_getTransactionCount" => "0x0",
                _ => "0x",
            };
        sizes.Add(Hex.Decode(parameters[0].GetString()!).Length);
        return new RpcFault(-32000, "seen enough");
    }
}
