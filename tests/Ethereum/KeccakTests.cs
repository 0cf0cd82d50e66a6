using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests;

public sealed class KeccakTests(ViemOracle viem)
{
    // Source: the Keccak team's known answers, and the Yellow Paper's empty hash.
    [Theory]
    [InlineData("", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("testing", "0x5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02")]
    public void Hash_KnownText_IsTheKnownAnswer(string text, string expected) =>
        Assert.Equal(expected, Keccak256.Hash(text).ToString());

    [Fact]
    public async Task Hash_EveryLengthAndRandomOnes_AgreesWithViem()
    {
        var random = new RandomValues(1);
        var inputs = Enumerable.Range(0, 600).Concat(Enumerable.Range(0, 400).Select(_ => random.Next(20_000)))
            .Select(random.Bytes).ToArray();

        var answers = await viem.AskAsync(inputs.Select(i => new { op = "keccak", data = Hex.Encode(i) }));

        Assert.Equal(answers, inputs.Select(i => Keccak256.Hash(i).ToString()));
    }

    [Fact]
    public async Task Hash_Samples_AgreeWithCast()
    {
        var random = new RandomValues(2);
        for (var i = 0; i < 10; i++)
        {
            var data = random.Bytes(130 + i);
            Assert.Equal(await Cast.RunAsync("keccak", Hex.Encode(data)), Keccak256.Hash(data).ToString());
        }
    }
}
