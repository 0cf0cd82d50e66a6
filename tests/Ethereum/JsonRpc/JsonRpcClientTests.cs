using System.Net;
using System.Net.Sockets;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests.JsonRpc;

public sealed class JsonRpcClientTests
{
    private static readonly Uri Somewhere = new("http://user:secret@node.example/key-in-path");
    private static readonly JsonRpcOptions Fast = new() { BaseDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(5) };
    private static readonly RpcRequest Read = new("eth_blockNumber");

    [Fact]
    public async Task Send_ReadAfterTransientFaults_IsRetried()
    {
        var node = new FakeNode(_ => throw new HttpRequestException("reset"), _ => FakeNode.Status(503), FakeNode.Result("\"0x10\""));
        using var rpc = new JsonRpcClient(Somewhere, Fast, handler: node);

        Assert.Equal(16ul, await rpc.SendAsync<ulong>(Read));
        Assert.Equal(3, node.Requests.Count);
        Assert.Equal("Basic dXNlcjpzZWNyZXQ=", node.Authorization);
    }

    [Theory]
    [InlineData("eth_sendRawTransaction")]
    [InlineData("eth_sendTransaction")]
    [InlineData("eth_signTransaction")]
    [InlineData("personal_unlock")]
    public async Task Send_NoRead_IsSentOnce(string method)
    {
        var node = new FakeNode(_ => throw new HttpRequestException("reset"));
        using var rpc = new JsonRpcClient(Somewhere, Fast, handler: node);

        var fault = await Assert.ThrowsAsync<RpcTransportException>(() => rpc.SendAsync<string>(new RpcRequest(method)));

        Assert.True(fault.IsTransient);
        Assert.Single(node.Requests);
        Assert.DoesNotContain("secret", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("key-in-path", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendBatch_WithOneWriteInIt_IsSentOnce()
    {
        var node = new FakeNode(_ => FakeNode.Status(502));
        using var rpc = new JsonRpcClient(Somewhere, Fast, handler: node);

        await Assert.ThrowsAsync<RpcTransportException>(() => rpc.SendBatchAsync([Read, new RpcRequest("eth_sendRawTransaction", "0x")]));
        Assert.Single(node.Requests);
    }

    [Fact]
    public async Task Send_LastingFault_GivesUpAfterTheRetries()
    {
        var node = new FakeNode(_ => FakeNode.Status(429));
        using var rpc = new JsonRpcClient(Somewhere, Fast with { MaxRetries = 3 }, handler: node);

        await Assert.ThrowsAsync<RpcTransportException>(() => rpc.SendAsync<ulong>(Read));
        Assert.Equal(4, node.Requests.Count);
    }

    [Theory]
    [InlineData("{}", "another id")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1}", "neither result nor error")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":\"0x1\"}", "another id")]
    [InlineData("<html>", "no JSON")]
    [InlineData("3", "neither an object")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", "not a UInt64")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", "not a UInt64")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x1ffffffffffffffff\"}", "not a UInt64")]
    public async Task Send_AnswerThatIsNone_NamesTheFault(string body, string words)
    {
        using var rpc = new JsonRpcClient(Somewhere, Fast with { MaxRetries = 0 }, handler: new FakeNode(FakeNode.Body(body)));

        var fault = await Assert.ThrowsAsync<RpcTransportException>(() => rpc.SendAsync<ulong>(Read));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0x", "")]
    [InlineData("0xABcd01", "abcd01")]
    [InlineData("0X12", "12")]
    // Escaped, it is the same text.
    [InlineData("\\u0030x1\\u0032", "12")]
    public async Task Send_Data_IsItsBytes(string text, string hex)
    {
        using var rpc = new JsonRpcClient(Somewhere, Fast, handler: new FakeNode(FakeNode.Result($"\"{text}\"")));
        Assert.Equal(Convert.FromHexString(hex), await rpc.SendAsync<byte[]>(Read));
    }

    [Theory]
    [InlineData("\"12\"", "must start with 0x")]
    [InlineData("\"0x123\"", "odd number")]
    [InlineData("\"0x1g\"", "not")]
    [InlineData("\"0x1\u00e9\"", "not")]
    [InlineData("\"\"", "must start with 0x")]
    [InlineData("12", "expected")]
    public async Task Send_DataThatIsNone_NamesTheFault(string json, string words)
    {
        using var rpc = new JsonRpcClient(Somewhere, Fast with { MaxRetries = 0 }, handler: new FakeNode(FakeNode.Result(json)));
        var fault = await Assert.ThrowsAsync<RpcTransportException>(() => rpc.SendAsync<byte[]>(Read));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_AnswerTooLong_IsRefusedOnce()
    {
        var node = new FakeNode(FakeNode.Body(new string(' ', 5000)));
        using var rpc = new JsonRpcClient(Somewhere, Fast with { MaxResponseBytes = 1000 }, handler: node);

        Assert.False((await Assert.ThrowsAsync<RpcTransportException>(() => rpc.SendAsync<ulong>(Read))).IsTransient);
        Assert.Single(node.Requests);
    }

    [Fact]
    public async Task SendBatch_AnswersInAnyOrder_StandInTheOrderOfRequests()
    {
        var body = """[{"jsonrpc":"2.0","id":2,"error":{"code":-32005,"message":"limit"}},{"jsonrpc":"2.0","id":1,"result":"0x1"}]""";
        using var rpc = new JsonRpcClient(Somewhere, Fast, handler: new FakeNode(FakeNode.Body(body)));

        var results = await rpc.SendBatchAsync([Read, Read]);

        Assert.Equal(1ul, results[0].Get<ulong>());
        Assert.Equal(-32005, results[1].Error!.Code);
        Assert.Throws<RpcResponseException>(() => results[1].Get<ulong>());
    }

    [Fact]
    public async Task SendBatch_OneErrorForAll_IsEachOnesError()
    {
        var body = """{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}""";
        using var rpc = new JsonRpcClient(Somewhere, Fast, handler: new FakeNode(FakeNode.Body(body)));

        Assert.All(await rpc.SendBatchAsync([Read, Read]), r => Assert.Equal("batch too large", r.Error!.RpcMessage));
    }

    [Fact]
    public async Task SendBatch_OneAnswerMissing_IsATransportFault()
    {
        using var rpc = new JsonRpcClient(Somewhere, Fast, handler: new FakeNode(FakeNode.Body("""[{"jsonrpc":"2.0","id":1,"result":"0x1"}]""")));
        await Assert.ThrowsAsync<RpcTransportException>(() => rpc.SendBatchAsync([Read, Read]));
    }

    [Theory]
    [InlineData("""{"code":3,"message":"execution reverted","data":"0x1234"}""", "0x1234")]
    [InlineData("""{"code":-32015,"message":"VM execution error","data":"Reverted 0x1234"}""", "0x1234")]
    [InlineData("""{"code":-32603,"message":"x","data":{"originalError":{"data":"0x1234"}}}""", "0x1234")]
    [InlineData("""{"code":-32000,"message":"nonce too low","data":17}""", null)]
    public async Task Send_Error_FindsRevertDataInEveryKnownForm(string error, string? revert)
    {
        using var rpc = new JsonRpcClient(Somewhere, Fast, handler: new FakeNode(FakeNode.Body($$"""{"jsonrpc":"2.0","id":1,"error":{{error}}}""")));

        var fault = await Assert.ThrowsAsync<RpcResponseException>(() => rpc.SendAsync<byte[]>(new RpcRequest("eth_call")));
        Assert.Equal(revert, fault.RevertData is { } data ? Hex.Encode(data) : null);
    }

    [Fact]
    public async Task Send_NodeThatNeverAnswers_TimesOutAndIsRetried()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var options = Fast with { AttemptTimeout = TimeSpan.FromMilliseconds(100), MaxRetries = 1 };
        using var rpc = new JsonRpcClient(new Uri($"http://{silent.LocalEndpoint}"), options);

        var fault = await Assert.ThrowsAsync<RpcTransportException>(() => rpc.SendAsync<ulong>(Read));
        Assert.Contains("did not answer", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_CancelledByCaller_IsCancellationNotAFault()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var rpc = new JsonRpcClient(new Uri($"http://{silent.LocalEndpoint}"));
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rpc.SendAsync<ulong>(Read, cancel.Token));
    }

    [Fact]
    public async Task Send_NodeKilledMidFlightAndRestarted_ReadsSucceedAgain()
    {
        await using var anvil = await Anvil.StartAsync();
        // The frozen process has taken the request when it is killed: the connection breaks in mid-flight.
        await anvil.SignalAsync("STOP");
        using var rpc = new JsonRpcClient(anvil.Http, new JsonRpcOptions { MaxRetries = 1000, MaxDelay = TimeSpan.FromMilliseconds(200) });
        var read = new EthereumClient(rpc).GetChainIdAsync();
        var write = rpc.SendAsync<string>(new RpcRequest("eth_sendRawTransaction", "0x02"));
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        Assert.False(read.IsCompleted);

        await anvil.KillAsync();
        await Assert.ThrowsAsync<RpcTransportException>(() => write);
        await anvil.RestartAsync();

        Assert.Equal(31337ul, await read);
    }
}
