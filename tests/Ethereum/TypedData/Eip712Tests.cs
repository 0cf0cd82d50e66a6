using System.Text.Json.Nodes;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Bindings.Generated;
using Federation.Ethereum.Tests.Tools;
using Federation.Ethereum.TypedData;

namespace Federation.Ethereum.Tests.TypedData;

public sealed class Eip712Tests(ViemOracle viem)
{
    // Source: EIP-712, example of Ether Mail.
    private const string Mail = """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
        "Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}],
        "Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},{"name":"contents","type":"string"}]},
        "primaryType":"Mail",
        "domain":{"name":"Ether Mail","version":"1","chainId":1,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"},
        "message":{"from":{"name":"Cow","wallet":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},"to":{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},"contents":"Hello, Bob!"}}
        """;

    [Fact]
    public void Digest_EtherMail_IsTheStandardsAnswer()
    {
        var mail = Eip712TypedData.Parse(Mail);

        Assert.Equal("Mail(Person from,Person to,string contents)Person(string name,address wallet)", mail.EncodeType());
        Assert.Equal("0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f", mail.DomainSeparator().ToString());
        Assert.Equal("0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e", mail.HashStruct().ToString());
        Assert.Equal("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2", mail.Digest().ToString());
    }

    [Fact]
    public async Task Digest_RandomData_AgreesWithViem()
    {
        var random = new RandomValues(31);
        var cases = Enumerable.Range(0, 1000).Select(_ => RandomTypedData.Any(random)).ToArray();

        var answers = await viem.AskAsync(cases.Select(c => new { op = "typedData", data = JsonNode.Parse(c.ToJson()) }));

        for (var i = 0; i < cases.Length; i++)
        {
            Assert.True(answers[i] == cases[i].Digest().ToString(), cases[i].ToJson());
            Assert.Equal(cases[i].Digest(), Eip712TypedData.Parse(cases[i].ToJson()).Digest());
        }
    }

    [Fact]
    public async Task Sign_Samples_AgreeWithViemAndCast()
    {
        var random = new RandomValues(32);
        var cases = Enumerable.Range(0, 100).Select(_ => (Key: random.Word(), Data: RandomTypedData.Any(random))).ToArray();
        var answers = await viem.AskAsync(cases.Select(c =>
            new { op = "signTypedData", key = c.Key.ToString(), data = JsonNode.Parse(c.Data.ToJson()) }));
        for (var i = 0; i < cases.Length; i++)
        {
            using var signer = new LocalSigner(cases[i].Key.Span);
            Assert.Equal(answers[i], (await signer.SignTypedDataAsync(cases[i].Data)).ToString());
        }
        foreach (var (key, _) in cases.Take(3))
        {
            using var signer = new LocalSigner(key.Span);
            var signature = await signer.SignTypedDataAsync(Eip712TypedData.Parse(Mail));
            Assert.Equal(await Cast.RunAsync("wallet", "sign", "--private-key", key.ToString(), "--data", Mail), signature.ToString());
        }
    }

    [Fact]
    public void For_GeneratedStruct_UsesSolidityNames()
    {
        var offer = new Offer { Provider = Address.Zero, Expiry = 1, Prices = [new Price { Meter = 1, Amount = 5 }], Pair = [-1, 2], Note = "n" };

        var data = Eip712TypedData.For(new Eip712Domain { Name = "Market" }, offer);

        Assert.Equal("Offer(address provider,uint40 expiry,Price[] prices,int64[2] pair,string note)Price(uint8 meter,uint256 amount)", data.EncodeType());
        Assert.Equal(data.Digest(), Eip712TypedData.Parse(data.ToJson()).Digest());
    }

    [Fact]
    public void Parse_StructThatContainsItself_HashesThroughArrays()
    {
        const string Tree = """
            {"types":{"Node":[{"name":"value","type":"uint8"},{"name":"children","type":"Node[]"}]},"primaryType":"Node","domain":{},
            "message":{"value":1,"children":[{"value":2,"children":[]}]}}
            """;
        Assert.Equal("Node(uint8 value,Node[] children)", Eip712TypedData.Parse(Tree).EncodeType());
        Assert.NotEqual(Eip712TypedData.Parse(Tree).Digest(), Eip712TypedData.Parse(Tree.Replace(":2,", ":3,", StringComparison.Ordinal)).Digest());
    }

    [Theory]
    [InlineData("\"contents\":\"Hello, Bob!\"", "\"contents\":null", "null")]
    [InlineData(",\"contents\":\"Hello, Bob!\"", "", "contents")]
    [InlineData("\"contents\":\"Hello, Bob!\"", "\"contents\":\"x\",\"extra\":1", "4")]
    [InlineData("\"primaryType\":\"Mail\"", "\"primaryType\":\"Post\"", "Post")]
    [InlineData("\"type\":\"Person\"", "\"type\":\"Persona\"", "Persona")]
    [InlineData("\"chainId\":1", "\"chainId\":1.5", "JSON")]
    [InlineData("\"chainId\":1,", "", "EIP712Domain")]
    [InlineData("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", "0xcD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", "checksum")]
    [InlineData("\"message\"", "\"massage\"", "message")]
    public void Parse_Wrong_NamesTheFault(string from, string to, string words)
    {
        var fault = Assert.Throws<AbiException>(() => Eip712TypedData.Parse(Mail.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }
}
