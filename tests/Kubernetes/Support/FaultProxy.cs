using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Kubernetes.Tests.Support;

/// <summary>An HTTP proxy before the API server that can answer in its place.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient forward;
    private int requests;

    private FaultProxy(ApiServer server, Func<HttpContext, int, Task<bool>> fault)
    {
        var port = Ports.Free(1)[0];
#pragma warning disable CA5359 // Loopback, and the API server's certificate is its own.
        var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
#pragma warning restore CA5359
        forward = new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{server.Port}"), Timeout = Timeout.InfiniteTimeSpan };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        app = builder.Build();
        app.Run(async context =>
        {
            if (!await fault(context, Interlocked.Increment(ref requests)))
            {
                await ForwardAsync(context);
            }
        });
        Port = port;
    }

    public int Port { get; }

    public int Requests => requests;

    /// <param name="server">Where requests go.</param>
    /// <param name="fault">Given the request and its number from 1: true when it has answered itself.</param>
    public static async Task<FaultProxy> StartAsync(ApiServer server, Func<HttpContext, int, Task<bool>> fault)
    {
        var proxy = new FaultProxy(server, fault);
        await proxy.app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(soon.Token);
        await app.DisposeAsync();
        forward.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), context.Request.Path + context.Request.QueryString);
            request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
            request.Headers.TryAddWithoutValidation("Accept", context.Request.Headers.Accept.ToString());
            if (context.Request.ContentLength > 0 || context.Request.ContentType is not null)
            {
                request.Content = new StreamContent(context.Request.Body);
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(context.Request.ContentType ?? "application/json");
            }

            using var response = await forward.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            await context.Response.StartAsync();
            await using var body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
            var buffer = new byte[65536];
            while (await body.ReadAsync(buffer, context.RequestAborted) is var count and > 0)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or HttpRequestException or IOException)
        {
            context.Abort();
        }
    }
}
