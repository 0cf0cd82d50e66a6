using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.Tests.Bindings.Generated;
using Federation.Ethereum.Tests.Bindings.Generated.Market;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests.Bindings;

/// <summary>The committed sample bindings at work.</summary>
public sealed class GeneratedBindingTests
{
    private static readonly MatchFunction Match = new()
    {
        Offer = new Offer
        {
            Provider = Anvil.Account,
            Expiry = 1_700_000_000,
            Prices = [new Price { Meter = 1, Amount = 10 }, new Price { Meter = 255, Amount = 0 }],
            Pair = [-5, long.MaxValue],
            Note = "note",
        },
        Signature = [0xab, 0xcd],
    };

    [Fact]
    public async Task EncodeCall_NestedStructs_AgreesWithCast()
    {
        var expected = await Cast.RunAsync(
            "calldata", "match((address,uint40,(uint8,uint256)[],int64[2],string),bytes)",
            $"({Anvil.Account},1700000000,[(1,10),(255,0)],[-5,9223372036854775807],note)", "0xabcd");

        Assert.Equal(expected, Hex.Encode(Match.EncodeCall()));
    }

    [Fact]
    public void DecodeCall_OfEncodeCall_IsTheMessage()
    {
        var back = MatchFunction.DecodeCall(Match.EncodeCall());

        Assert.Equal(Match.EncodeCall(), back.EncodeCall());
        Assert.Equal((byte)255, back.Offer.Prices[1].Meter);
        Assert.Equal(-5, back.Offer.Pair[0]);
    }

    [Fact]
    public void DecodeOutput_SeveralResults_AreNamed()
    {
        var data = QuoteFunction.Abi.EncodeOutput(7, new Price { Meter = 2, Amount = 3 }, new object[] { new uint[] { 1, 2 }, Array.Empty<uint>() });

        var output = new QuoteFunction { Selector = new byte[4], FunctionValue = false }.DecodeOutput(data);

        Assert.Equal(7, output.ReturnValue1);
        Assert.Equal(new Price { Meter = 2, Amount = 3 }, output.Best);
        Assert.Equal([1u, 2u], output.Matrix[0]);
        Assert.Empty(output.Matrix[1]);
    }

    [Fact]
    public void DecodeEvent_IndexedText_IsItsHash()
    {
        var topics = MatchedEventDTO.Event.EncodeTopics(Bytes32.Zero, Anvil.Account, "note").Select(t => t!.Value).ToArray();
        var log = new Log
        {
            Address = Address.Zero, Topics = topics, Data = AbiEncoder.Encode(AbiType.Parse("uint256"), 5), BlockNumber = 1,
            BlockHash = Bytes32.Zero, TransactionHash = Bytes32.Zero, TransactionIndex = 0, LogIndex = 0,
        };

        Assert.Equal(Keccak256.Hash("note"), log.DecodeEvent<MatchedEventDTO>().Event.Note);
        Assert.False((log with { Topics = topics[..3] }).IsEvent<MatchedEventDTO>());
        Assert.Throws<AbiException>(() => (log with { Data = [] }).DecodeEvent<MatchedEventDTO>());
    }

    [Fact]
    public void EncodeDeployment_AppendsTheArguments()
    {
        var deployment = new MarketDeployment { Owner = Anvil.Account, Fees = [1, 2] };
        var code = deployment.EncodeDeployment([0x60]);

        Assert.Equal(0x60, code[0]);
        Assert.Equal(1 + (32 * 5), code.Length);
    }
}
