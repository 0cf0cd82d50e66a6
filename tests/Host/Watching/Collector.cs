using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Watching;

/// <summary>A collector of OpenTelemetry's protocol: protobuf over HTTP on a real Kestrel. Beside it a node and a store of samples, which have an access key in their paths.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly HttpClient http = new();
    private readonly ConcurrentQueue<ReceivedSpan> spans = [];
    private WebApplication app = null!;

    public Uri Url => new(app.Urls.First());

    public IReadOnlyList<ReceivedSpan> Spans => [.. spans];

    /// <summary>All that came, as it came.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = [];

    /// <param name="node">What is below <c>/{key}</c>.</param>
    public static async Task<Collector> StartAsync(Uri node, string key)
    {
        var collector = new Collector();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        collector.app = builder.Build();
        collector.app.MapPost("/v1/traces", collector.TakeAsync);
        collector.app.MapPost($"/{key}", async (HttpRequest request) =>
        {
            using var body = new StreamContent(request.Body) { Headers = { { "Content-Type", "application/json" } } };
            using var answer = await collector.http.PostAsync(node, body);
            return Results.Text(await answer.Content.ReadAsStringAsync(), "application/json", statusCode: (int)answer.StatusCode);
        });
        collector.app.MapMethods($"/{key}/api/v1/query", ["GET", "POST"], () => Results.Text("""{"status":"success","data":{"resultType":"matrix","result":[]}}""", "application/json"));
        await collector.app.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task<IResult> TakeAsync(HttpRequest request)
    {
        Assert.Equal("application/x-protobuf", request.ContentType);
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        Bodies.Enqueue(body.ToArray());
        foreach (var span in ReceivedSpan.ReadAll(body.ToArray())) spans.Enqueue(span);
        return Results.Bytes([], "application/x-protobuf");
    }
}
