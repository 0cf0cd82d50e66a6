using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Watching;

/// <summary>A collector of OpenTelemetry's protocol by gRPC: HTTP/2 without TLS, as inside a cluster, each message behind five bytes, the outcome in a trailer.</summary>
internal sealed class GrpcCollector : IAsyncDisposable
{
    private const int PrefixBytes = 5;
    private readonly ConcurrentQueue<ReceivedSpan> spans = [];
    private WebApplication app = null!;

    public Uri Url => new(app.Urls.First());

    public IReadOnlyList<ReceivedSpan> Spans => [.. spans];

    public static async Task<GrpcCollector> StartAsync()
    {
        var collector = new GrpcCollector();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        collector.app = builder.Build();
        collector.app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", collector.TakeAsync);
        await collector.app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var (message, length) = (body.ToArray()[PrefixBytes..], BinaryPrimitives.ReadUInt32BigEndian(body.ToArray().AsSpan(1)));
        context.Response.ContentType = "application/grpc";
        // An empty answer, which is one without a word of what was refused.
        await context.Response.Body.WriteAsync(new byte[PrefixBytes]);
        var isWhole = context.Request.ContentType == "application/grpc" && length == message.Length;
        context.Response.AppendTrailer("grpc-status", isWhole ? "0" : "3");
        if (!isWhole) return;
        foreach (var span in ReceivedSpan.ReadAll(message)) spans.Enqueue(span);
    }
}
