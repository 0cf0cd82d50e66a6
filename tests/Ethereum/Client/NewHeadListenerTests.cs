using System.Net;
using System.Net.Sockets;
using Federation.Ethereum.Client;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests.Client;

public sealed class NewHeadListenerTests
{
    private static readonly NewHeadOptions Fast = new()
    {
        BaseDelay = TimeSpan.FromMilliseconds(20),
        MaxDelay = TimeSpan.FromMilliseconds(100),
        IdleTimeout = TimeSpan.FromMilliseconds(300),
        ConnectTimeout = TimeSpan.FromMilliseconds(300),
    };

    [Fact]
    public async Task Read_NodeRestarted_HintsGoOn()
    {
        await using var anvil = await Anvil.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var options = Fast with { IdleTimeout = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(30) };
        var heads = new NewHeadListener(anvil.WebSocket, options).ReadAsync(limit.Token).GetAsyncEnumerator(limit.Token);

        await UntilAsync(heads, head => head.Number is null);
        await anvil.SendAsync<object?>("anvil_mine", "0x1");
        var first = await UntilAsync(heads, head => head.Number is not null);
        Assert.Equal((await anvil.Client.GetBlockAsync(BlockParameter.AtNumber(first.Number!.Value)))!.Hash, first.Hash);

        await anvil.KillAsync();
        await anvil.RestartAsync();
        await UntilAsync(heads, head => head.Number is null);
        await anvil.SendAsync<object?>("anvil_mine", "0x1");
        Assert.Equal(1ul, (await UntilAsync(heads, head => head.Number is not null)).Number);
        await heads.DisposeAsync();
    }

    [Fact]
    public async Task Read_SilentServer_IsLeftAndTriedAgainUntilCancelled()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var faults = 0;
        using var cancel = new CancellationTokenSource();
        var listener = new NewHeadListener(new Uri($"ws://{silent.LocalEndpoint}"), Fast, onFault: _ =>
        {
            if (++faults == 2)
                cancel.Cancel();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var head in listener.ReadAsync(cancel.Token))
                Assert.Fail($"a head from nowhere: {head}");
        });
        Assert.Equal(2, faults);
    }

    private static async Task<NewHead> UntilAsync(IAsyncEnumerator<NewHead> heads, Func<NewHead, bool> wanted)
    {
        while (await heads.MoveNextAsync())
        {
            if (wanted(heads.Current))
                return heads.Current;
        }
        throw new InvalidOperationException("the hints ended");
    }
}
