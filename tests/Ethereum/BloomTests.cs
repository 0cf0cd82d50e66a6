using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.Tests.Bindings.Generated.Market;
using Federation.Ethereum.Tests.Client;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests;

/// <summary>Blooms that a real node has made.</summary>
public sealed class BloomTests(AnvilFixture fixture) : IClassFixture<AnvilFixture>
{
    [Fact]
    public async Task Block_MayHoldWhatItLogged_AndNothingElse()
    {
        var random = new RandomValues(3);
        var (from, to) = (random.Address(), random.Address());
        var topics = TransferEventDTO.Event.EncodeTopics(from, to).Select(t => t!.Value).ToArray();
        var data = EchoContract.Log(topics, AbiEncoder.Encode(AbiType.Parse("uint256"), 99));
        var hash = await fixture.Anvil.SendAsync<Bytes32>("eth_sendTransaction", new { from = Anvil.Account, to = fixture.Echo, data });
        var receipt = await fixture.Anvil.MinedAsync(hash);
        var block = (await fixture.Anvil.Client.GetBlockAsync(BlockParameter.AtNumber(receipt.BlockNumber)))!;
        var bloom = new Bloom(block.LogsBloom!);

        Assert.True(bloom.MayHold(fixture.Echo.Span));
        Assert.All(topics, t => Assert.True(bloom.MayHold(t.Span)));
        // An address and three topics, three bits each, of which some may be the same.
        Assert.InRange(bloom.Ones, 6, 12);
        Assert.DoesNotContain(Enumerable.Range(0, 1_000).Select(_ => random.Address()), a => bloom.MayHold(a.Span));

        var same = Assert.Single((await fixture.Anvil.Client.GetBlockReceiptsAsync(receipt.BlockNumber))!);
        Assert.Equal(hash, same.TransactionHash);
        Assert.Equal(Assert.Single(receipt.Logs).Data, Assert.Single(same.Logs).Data);
        AssertFits(LogFilter.ForEvent<TransferEventDTO>(fixture.Echo, null, to), true);
        AssertFits(LogFilter.ForEvent<TransferEventDTO>(fixture.Echo, from), true);
        AssertFits(new LogFilter(), true);
        AssertFits(new LogFilter { Topics = [[random.Word(), topics[0]], null, topics] }, true);
        AssertFits(LogFilter.ForEvent<TransferEventDTO>(fixture.Echo, random.Address()), false);
        AssertFits(LogFilter.ForEvent<TransferEventDTO>(random.Address(), from), false);
        // The bloom does not know which place a topic had.
        var turned = LogFilter.ForEvent<TransferEventDTO>(fixture.Echo, to, from);
        Assert.Equal((true, false), (turned.MayMatchIn(bloom), turned.Matches(receipt.Logs[0])));
        var longer = new LogFilter { Topics = [null, null, null, null] };
        Assert.Equal((true, false), (longer.MayMatchIn(bloom), longer.Matches(receipt.Logs[0])));

        void AssertFits(LogFilter filter, bool fits) => Assert.Equal((fits, fits), (filter.MayMatchIn(bloom), filter.Matches(receipt.Logs[0])));
    }

    [Fact]
    public void EmptyBloom_HoldsNothing_AndAWrongLengthIsNone()
    {
        Assert.Equal(0, new Bloom(new byte[Bloom.Size]).Ones);
        Assert.False(new Bloom(new byte[Bloom.Size]).MayHold("testtest"u8));
        Assert.Throws<ArgumentException>(() => new Bloom(new byte[255]));
    }
}
