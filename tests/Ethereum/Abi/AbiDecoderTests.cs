using System.Globalization;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Tests.Tools;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Ethereum.Tests.Abi;

public sealed class AbiDecoderTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void Decode_OfEncode_IsTheValue() => Check.One(Many, Prop.ForAll<int>(seed =>
    {
        var random = new RandomValues(seed);
        var type = AbiType.Parse(random.Type(4));
        var value = random.Value(type);
        return Show.Line(AbiDecoder.Decode(type, AbiEncoder.Encode(type, value))) == Show.Line(value);
    }));

    [Fact]
    public void Decode_RandomBytes_OnlyThrowsAbiException() => Check.One(Many, Prop.ForAll<int, byte[]>((seed, bytes) =>
        Survives(AbiType.Parse(new RandomValues(seed).Type(4)), bytes)));

    [Fact]
    public void Decode_MutatedEncoding_OnlyThrowsAbiException() => Check.One(Many, Prop.ForAll<int>(seed =>
    {
        var random = new RandomValues(seed);
        var type = AbiType.Parse(random.Type(4));
        var bytes = AbiEncoder.Encode(type, random.Value(type));
        for (var i = 0; i < 3; i++)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return Survives(type, bytes[..(bytes.Length - (random.Next(4) == 0 ? random.Next(bytes.Length) : 0))]);
    }));

    [Fact]
    public void Decode_WhatItAccepts_EncodesBackToTheSameBytesOrMovedTails() => Check.One(Many, Prop.ForAll<int>(seed =>
    {
        // Static types have one encoding only: every accepted input must be it.
        var random = new RandomValues(seed);
        var type = AbiType.Parse($"(uint{8 * (1 + random.Next(32))},int{8 * (1 + random.Next(32))},bool,address,bytes{1 + random.Next(32)})");
        var bytes = AbiEncoder.Encode(type, random.Value(type));
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        try
        {
            return AbiEncoder.Encode(type, AbiDecoder.Decode(type, bytes)).SequenceEqual(bytes);
        }
        catch (AbiException)
        {
            return true;
        }
    }));

    [Theory]
    [InlineData("uint8", "0000000000000000000000000000000000000000000000000000000000000100", "range of uint8")]
    [InlineData("int8", "0000000000000000000000000000000000000000000000000000000000000080", "range of int8")]
    [InlineData("bool", "0000000000000000000000000000000000000000000000000000000000000002", "range of bool")]
    [InlineData("address", "0000000000000000000000010000000000000000000000000000000000000000", "range of address")]
    [InlineData("bytes4", "0000000001000000000000000000000000000000000000000000000000000000", "range of bytes4")]
    [InlineData("uint256", "00", "ends within")]
    [InlineData("string", "0000000000000000000000000000000000000000000000000000000000000000", "offset")]
    [InlineData("string", "0000000000000000000000000000000000000000000000000000000000000021", "offset")]
    [InlineData("string", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "offset")]
    [InlineData("bytes", "W20 Wff", "length")]
    [InlineData("bytes", "W20 W01 0000000000000000000000000000000000000000000000000000000000000001", "range of bytes")]
    [InlineData("string", "W20 W01 ff00000000000000000000000000000000000000000000000000000000000000", "UTF-8")]
    [InlineData("uint256[]", "W20 ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "length")]
    [InlineData("bytes[2]", "W20 W40 W40 W00", "overlap")]
    public void Decode_Malformed_NamesTheFault(string type, string hex, string words)
    {
        var text = string.Concat(hex.Split(' ').Select(w => w[0] == 'W' ? w[1..].PadLeft(64, '0') : w));

        var fault = Assert.Throws<AbiException>(() => AbiDecoder.Decode(AbiType.Parse(type), Convert.FromHexString(text)));

        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_NestedOffsetsToOneTail_IsRefusedBeforeItGrows()
    {
        // Each level of arrays points all its members at the next one: 64^8 strings if offsets were just followed.
        var words = new List<int> { 32 };
        for (var level = 0; level < 8; level++)
        {
            words.Add(64);
            words.AddRange(Enumerable.Repeat(64 * 32, 64));
        }
        words.AddRange([0]);
        var data = words.SelectMany(w => Convert.FromHexString(w.ToString("x64", CultureInfo.InvariantCulture))).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<AbiException>(() => AbiDecoder.Decode(AbiType.Parse("string[][][][][][][][]"), data));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("uint7")]
    [InlineData("uint264")]
    [InlineData("bytes33")]
    [InlineData("bytes0")]
    [InlineData("()")]
    [InlineData("uint256[0]")]
    [InlineData("uint256[99999999]")]
    [InlineData("uint256[")]
    [InlineData("(uint256")]
    [InlineData("float")]
    [InlineData("")]
    [InlineData("uint256 ]")]
    public void ParseType_NoType_IsRefused(string text) => Assert.Throws<AbiException>(() => AbiType.Parse(text));

    [Fact]
    public void ParseType_DeepNesting_IsRefused() =>
        Assert.Throws<AbiException>(() => AbiType.Parse(new string('(', 50_000) + "bool" + new string(')', 10_000)));

    [Theory]
    [InlineData("uint8", 256)]
    [InlineData("uint8", -1)]
    [InlineData("int8", 128)]
    [InlineData("int8", -129)]
    [InlineData("bool", 1)]
    [InlineData("string", 1)]
    [InlineData("uint8[2]", new[] { 1 })]
    public void Encode_ValueThatDoesNotFit_IsRefused(string type, object value) =>
        Assert.Throws<AbiException>(() => AbiEncoder.Encode(AbiType.Parse(type), value));

    private static bool Survives(AbiType type, byte[] bytes)
    {
        try
        {
            AbiDecoder.Decode(type, bytes);
        }
        catch (AbiException)
        {
            // The one exception that callers must expect.
        }
        return true;
    }
}
