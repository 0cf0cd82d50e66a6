using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Federation.Application.Access;
using Federation.Application.Ports;
using Federation.Gateway.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using NSubstitute;

namespace Federation.Gateway.Tests;

/// <summary>How much goes through: an API server that serves and echoes whatever it is asked for stands in for the real one.</summary>
public sealed class AccessLimitsTests : IAsyncLifetime
{
    private const string Space = "lease-0123456789abcdef";
    private const string Tenant = "0x00000000000000000000000000000000000000a1";
    private const string Stranger = "0x00000000000000000000000000000000000000b2";
    private const int Chunk = 128 * 1024;

    private readonly TenantCredentials credentials = new(new byte[TenantCredentials.SecretBytes], "test");
    private readonly ITenantSpaces spaces = Substitute.For<ITenantSpaces>();
    private readonly Kept log = new();
    private WebApplication server = null!;

    public async ValueTask InitializeAsync()
    {
        spaces.IsTenantAsync(Space, Tenant, Arg.Any<CancellationToken>()).Returns(true);
        spaces.OpenShellAsync(Space, "web", Arg.Any<CancellationToken>()).Returns(ShellEntry.Open);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        server = builder.Build();
        server.Run(ServeAsync);
        await server.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        log.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("?watch=1")]
    [InlineData("?watch")]
    [InlineData("?x=1&%77atch=true")]
    public async Task Write_IsOne_WhateverItsQuerySays(string query)
    {
        await using var gateway = await StartAsync(new AccessOptions { WriteBurst = 1, WritesPerMinute = 1 });
        Assert.Equal(new[] { 200, 429 }, new[] { await SendAsync(gateway, HttpMethod.Delete, "configmaps/c" + query), await SendAsync(gateway, HttpMethod.Delete, "configmaps/c" + query) });
    }

    [Theory]
    [InlineData("?watch=1")]
    [InlineData("?watch")]
    [InlineData("?x=1&%77atch=true")]
    public async Task Watch_IsAStream_HoweverItIsSpelled(string query)
    {
        await using var gateway = await StartAsync(new AccessOptions { StreamsPerTenant = 1 });
        Assert.Equal(200, await SendAsync(gateway, HttpMethod.Get, "configmaps" + query));
        await Eventually(() => log.Lines.Any(l => l.Contains("ended after", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task StrangersWrites_TakeNothingOfWhatTenantsShare()
    {
        await using var gateway = await StartAsync(new AccessOptions { AllWritesPerMinute = 2 });
        for (var i = 0; i < 10; i++) Assert.Equal(403, await SendAsync(gateway, HttpMethod.Delete, "configmaps/c", Stranger));
        Assert.Equal(new[] { 200, 200, 429 }, new[] { await SendAsync(gateway, HttpMethod.Delete, "configmaps/c"), await SendAsync(gateway, HttpMethod.Delete, "configmaps/c"), await SendAsync(gateway, HttpMethod.Delete, "configmaps/c") });
    }

    [Fact]
    public async Task FullStore_LeavesRoomForDeliveries()
    {
        await using var gateway = await StartAsync(new AccessOptions { AllWritesPerMinute = 1 });
        Assert.Equal(new[] { 200, 429 }, new[] { await SendAsync(gateway, HttpMethod.Delete, "configmaps/c"), await SendAsync(gateway, HttpMethod.Delete, "configmaps/c") });
        Assert.Equal(new[] { 200, 429 }, new[] { await SendAsync(gateway, HttpMethod.Delete, "computeleases/c"), await SendAsync(gateway, HttpMethod.Delete, "computeleases/c") });
    }

    // Whoever has signed in may ask what it may do; its lease may have ended since.
    [Fact]
    public async Task StrangersSlowReviews_TakeNoPlaceOfTenants_AndAreGivenUp()
    {
        await using var gateway = await StartAsync(new AccessOptions { Requests = 1, Deliveries = 1, Looks = 1 });
        using var slow = await DripAsync(gateway, "POST", "/cluster/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Stranger);
        using var foreign = await DripAsync(gateway, "PUT", $"/cluster/api/v1/namespaces/{Space}/configmaps/c", Stranger);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        Assert.Equal(200, await SendAsync(gateway, HttpMethod.Get, "pods"));
        Assert.Equal(200, await SendAsync(gateway, HttpMethod.Delete, "computeleases/c"));
        // It has not even a place of those who review.
        using var review = await DripAsync(gateway, "GET", "/cluster/api", Stranger, length: 0);
        Assert.StartsWith("HTTP/1.1 200 ", await FirstLineAsync(review), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 408 ", await FirstLineAsync(slow), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 403 ", await FirstLineAsync(foreign), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TenantsSlowWrites_LeaveRoomForDeliveries()
    {
        await using var gateway = await StartAsync(new AccessOptions { Requests = 1 });
        using var slow = await DripAsync(gateway, "PUT", $"/cluster/api/v1/namespaces/{Space}/configmaps/c", Tenant);
        await Eventually(() => spaces.ReceivedCalls().Any());
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        Assert.Equal(429, await SendAsync(gateway, HttpMethod.Get, "pods"));
        Assert.Equal(200, await SendAsync(gateway, HttpMethod.Delete, "computeleases/c"));
    }

    // A watch for servers that part parameters there, and a place for a minute here.
    [Theory]
    [InlineData("?x=1;watch=1")]
    [InlineData("?watch=0;watch=1")]
    public async Task Semicolon_InAQuery_IsRefused(string query)
    {
        await using var gateway = await StartAsync(new AccessOptions());
        Assert.Equal(403, await SendAsync(gateway, HttpMethod.Get, "pods" + query));
        Assert.Equal(200, await SendAsync(gateway, HttpMethod.Get, "pods/p/log?container=a%3Bb"));
    }

    [Theory]
    [InlineData(1 << 16, 1 << 20)]
    [InlineData(1 << 20, 1 << 16)]
    public async Task Bytes_OfAnAnswer_WaitForTheirTurn(int perSecond, int allPerSecond)
    {
        await using var gateway = await StartAsync(new AccessOptions { BytesPerSecond = perSecond, AllBytesPerSecond = allPerSecond, ByteBurst = 1 << 14 });
        var started = TimeProvider.System.GetTimestamp();
        Assert.Equal(200, await SendAsync(gateway, HttpMethod.Get, "pods/p/log"));
        // 64 KiB a second, and 64 KiB at once at most.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(30));
        await Eventually(() => log.Lines.Any(l => l.Contains($"{Tenant} GET /cluster/api/v1/namespaces/{Space}/pods/p/log ended after", StringComparison.Ordinal) && l.EndsWith($"0 bytes from the tenant, {Chunk} to it", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Bytes_OfAConnection_AreCountedBothWays_AndWaitForTheirTurn()
    {
        await using var gateway = await StartAsync(new AccessOptions { BytesPerSecond = 1 << 16, ByteBurst = 1 << 16 });
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Http.BaseAddress!.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /cluster/api/v1/namespaces/{Space}/pods/web/exec?command=sh HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TokenOf(Tenant)}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n"));
        var (head, one) = (new StringBuilder(), new byte[1]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1) head.Append((char)one[0]);
        Assert.StartsWith("HTTP/1.1 101 ", head.ToString(), StringComparison.Ordinal);
        var started = TimeProvider.System.GetTimestamp();
        var sending = stream.WriteAsync(new byte[Chunk]).AsTask();
        await stream.ReadExactlyAsync(new byte[Chunk]);
        await sending;
        // Four times what comes at once.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30));
        client.Close();
        await Eventually(() => log.Lines.Any(l => l.EndsWith($"{Chunk} bytes from the tenant, {Chunk} to it", StringComparison.Ordinal)));
    }

    private static async Task ServeAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            http.Response.Headers.Upgrade = "SPDY/3.1";
            await using var stream = await upgrade.UpgradeAsync();
            await stream.CopyToAsync(stream);
        }
        else
        {
            await http.Response.Body.WriteAsync(new byte[http.Request.Path.Value!.EndsWith("/log", StringComparison.Ordinal) ? Chunk : 2]);
        }
    }

    private static async Task Eventually(Func<bool> isTrue)
    {
        for (var i = 0; i < 1200 && !isTrue(); i++) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.True(isTrue());
    }

    private async Task<RunningGateway> StartAsync(AccessOptions options)
    {
        var gateway = await RunningGateway.StartAsync(new ScriptedQuoter(_ => throw new NotSupportedException()), access: options, log: log);
        gateway.Door.Set(new OpenDoor(new Uri(server.Urls.First()), new HttpMessageInvoker(new SocketsHttpHandler { ActivityHeadersPropagator = null }), spaces, credentials));
        return gateway;
    }

    // A body of which one byte has come.
    private async Task<TcpClient> DripAsync(RunningGateway gateway, string method, string path, string who, int length = 60_000)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Http.BaseAddress!.Port);
        var body = length > 0 ? $"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{" : "\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TokenOf(who)}\r\n{body}"));
        return client;
    }

    private static async Task<string> FirstLineAsync(TcpClient client)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var buffer = new byte[256];
        return Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, patience.Token));
    }

    private string TokenOf(string who) => credentials.Issue(who, TimeProvider.System.GetUtcNow().AddMinutes(5));

    private async Task<int> SendAsync(RunningGateway gateway, HttpMethod method, string what, string who = Tenant)
    {
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var group = what.StartsWith("computeleases", StringComparison.Ordinal) ? "apis/compute.federation/v1alpha1" : "api/v1";
        using var message = new HttpRequestMessage(method, new Uri($"{gateway.Http.BaseAddress!.AbsoluteUri}cluster/{group}/namespaces/{Space}/{what}", in options));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TokenOf(who));
        using var response = await gateway.Http.SendAsync(message);
        return (int)response.StatusCode;
    }

    /// <summary>What was written down.</summary>
    private sealed class Kept : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
            // What was kept is read until the test is over.
        }
    }
}
