using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Federation.Application.Access;
using Federation.Application.Ports;
using Federation.Gateway.Access;
using NSubstitute;

namespace Federation.Gateway.Tests;

/// <summary>What is passed on, to the letter: a server that writes down what it gets stands in for the API server.</summary>
public sealed class AccessForwardingTests : IAsyncLifetime
{
    private const string Space = "lease-0123456789abcdef";
    private const string Tenant = "0x00000000000000000000000000000000000000a1";

    private readonly TcpListener server = new(IPAddress.Loopback, 0);
    private readonly TenantCredentials credentials = new(new byte[TenantCredentials.SecretBytes], "test");
    private readonly ITenantSpaces spaces = Substitute.For<ITenantSpaces>();
    private RunningGateway gateway = null!;

    private string Token => credentials.Issue(Tenant, TimeProvider.System.GetUtcNow().AddMinutes(5));

    public async ValueTask InitializeAsync()
    {
        spaces.OpenShellAsync(Space, "debug", Arg.Any<CancellationToken>()).Returns(ShellEntry.Foreign);
        server.Start();
        spaces.IsTenantAsync(Space, Tenant, Arg.Any<CancellationToken>()).Returns(true);
        spaces.OpenShellAsync(Space, "web", Arg.Any<CancellationToken>()).Returns(ShellEntry.Open);
        gateway = await RunningGateway.StartAsync(new ScriptedQuoter(_ => throw new NotSupportedException()));
        gateway.Door.Set(new OpenDoor(
            new Uri($"http://127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}"), new HttpMessageInvoker(new SocketsHttpHandler { ActivityHeadersPropagator = null }), spaces, credentials));
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        server.Dispose();
    }

    [Fact]
    public async Task Request_HasTheGatewaysWordOnWhoAsks_AndOfTheTenantsHeadersThoseThatAreNamed()
    {
        var asked = ServeAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}");
        using var message = new HttpRequestMessage(HttpMethod.Patch, $"/cluster/api/v1/namespaces/{Space}/configmaps/c?fieldManager=k%2Fx&x=..%2F") { Content = new StringContent("{}", Encoding.UTF8, "application/merge-patch+json") };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        foreach (var (name, value) in new[] { ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Host", "evil"), ("Forwarded", "for=evil"), ("Cookie", "a=b"), ("Proxy-Authorization", "x"), ("X-Http-Method-Override", "DELETE"), ("TE", "trailers"), ("Accept", "application/json"), ("User-Agent", "kubectl") })
            message.Headers.TryAddWithoutValidation(name, value);
        using var response = await gateway.Http.SendAsync(message);
        Assert.Equal(200, (int)response.StatusCode);

        var (head, body) = await asked;
        Assert.Equal($"PATCH /api/v1/namespaces/{Space}/configmaps/c?fieldManager=k%2Fx&x=..%2F HTTP/1.1", head[0]);
        Assert.Equal("{}", body);
        Assert.Equal(
            [
                "Accept: application/json", "Content-Length: 2", "Content-Type: application/merge-patch+json; charset=utf-8", "Host: " + server.LocalEndpoint,
                "Impersonate-Group: federation:tenants", $"Impersonate-User: system:serviceaccount:{Space}:federation-tenant", "User-Agent: kubectl",
            ],
            head.Skip(1).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("POST", "SPDY/3.1", "Upgrade")]
    [InlineData("GET", "websocket", "Upgrade")]
    [InlineData("GET", "websocket", "keep-alive, Upgrade")]
    public async Task Upgrade_BecomesAConnection_BothWays_AndNamesNoHeaderToBeTakenAway(string method, string protocol, string connection)
    {
        var asked = ServeAsync($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n", echo: true);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Http.BaseAddress!.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} /cluster/api/v1/namespaces/{Space}/pods/web/exec?command=sh&stdin=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Token}\r\nConnection: {connection}\r\nUpgrade: {protocol}\r\n" +
            "X-Stream-Protocol-Version: v4.channel.k8s.io\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 101 ", (await HeadAsync(stream))[0], StringComparison.Ordinal);
        await stream.WriteAsync("ping"u8.ToArray());
        var answer = new byte[4];
        await stream.ReadExactlyAsync(answer);
        Assert.Equal("ping", Encoding.ASCII.GetString(answer));
        client.Close();

        var (head, _) = await asked;
        Assert.Equal($"{method} /api/v1/namespaces/{Space}/pods/web/exec?command=sh&stdin=true HTTP/1.1", head[0]);
        Assert.All(head.Where(h => h.StartsWith("Connection:", StringComparison.Ordinal)), h => Assert.Matches("^Connection: (keep-alive, )?Upgrade$", h));
        Assert.Contains($"Impersonate-User: system:serviceaccount:{Space}:federation-tenant", head);
        Assert.DoesNotContain(head, h => h.StartsWith("Authorization", StringComparison.OrdinalIgnoreCase));
        await spaces.Received().OpenShellAsync(Space, "web", Arg.Any<CancellationToken>());
    }

    // What somebody else runs in the lease's namespace is billed to nobody: nobody works in it.
    [Theory]
    [InlineData("exec")]
    [InlineData("portforward")]
    public async Task PodThatIsNotOfTheWorkload_IsNotEntered(string how)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/cluster/api/v1/namespaces/{Space}/pods/debug/{how}?command=sh");
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        using var response = await gateway.Http.SendAsync(message);
        Assert.Equal(403, (int)response.StatusCode);
        Assert.Contains("debug is not of your workload", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    // What comes under its name between the look and the entry may be somebody else's: the request is not sent on.
    [Fact]
    public async Task PodThatIsNotThere_IsNotEntered()
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/cluster/api/v1/namespaces/{Space}/pods/gone/exec?command=sh");
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        using var response = await gateway.Http.SendAsync(message);
        Assert.Equal(404, (int)response.StatusCode);
        Assert.Contains("\"reason\":\"NotFound\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerThatDoesNotAnswer_IsSaidInKubernetesWords()
    {
        server.Stop();
        using var message = new HttpRequestMessage(HttpMethod.Get, $"/cluster/api/v1/namespaces/{Space}/pods");
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        using var response = await gateway.Http.SendAsync(message);
        Assert.Equal(503, (int)response.StatusCode);
        Assert.Contains("\"kind\":\"Status\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<(string[] Head, string Body)> ServeAsync(string answer, bool echo = false)
    {
        using var client = await server.AcceptTcpClientAsync();
        var stream = client.GetStream();
        var head = await HeadAsync(stream);
        var length = head.FirstOrDefault(h => h.StartsWith("Content-Length: ", StringComparison.Ordinal)) is { } line ? int.Parse(line[16..], null) : 0;
        var body = new byte[length];
        await stream.ReadExactlyAsync(body);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        if (echo) await stream.CopyToAsync(stream);
        return (head, Encoding.UTF8.GetString(body));
    }

    private static async Task<string[]> HeadAsync(NetworkStream stream)
    {
        var (text, one) = (new StringBuilder(), new byte[1]);
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1) text.Append((char)one[0]);
        return text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
