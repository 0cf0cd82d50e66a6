using System.Text.Json;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests;

public sealed class AddressTests(ViemOracle viem)
{
    [Fact]
    public async Task ToString_RandomAddresses_AgreesWithViem()
    {
        var random = new RandomValues(3);
        var addresses = Enumerable.Range(0, 1000).Select(_ => random.Address()).ToArray();

        var answers = await viem.AskAsync(addresses.Select(a => new { op = "checksum", address = Hex.Encode(a.Span) }));

        Assert.Equal(answers, addresses.Select(a => a.ToString()));
        Assert.Equal(addresses, answers.Select(Address.Parse));
    }

    [Theory]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", true)]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", true)]
    [InlineData("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", true)]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", false)]
    [InlineData("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", false)]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1bea", false)]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beazz", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void TryParse_Text_AcceptsOnlyRightChecksums(string? text, bool accepted) =>
        Assert.Equal(accepted, Address.TryParse(text, out _));

    [Fact]
    public void Json_RoundTrips()
    {
        var random = new RandomValues(4);
        var value = new Pair(random.Address(), random.Word(), random.Unsigned(256), ulong.MaxValue, random.Bytes(5));

        var json = JsonSerializer.Serialize(value, EthereumJson.Options);

        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<Pair>(json, EthereumJson.Options), EthereumJson.Options));
        Assert.Contains("\"count\":\"0xffffffffffffffff\"", json, StringComparison.Ordinal);
    }

    private sealed record Pair(Address Account, Bytes32 Word, System.Numerics.BigInteger Amount, ulong Count, byte[] Data);
}
