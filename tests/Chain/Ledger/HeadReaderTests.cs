using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain.Ledger;
using Federation.Chain.Tests.Support;
using Federation.Ethereum;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Ledger;

/// <summary>Nodes that know no finality, lag, or rewrite history below it.</summary>
public class HeadReaderTests
{
    private ulong latest = 100;
    private ulong? finalized = 90;
    private ulong oldest;
    private string branch = "a";
    private string tip = "a";
    private int asked;

    [Fact]
    public async Task Finalized_UnknownToTheNode_IsPermanentUnlessADepthIsSet()
    {
        finalized = null;
        var e = await Assert.ThrowsAsync<LedgerException>(() => Ledger().ReadHeadAsync(default));
        Assert.False(e.IsTransient);
        Assert.Contains("Chain:FinalizedDepth", e.Message, StringComparison.Ordinal);
        Assert.Equal(80UL, (await Ledger(depth: 20).ReadHeadAsync(default)).Finalized);
    }

    [Fact]
    public async Task Finalized_GoesBack_IsALaggingNode()
    {
        var ledger = Ledger();
        await ledger.ReadHeadAsync(default);
        (latest, finalized) = (95, 85);
        var e = await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadHeadAsync(default));
        Assert.True(e.IsTransient);
        Assert.Contains("lags", e.Message, StringComparison.Ordinal);
        (latest, finalized) = (101, 91);
        Assert.Equal(91UL, (await ledger.ReadHeadAsync(default)).Finalized);
    }

    [Fact]
    public async Task Finalized_Rewritten_IsPermanent()
    {
        var ledger = Ledger();
        await ledger.ReadHeadAsync(default);
        (latest, finalized, branch) = (110, 100, "b");
        var e = await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadHeadAsync(default));
        Assert.False(e.IsTransient);
        Assert.Contains("rewritten below finality", e.Message, StringComparison.Ordinal);
    }

    /// <summary>A process that starts with a node on a fork has heard nothing else yet: what it heard must not keep it from the next one.</summary>
    [Fact]
    public async Task Block_OfAnEarlierProcess_IsAnotherOne_AndTheNextNodeIsNotMeasuredByThat()
    {
        var known = (string)Block(80)["hash"];
        branch = "b";
        var ledger = Ledger();
        await ledger.ReadHeadAsync(default);
        var e = await Assert.ThrowsAsync<LedgerException>(() => ledger.CheckBlockAsync(80, known, default));
        Assert.Contains("rewritten below finality", e.Message, StringComparison.Ordinal);
        branch = "a";
        await ledger.ReadHeadAsync(default);
        await ledger.CheckBlockAsync(80, known, default);
        branch = "b";
        Assert.Contains("rewritten", (await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadHeadAsync(default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Block_OfAnEarlierProcess_ThatTheNodeNoLongerHas_IsNotTakenForTheSame()
    {
        var known = (string)Block(80)["hash"];
        var ledger = Ledger();
        oldest = 81;
        var e = await Assert.ThrowsAsync<LedgerException>(() => ledger.CheckBlockAsync(80, known, default));
        Assert.True(e.IsTransient);
        Assert.Contains("does not have block 80", e.Message, StringComparison.Ordinal);
        oldest = 80;
        await ledger.CheckBlockAsync(80, known.ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal), default);
    }

    [Fact]
    public async Task Head_ThatStands_IsOneRoundTrip_AndAnotherBlockAtItsHeightIsSeen()
    {
        var ledger = Ledger();
        var first = await ledger.ReadHeadAsync(default);
        asked = 0;
        Assert.Equal(first, await ledger.ReadHeadAsync(default));
        // Chain id, latest, code, finalized, and the block that was final before.
        Assert.Equal(6, asked);
        tip = "b";
        Assert.NotEqual(first.ConfirmedHash, (await ledger.ReadHeadAsync(default)).ConfirmedHash);
    }

    private EvmLeaseLedger Ledger(uint? depth = null)
    {
        var node = new StubNode((method, parameters) =>
        {
            asked++;
            return Answer(method, parameters);
        });
        var options = new LedgerOptions(31337, Address.Zero, Address.Zero, Address.Zero) { FinalizedDepth = depth };
        return new EvmLeaseLedger(node.Client, options, TimeProvider.System, NullLogger<EvmLeaseLedger>.Instance);
    }

    private object? Answer(string method, JsonElement parameters) => method switch
    {
        "eth_chainId" => "0x7a69",
        "eth_getCode" => "0x60",
        "eth_call" => "0x" + new string('0', 64),
        "eth_getBlockByNumber" => parameters[0].GetString() switch
        {
            "latest" => Block(latest),
            "finalized" => finalized is { } number ? Block(number) : new RpcFault(-39001, "unknown block"),
            var hex => Convert.ToUInt64(hex, 16) is var number && number >= oldest ? Block(number) : null,
        },
        _ => new RpcFault(-32601, "method not found"),
    };

    private Dictionary<string, object> Block(ulong number) => new()
    {
        ["number"] = $"0x{number:x}", ["hash"] = Keccak256.Hash($"{(number > finalized ? tip : branch)}{number}").ToString(), ["parentHash"] = Bytes32.Zero.ToString(),
        ["timestamp"] = $"0x{number:x}", ["gasLimit"] = "0x1", ["gasUsed"] = "0x0", ["transactions"] = Array.Empty<string>(),
    };
}
