using Federation.Ethereum.Rlp;
using Federation.Ethereum.Tests.Tools;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Ethereum.Tests.Rlp;

public sealed class RlpTests(ViemOracle viem)
{
    [Fact]
    public async Task Encode_RandomItems_AgreesWithViem()
    {
        var random = new RandomValues(11);
        var items = Enumerable.Range(0, 1000).Select(_ => Item(random, 4)).ToArray();

        var answers = await viem.AskAsync(items.Select(i => new { op = "rlp", item = Json(i) }));

        for (var i = 0; i < items.Length; i++)
        {
            var encoded = RlpEncoder.Encode(items[i]);
            Assert.Equal(answers[i], Hex.Encode(encoded));
            Assert.Equal(encoded, RlpEncoder.Encode(RlpDecoder.Decode(encoded)));
        }
    }

    [Fact]
    public async Task Encode_Samples_AgreeWithCast()
    {
        var random = new RandomValues(12);
        for (var i = 0; i < 15; i++)
        {
            var item = RlpItem.List(Item(random, 2), Item(random, 2));
            var json = System.Text.Json.JsonSerializer.Serialize(Json(item));
            var encoded = Hex.Encode(RlpEncoder.Encode(item));

            Assert.Equal(await Cast.RunAsync("to-rlp", json), encoded);
            Assert.Equal(json, (await Cast.RunAsync("from-rlp", encoded)).Replace(" ", "", StringComparison.Ordinal));
        }
    }

    // Source: Ethereum wiki, "RLP", examples.
    [Theory]
    [InlineData("83646f67", "0x646f67")]
    [InlineData("80", "0x")]
    [InlineData("00", "0x00")]
    [InlineData("820400", "0x0400")]
    public void Decode_KnownStrings_AreTheirBytes(string rlp, string bytes) =>
        Assert.Equal(bytes, Hex.Encode(RlpDecoder.Decode(Convert.FromHexString(rlp)).Bytes));

    [Theory]
    [InlineData("", "ends")]
    [InlineData("8100", "prefix")]
    [InlineData("b80101", "long form")]
    [InlineData("b90038", "leading zero")]
    [InlineData("83646f", "exceeds")]
    [InlineData("8080", "follow")]
    [InlineData("bfffffffffffffffff", "exceeds")]
    [InlineData("c283646f", "exceeds")]
    public void Decode_NotCanonical_NamesTheFault(string rlp, string words)
    {
        var fault = Assert.Throws<RlpException>(() => RlpDecoder.Decode(Convert.FromHexString(rlp)));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_DeepLists_AreRefused()
    {
        var item = RlpItem.List();
        for (var i = 0; i < 100; i++)
            item = RlpItem.List(item);
        Assert.Throws<RlpException>(() => RlpDecoder.Decode(RlpEncoder.Encode(item)));
    }

    [Fact]
    public void Decode_AnyBytes_RefusesOrHasOneEncoding() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5000), Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                return RlpEncoder.Encode(RlpDecoder.Decode(bytes)).SequenceEqual(bytes);
            }
            catch (RlpException)
            {
                return true;
            }
        }));

    [Fact]
    public void ToNumber_LeadingZeroOrTooLong_IsRefused()
    {
        Assert.Throws<RlpException>(() => RlpItem.Of([0, 1]).ToNumber());
        Assert.Throws<RlpException>(() => RlpItem.Of(new byte[33]).ToNumber());
        Assert.Throws<RlpException>(() => RlpItem.Of([1, 0, 0, 0, 0, 0, 0, 0, 0]).ToUInt64());
    }

    private static RlpItem Item(RandomValues random, int depth) => depth > 0 && random.Next(3) == 0
        ? RlpItem.List([.. Enumerable.Range(0, random.Next(6)).Select(_ => Item(random, depth - 1))])
        : RlpItem.Of(random.Bytes(random.Next(10) == 0 ? random.Next(70_000) : random.Next(60)));

    private static object Json(RlpItem item) => item.IsList ? item.Items.Select(Json).ToArray() : Hex.Encode(item.Bytes);
}
