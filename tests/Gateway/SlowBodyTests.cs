using System.Net;
using System.Net.Sockets;
using System.Text;
using Federation.Application.Quoting;
using Federation.Testing;

namespace Federation.Gateway.Tests;

/// <summary>Strangers announce bodies and let them drip.</summary>
public sealed class SlowBodyTests
{
    [Theory]
    [InlineData("/v1/quotes")]
    [InlineData("/v1/leases/0x1111111111111111111111111111111111111111111111111111111111111111/amendments")]
    [InlineData("/v1/leases/0x1111111111111111111111111111111111111111111111111111111111111111/receipt/signature")]
    [InlineData("/v1/login")]
    public async Task BodyThatDrips_IsGivenUp(string path)
    {
        var clock = new FakeClock();
        await using var gateway = await RunningGateway.StartAsync(Nobody(), clock: clock);
        using var client = await DripAsync(gateway, path);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        Assert.Equal(0, client.Available);
        var answer = await AnswerAsync(client, () => clock.Advance(TimeSpan.FromSeconds(11)));
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Contains("did not come within 10 s", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BodiesOfOneAddress_AreOnlySoMany_AndOthersAreRead()
    {
        await using var gateway = await RunningGateway.StartAsync(new ScriptedQuoter(_ => QuoteResult.Refuse("No", "No.")), trustedProxies: ["127.0.0.1/32"]);
        var clients = new List<TcpClient>();
        for (var i = 0; i < 16 + 64; i++) clients.Add(await DripAsync(gateway, "/v1/quotes", from: "192.0.2.1"));
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        using var one = await DripAsync(gateway, "/v1/quotes", from: "192.0.2.1");
        var answer = await AnswerAsync(one, () => { });
        Assert.StartsWith("HTTP/1.1 429 ", answer, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 1", answer, StringComparison.Ordinal);
        Assert.Equal("No", (await gateway.Client.QuoteAsync(Samples.Request, "0x0a", default)).Reason);
        clients.ForEach(c => c.Dispose());
    }

    private static ScriptedQuoter Nobody() => new(_ => throw new InvalidOperationException("Nobody has asked for a quote."));

    // A body of which one byte has come.
    private static async Task<TcpClient> DripAsync(RunningGateway gateway, string path, string from = "192.0.2.7")
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Http.BaseAddress!.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {from}\r\nContent-Type: application/json\r\nContent-Length: 30000\r\n\r\n{{"));
        return client;
    }

    private static async Task<string> AnswerAsync(TcpClient client, Action meanwhile)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        var (text, buffer) = (new StringBuilder(), new byte[4096]);
        while (!text.ToString().EndsWith('}') && !text.ToString().EndsWith("}\r\n0\r\n\r\n", StringComparison.Ordinal))
        {
            meanwhile();
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            try
            {
                var read = await client.GetStream().ReadAsync(buffer, soon.Token);
                if (read == 0) break;
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
            catch (OperationCanceledException) when (!patience.IsCancellationRequested)
            {
            }
        }

        return text.ToString();
    }
}
