using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Federation.Proxies;

/// <summary>An HTTP proxy on loopback before a real server. Its fault is switched while it runs.</summary>
public sealed class Proxy : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient server;
    private readonly ConcurrentDictionary<HttpContext, bool> open = new();
    private volatile Fault fault = Fault.None;
    private int requests;

    private Proxy(Uri target)
    {
#pragma warning disable CA5359 // Loopback, and the API server's certificate is its own.
        var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
#pragma warning restore CA5359
        server = new HttpClient(handler) { BaseAddress = target, Timeout = Timeout.InfiniteTimeSpan };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        app = builder.Build();
        app.Run(HandleAsync);
    }

    /// <summary>What is wrong from now on.</summary>
    public Fault Fault
    {
        get => fault;
        set => fault = value;
    }

    public Uri Url => new(app.Urls.First());

    public int Port => Url.Port;

    /// <summary>Requests so far, whatever became of them.</summary>
    public int Requests => requests;

    /// <summary>Watches that are open.</summary>
    public int Watching => open.Keys.Count(IsWatch);

    /// <param name="target">The server, http or https.</param>
    public static async Task<Proxy> StartAsync(Uri target)
    {
        var proxy = new Proxy(target);
        await proxy.app.StartAsync();
        return proxy;
    }

    /// <summary>The same, for a fault of a few lines: given the request and its number from 1, true when it has answered itself.</summary>
    public static async Task<Proxy> StartAsync(Uri target, Func<HttpContext, int, Task<bool>> answers)
    {
        var proxy = await StartAsync(target);
        proxy.Fault = new Scripted(answers);
        return proxy;
    }

    /// <summary>Breaks every connection that is at work; new ones are made.</summary>
    public void Cut()
    {
        foreach (var context in open.Keys) context.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(soon.Token);
        await app.DisposeAsync();
        server.Dispose();
    }

    private static bool IsWatch(HttpContext context)
    {
        try
        {
            return context.Request.Query.ContainsKey("watch") && context.Response.HasStarted;
        }
        catch (ObjectDisposedException)
        {
            // It has ended while it was looked at.
            return false;
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        open.TryAdd(context, true);
        try
        {
            await fault.HandleAsync(await Exchange.ReadAsync(this, context, server, Interlocked.Increment(ref requests)));
        }
        catch (Exception failure) when (failure is OperationCanceledException or HttpRequestException or IOException)
        {
            context.Abort();
        }
        finally
        {
            open.TryRemove(context, out _);
        }
    }

    private sealed class Scripted(Func<HttpContext, int, Task<bool>> answers) : Fault
    {
        public override async Task HandleAsync(Exchange exchange)
        {
            if (!await answers(exchange.Context, exchange.Number)) await exchange.PassAsync();
        }
    }
}
