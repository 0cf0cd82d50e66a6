using Federation.Ethereum.Abi;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests.Abi;

/// <summary>Encodings compared byte by byte with viem, and viem's bytes decoded back to the values.</summary>
public sealed class AbiDifferentialTests(ViemOracle viem)
{
    private const int PerType = 1000;

    public static TheoryData<string> Families => ["uint", "int", "bytesN", "address,bool,bytes,string", "arrays", "tuples", "random"];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Encode_RandomValues_AgreesWithViem(string family)
    {
        var random = new RandomValues(family.Length);
        var types = TypesOf(family, random).Select(AbiType.Parse).ToArray();
        var cases = types.SelectMany(t => Enumerable.Range(0, PerType).Select(_ => (Type: t, Value: random.Value(t)))).ToArray();

        var answers = await viem.AskAsync(cases.Select(c =>
            new { op = "abi", parameter = Show.Parameter(c.Type), value = Show.Json(c.Value) }));

        Assert.Equal(cases.Length, answers.Count);
        for (var i = 0; i < cases.Length; i++)
        {
            var (type, value) = cases[i];
            var encoded = AbiEncoder.Encode(type, value);
            Assert.True(answers[i] == Hex.Encode(encoded), $"{type}: {Show.Line(value)}");
            Assert.Equal(Show.Line(value), Show.Line(AbiDecoder.Decode(type, encoded)));
        }
    }

    private static IEnumerable<string> TypesOf(string family, RandomValues random) => family switch
    {
        "uint" or "int" => Enumerable.Range(1, 32).Select(i => family + (8 * i)),
        "bytesN" => Enumerable.Range(1, 32).Select(i => "bytes" + i),
        "arrays" => ["uint256[]", "int16[3]", "string[]", "bytes[2]", "address[][2]", "bool[2][]", "string[2][]", "bytes24[][][]"],
        "tuples" => ["(uint8,bool)", "(string)", "(uint256,bytes,address)", "((string,int8)[],bytes32)[2]", "(bytes4,(bool,(string[],uint64)))[]"],
        "random" => Enumerable.Range(0, 10).Select(_ => random.Type(4)),
        _ => family.Split(','),
    };

    [Fact]
    public async Task Encode_RandomTypes_AgreesWithCast()
    {
        var random = new RandomValues(7);
        for (var i = 0; i < 40; i++)
        {
            var text = random.Type(2);
            var type = AbiType.Parse(text);
            var value = CastSafe(random.Value(type));

            var encoded = Hex.Encode(AbiEncoder.Encode(type, value));

            Assert.Equal(await Cast.RunAsync("abi-encode", "--", $"f({text})", CastText(type, value)), encoded);
        }
    }

    [Fact]
    public async Task Decode_RandomTypes_AgreesWithCast()
    {
        var random = new RandomValues(8);
        for (var i = 0; i < 20; i++)
        {
            var text = random.Elementary();
            var type = AbiType.Parse(text);
            var value = CastSafe(random.Value(type));
            var shown = await Cast.RunAsync("abi-decode", "--json", $"f()({text})", Hex.Encode(AbiEncoder.Encode(type, value)));

            // cast prints small integers as JSON numbers, large ones as text.
            Assert.Equal(CastText(type, value), shown.Trim('[', ']', '"', ' ', '\n'), ignoreCase: true);
        }
    }

    [Fact]
    public async Task Selector_RandomSignatures_AgreeWithViem()
    {
        var random = new RandomValues(9);
        var signatures = Enumerable.Range(0, 1000).Select(i => $"f{i}({random.Type(3)},{random.Type(1)})").ToArray();

        var answers = await viem.AskAsync(signatures.Select(s => new { op = "selector", signature = s }));

        Assert.Equal(answers, signatures.Select(s => Hex.Encode(FunctionAbi.Parse(s).Selector)));
    }

    [Fact]
    public async Task EncodeTopics_RandomEvents_AgreesWithViem()
    {
        var random = new RandomValues(10);
        var events = Enumerable.Range(0, 1000).Select(i => EventAbi.Parse(
            $"E{i}({random.Elementary()} indexed a,{random.Elementary()} indexed b,{random.Elementary()} indexed c,bool d)")).ToArray();
        var values = events.Select(e => e.Inputs.Take(3).Select(p => random.Value(p.Type)).ToArray()).ToArray();

        var answers = await viem.AskAsync(events.Select((e, i) => new { op = "topics", @event = Json(e), args = Show.Json(values[i]) }));

        for (var i = 0; i < events.Length; i++)
        {
            var topics = events[i].EncodeTopics(values[i]).Select(t => t!.Value).ToArray();
            Assert.Equal(answers[i], System.Text.Json.JsonSerializer.Serialize(topics));
            var decoded = events[i].DecodeLog(topics, AbiEncoder.Encode(AbiType.Parse("bool"), true));
            for (var k = 0; k < 3; k++)
                Assert.Equal(Show.Line(AbiTopic.IsHashed(events[i].Inputs[k].Type) ? topics[k + 1] : values[i][k]), Show.Line(decoded[k]));
        }
    }

    [Fact]
    public async Task EncodeTopics_IndexedStringBytesAndArray_AreTheirHashes()
    {
        var entry = EventAbi.Parse("E(string indexed s,bytes indexed b,uint16[2] indexed a)");
        var packed = AbiEncoder.Encode(AbiType.Parse("uint16[2]"), new object[] { 1, 2 });

        var topics = entry.EncodeTopics("hello", new byte[] { 1, 2, 3 }, new object[] { 1, 2 });

        Assert.Equal(await Cast.RunAsync("sig-event", "E(string indexed,bytes indexed,uint16[2] indexed)"), topics[0].ToString());
        Assert.Equal(await Cast.RunAsync("keccak", "hello"), topics[1].ToString());
        Assert.Equal(await Cast.RunAsync("keccak", "0x010203"), topics[2].ToString());
        Assert.Equal(await Cast.RunAsync("keccak", Hex.Encode(packed)), topics[3].ToString());
    }

    private static object Json(EventAbi entry) => new
    {
        type = "event",
        name = entry.Name,
        inputs = entry.Inputs.Select(p => new { type = p.Type.Canonical, name = p.Name, indexed = p.Indexed }),
    };

    // cast splits its argument at quotes, commas and brackets, so its texts are plain ones.
    private static object CastSafe(object value) => value switch
    {
        string text => "t" + text.Length,
        object[] items => items.Select(CastSafe).ToArray(),
        _ => value,
    };

    private static string CastText(AbiType type, object value) => value switch
    {
        object[] items when type.Kind == AbiKind.Tuple =>
            "(" + string.Join(',', items.Select((x, i) => CastText(type.Components[i].Type, x))) + ")",
        object[] items => "[" + string.Join(',', items.Select(x => CastText(type.Element!, x))) + "]",
        bool flag => flag ? "true" : "false",
        _ => (string)Show.Json(value),
    };
}
