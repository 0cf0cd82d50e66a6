using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Domain.Pricing;
using Federation.Gateway.Pricing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Gateway.Tests;

/// <summary>The hook's client against a real server, which answers well or misbehaves.</summary>
public sealed class HttpPriceHookTests : IAsyncDisposable
{
    private static readonly PriceBook Book = Samples.Datacenter.Spec.Prices;
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(30);

    private readonly List<WebApplication> servers = [];
    private readonly HttpPriceHook hooks = new(TimeProvider.System);

    [Fact]
    public async Task Answer_IsTheBook_WithTheOtherTermsAsTheyWere()
    {
        JsonNode? asked = null;
        var url = await ServeAsync(async http =>
        {
            asked = await JsonNode.ParseAsync(http.Request.Body);
            var prices = asked!["prices"]!.DeepClone();
            prices["cpu"] = "1234567890123456789012";
            prices["gpu"]!["nvidia.com/gpu/A100/81920"] = "10";
            await WriteAsync(http, prices.ToJsonString());
        });
        var answer = await AskAsync(url);
        Assert.Equal("", answer.Problem);
        Assert.Equal(1234567890123456789012d, (double)answer.Book!.Cpu, 1e6);
        Assert.Equal(10, answer.Book.Gpu["nvidia.com/gpu/A100/81920"]);
        Assert.Equal((Book.Memory, Book.Token, Book.NoticeSeconds, Book.Arbiters), (answer.Book.Memory, answer.Book.Token, answer.Book.NoticeSeconds, answer.Book.Arbiters));
        // As a tenant's quote is written.
        Assert.Equal(Samples.Request.SpecHash, (string?)asked!["request"]!["specHash"]);
        Assert.Equal("9", (string?)asked["prices"]!["gpu"]!["nvidia.com/gpu/A100/81920"]);
    }

    [Fact]
    public async Task SlowHook_IsGivenUpAtItsTime_InHeadersAndInTheBody()
    {
        var headers = await ServeAsync(http => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted));
        Assert.Contains("no answer within 100 ms", (await AskAsync(headers, TimeSpan.FromMilliseconds(100))).Problem, StringComparison.Ordinal);
        var body = await ServeAsync(async http =>
        {
            await http.Response.WriteAsync("{");
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
        });
        Assert.Contains("no answer within 200 ms", (await AskAsync(body, TimeSpan.FromMilliseconds(200))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HugeAnswer_IsNotReadToItsEnd()
    {
        var ended = new TaskCompletionSource();
        var url = await ServeAsync(async http =>
        {
            http.RequestAborted.Register(ended.SetResult);
            var block = Encoding.ASCII.GetBytes(new string(' ', 16 * 1024));
            while (!http.RequestAborted.IsCancellationRequested) await http.Response.Body.WriteAsync(block, http.RequestAborted);
        });
        Assert.Contains("could not be asked", (await AskAsync(url)).Problem, StringComparison.Ordinal);
        // It has no end: the connection was cut.
        await ended.Task;
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        var visited = false;
        var target = await ServeAsync(http =>
        {
            visited = true;
            return WriteAsync(http, "{}");
        });
        var url = await ServeAsync(http =>
        {
            http.Response.Redirect(target.AbsoluteUri, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });
        Assert.Contains("307", (await AskAsync(url)).Problem, StringComparison.Ordinal);
        Assert.False(visited);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"cpu":"1","memory":"1","storage":"1","egress":"1","gpu":{},"startFee":"0","minCharge":"0"}""")]
    [InlineData("""{"cpu":1,"memory":"1","storage":"1","egress":"1","gpu":{},"startFee":"0","minCharge":"0","reservationFee":"0"}""")]
    [InlineData("""{"cpu":"-1","memory":"1","storage":"1","egress":"1","gpu":{},"startFee":"0","minCharge":"0","reservationFee":"0"}""")]
    [InlineData("""{"cpu":"1","memory":"1","storage":"1","egress":"1","gpu":null,"startFee":"0","minCharge":"0","reservationFee":"0"}""")]
    [InlineData("""{"cpu":"1","memory":"1","storage":"1","egress":"1","gpu":{},"startFee":"0","minCharge":"0","reservationFee":"0","discount":"1"}""")]
    public async Task WrongAnswer_IsNoBook(string body)
    {
        var answer = await AskAsync(await ServeAsync(http => WriteAsync(http, body)));
        Assert.Null(answer.Book);
        Assert.NotEmpty(answer.Problem);
    }

    [Fact]
    public async Task Failure_IsAProblemAndNoException()
    {
        Assert.Contains("500", (await AskAsync(await ServeAsync(http => { http.Response.StatusCode = 500; return Task.CompletedTask; }))).Problem, StringComparison.Ordinal);
        var gone = await ServeAsync(http => WriteAsync(http, "{}"));
        await servers[^1].StopAsync();
        Assert.Contains("could not be asked", (await AskAsync(gone)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoAsksNoMore_IsNotTheHooksFault()
    {
        using var over = new CancellationTokenSource();
        var url = await ServeAsync(async http => { await over.CancelAsync(); await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hooks.AskAsync(new PriceHook(url, Patient, false), Samples.Request, Book, over.Token));
    }

    public async ValueTask DisposeAsync()
    {
        hooks.Dispose();
        foreach (var server in servers) await server.DisposeAsync();
    }

    private Task<PriceHookAnswer> AskAsync(Uri url, TimeSpan? limit = null) =>
        hooks.AskAsync(new PriceHook(url, limit ?? Patient, false), Samples.Request, Book, default);

    private async Task<Uri> ServeAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        servers.Add(server);
        server.Run(answer);
        await server.StartAsync();
        return new Uri(server.Urls.First());
    }

    private static Task WriteAsync(HttpContext http, string body)
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body);
    }
}
