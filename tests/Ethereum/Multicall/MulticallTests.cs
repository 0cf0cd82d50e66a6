using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.Multicall;
using Federation.Ethereum.Tests.Client;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests.Multicall;

public sealed class MulticallTests(AnvilFixture fixture, ViemOracle viem) : IClassFixture<AnvilFixture>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Aggregate_WithAndWithoutTheContract_GivesTheSameResults(bool deployed)
    {
        var contract = deployed ? await DeployAsync() : new RandomValues(9).Address();
        var reader = new MulticallReader(fixture.Anvil.Client, contract, pageSize: 7);
        var calls = Enumerable.Range(0, 20).Select(i => new MulticallInput(
            fixture.Echo,
            i == 5 ? EchoContract.Revert(ErrorAbi.Panic.Encode(0x12)) : EchoContract.Return([(byte)i, 1]))).ToArray();

        var output = await reader.AggregateAsync(calls);

        Assert.Equal(await fixture.Anvil.Client.GetBlockNumberAsync(), output.Block.Number);
        Assert.Equal(20, output.Results.Count);
        Assert.False(output.Results[5].Success);
        Assert.Equal("panic 0x12: division or modulo by zero", RevertReason.Decode(output.Results[5].ReturnData).Text);
        for (var i = 0; i < 20; i++)
            Assert.True(i == 5 || output.Results[i].ReturnData.SequenceEqual(new byte[] { (byte)i, 1 }));
    }

    [Fact]
    public async Task Aggregate_AtAnOldBlock_ReadsThatState()
    {
        // The storage of a contract that returns its block number shows which block was read.
        var teller = new RandomValues(10).Address();
        await fixture.Anvil.SendAsync<object?>("anvil_setCode", teller, Convert.FromHexString("4360005260206000f3"));
        await fixture.Anvil.SendAsync<object?>("anvil_mine", "0x5");
        var number = await fixture.Anvil.Client.GetBlockNumberAsync() - 2;

        var output = await new MulticallReader(fixture.Anvil.Client, await DeployAsync())
            .AggregateAsync([new MulticallInput(teller, [])], BlockParameter.AtNumber(number));

        Assert.Equal(number, output.Block.Number);
        Assert.Equal(number, (ulong)new Bytes32(output.Results[0].ReturnData).ToBigInteger());
    }

    private async Task<Address> DeployAsync() =>
        await fixture.Anvil.DeployAsync(Hex.Decode((await viem.AskAsync([new { op = "multicall3" }]))[0]));
}
