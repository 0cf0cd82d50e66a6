using System.Globalization;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Chain.Tests.Support;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Ledger;

/// <summary>Nodes that cap ranges, lag, or send rubbish.</summary>
public class LeaseLogReaderTests
{
    private static readonly Address Manager = new([.. Enumerable.Repeat((byte)7, 20)]);
    private static readonly Address Provider = new([.. Enumerable.Repeat((byte)9, 20)]);

    [Fact]
    public async Task Range_CappedByTheNode_ShrinksReadsAllAndRemembers()
    {
        var asked = new List<(ulong From, ulong To)>();
        var ledger = Ledger((from, to) =>
        {
            asked.Add((from, to));
            return to - from + 1 > 300 ? new RpcFault(-32005, "query exceeds max block range 300") : Array.Empty<object>();
        });
        await ledger.ReadNewsAsync(1, 10_000, default);
        var good = asked.Where(a => a.To - a.From + 1 <= 300).ToArray();
        Assert.Equal(1UL, good[0].From);
        Assert.Equal(10_000UL, good[^1].To);
        Assert.All(good.Zip(good.Skip(1)), p => Assert.Equal(p.First.To + 1, p.Second.From));
        Assert.InRange(asked.Count - good.Length, 3, 8);

        asked.Clear();
        await ledger.ReadNewsAsync(10_001, 10_200, default);
        Assert.Equal([(10_001UL, 10_200UL)], asked);
    }

    // Anybody may fill the newest blocks with logs of leases: the way through the old ones stays as long as it was.
    [Fact]
    public async Task Range_CappedForWhatOthersWrite_IsNotThatOfTheNews()
    {
        var news = new List<(ulong From, ulong To)>();
        var node = new StubNode((method, parameters) => method switch
        {
            "eth_getLogs" when parameters[0].GetProperty("topics")[0].GetArrayLength() > 1 =>
                Quantity(parameters[0].GetProperty("toBlock")) - Quantity(parameters[0].GetProperty("fromBlock")) > 1 ? new RpcFault(-32005, "query returned more than 10000 results") : Array.Empty<object>(),
            "eth_getLogs" => Told(parameters[0]),
            "eth_getBlockByNumber" => Block(Quantity(parameters[0])),
            _ => new RpcFault(-32601, "method not found"),
        });
        var ledger = new EvmLeaseLedger(node.Client, new LedgerOptions(31337, Manager, Address.Zero, Provider), TimeProvider.System, NullLogger<EvmLeaseLedger>.Instance);
        for (var poll = 0; poll < 2; poll++)
        {
            news.Clear();
            await ledger.ReadChangesAsync(1, 9_991, 10_000, default);
            var old = news.Where(n => n.To <= 9_990).Distinct().ToArray();
            Assert.Equal(9_990UL, old.Aggregate(0UL, (sum, n) => sum + n.To - n.From + 1));
            Assert.Equal(5, old.Length);
        }

        object Told(JsonElement filter)
        {
            news.Add((Quantity(filter.GetProperty("fromBlock")), Quantity(filter.GetProperty("toBlock"))));
            return Array.Empty<object>();
        }
    }

    [Fact]
    public async Task Range_AfterOneBadMoment_GrowsBack()
    {
        var bad = true;
        var longest = 0UL;
        var ledger = Ledger((from, to) =>
        {
            if (bad) return new RpcFault(-32000, "overloaded");
            longest = Math.Max(longest, to - from + 1);
            return Array.Empty<object>();
        });
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadNewsAsync(1, 10_000, default))).IsTransient);
        bad = false;
        await ledger.ReadNewsAsync(1, 200_000, default);
        Assert.Equal(2_000UL, longest);
    }

    [Fact]
    public async Task Node_WithoutTheLastBlock_IsNotTakenForNoLogs()
    {
        var ledger = Ledger((_, _) => Array.Empty<object>(), head: 50);
        Assert.Empty((await ledger.ReadNewsAsync(1, 50, default)).Matched);
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadNewsAsync(1, 51, default))).IsTransient);
    }

    [Fact]
    public async Task Node_AnsweringNull_IsNotTakenForNoLogs() =>
        Assert.True((await Assert.ThrowsAsync<LedgerException>(() => Ledger((_, _) => null).ReadNewsAsync(1, 5, default))).IsTransient);

    [Fact]
    public async Task Logs_ThatAreNotWhatTheyClaim_ArePassedOver()
    {
        var good = Match(1);
        var ledger = Ledger((_, _) => new object[]
        {
            Log(good, data: "0x1234"),
            Log(good, address: Provider),
            Log(good, removed: true),
            Log(good, block: 99),
            Log(Match(2) with { LeaseId = Bytes32.Zero }),
            Log(Match(3) with { Terms = Match(3).Terms with { Provider = Manager } }),
            Log(good),
            Log(good),
        });
        var found = Assert.Single((await ledger.ReadNewsAsync(1, 10, default)).Matched);
        Assert.Equal(good.Terms.ToDomain(), found.Terms);
        Assert.Equal(5UL, found.Block);
    }

    [Fact]
    public async Task Amendments_ChangeTheTermsOfTheirLease_TheLastOneStands()
    {
        var (old, young) = (Match(1), Match(2));
        var (first, last) = (young.Terms with { SpecHash = Keccak256.Hash("first") }, young.Terms with { SpecHash = Keccak256.Hash("last") });
        var elsewhere = old.Terms with { SpecHash = Keccak256.Hash("elsewhere") };
        var ledger = Ledger((from, to) => from <= 5 && to >= 5 ? new object[] { Log(young) } : [], amendments:
        [
            Amendment(young.LeaseId, first, 6), Amendment(young.LeaseId, last, 7), Amendment(old.LeaseId, elsewhere, 8),
            Amendment(young.LeaseId, last with { Provider = Manager }, 9),
        ]);
        var news = await ledger.ReadNewsAsync(1, 10, default);
        Assert.Equal(new MatchedLease(young.LeaseId.ToLeaseId(), last.ToDomain(), 5), Assert.Single(news.Matched));
        Assert.Equal(elsewhere.ToDomain(), Assert.Single(news.Amended).Value);
        Assert.Equal(old.LeaseId.ToLeaseId(), Assert.Single(news.Amended).Key);
        var id = young.LeaseId.ToLeaseId();
        Assert.Equal([new ReplacedTerms(id, young.Terms.ToDomain(), 6), new ReplacedTerms(id, first.ToDomain(), 7)], news.Replaced);
    }

    private static bool IsMatches(JsonElement filter) =>
        filter.GetProperty("topics")[0][0].GetString() == LeaseMatchedEventDTO.Event.Topic.ToString();

    private static bool Within(string block, JsonElement filter)
    {
        var number = ulong.Parse(block[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return number >= Quantity(filter.GetProperty("fromBlock")) && number <= Quantity(filter.GetProperty("toBlock"));
    }

    private static EvmLeaseLedger Ledger(Func<ulong, ulong, object?> logs, ulong head = 1_000_000, Dictionary<string, object>[]? amendments = null)
    {
        var node = new StubNode((method, parameters) => method switch
        {
            "eth_getLogs" when !IsMatches(parameters[0]) => (amendments ?? []).Where(a => (string)a["blockNumber"] is var n && Within(n, parameters[0])).ToArray(),
            "eth_getLogs" => logs(Quantity(parameters[0].GetProperty("fromBlock")), Quantity(parameters[0].GetProperty("toBlock"))),
            "eth_getBlockByNumber" => Quantity(parameters[0]) <= head ? Block(Quantity(parameters[0])) : null,
            _ => new RpcFault(-32601, "method not found"),
        });
        return new EvmLeaseLedger(node.Client, new LedgerOptions(31337, Manager, Address.Zero, Provider), TimeProvider.System, NullLogger<EvmLeaseLedger>.Instance);
    }

    private static ulong Quantity(JsonElement text) => ulong.Parse(text.GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static Dictionary<string, object> Block(ulong number) => new()
    {
        ["number"] = $"0x{number:x}", ["hash"] = $"0x{number:x64}", ["parentHash"] = $"0x{number - 1:x64}",
        ["timestamp"] = "0x1", ["gasLimit"] = "0x1", ["gasUsed"] = "0x0", ["transactions"] = Array.Empty<string>(),
    };

    private static LeaseMatchedEventDTO Match(uint fill)
    {
        var terms = Arbitrary.Terms.Sample(1)[0].ToContract() with { Provider = Provider };
        var request = Keccak256.Hash($"request {fill}");
        return new LeaseMatchedEventDTO
        {
            LeaseId = LeaseMapping.LeaseIdOf(request, fill), Tenant = terms.Tenant, Provider = Provider, RequestHash = request,
            OfferHash = Bytes32.Zero, FillIndex = fill, Escrow = 1, Terms = terms,
        };
    }

    private static Dictionary<string, object> Log(LeaseMatchedEventDTO match, string? data = null, Address? address = null, bool removed = false, ulong block = 5)
    {
        AbiType[] types = [.. LeaseMatchedEventDTO.Event.Inputs.Where(i => !i.Indexed).Select(i => i.Type)];
        var body = AbiEncoder.Encode(types, [match.RequestHash, match.OfferHash, match.FillIndex, match.Escrow, match.Terms]);
        return new()
        {
            ["address"] = (address ?? Manager).ToString(),
            ["topics"] = LeaseMatchedEventDTO.Event.EncodeTopics(match.LeaseId, match.Tenant, match.Provider).Select(t => t.ToString()!).ToArray(),
            ["data"] = data ?? Hex.Encode(body), ["blockNumber"] = $"0x{block:x}", ["blockHash"] = $"0x{block:x64}",
            ["transactionHash"] = $"0x{1:x64}", ["transactionIndex"] = "0x0", ["logIndex"] = "0x0", ["removed"] = removed,
        };
    }

    private static Dictionary<string, object> Amendment(Bytes32 lease, Terms terms, ulong block)
    {
        AbiType[] types = [.. LeaseAmendedEventDTO.Event.Inputs.Where(i => !i.Indexed).Select(i => i.Type)];
        return new()
        {
            ["address"] = Manager.ToString(),
            ["topics"] = LeaseAmendedEventDTO.Event.EncodeTopics(lease, Provider).Select(t => t.ToString()!).ToArray(),
            ["data"] = Hex.Encode(AbiEncoder.Encode(types, [0u, terms])), ["blockNumber"] = $"0x{block:x}", ["blockHash"] = $"0x{block:x64}",
            ["transactionHash"] = $"0x{1:x64}", ["transactionIndex"] = "0x0", ["logIndex"] = "0x0", ["removed"] = false,
        };
    }
}
