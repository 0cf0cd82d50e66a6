using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Federation.Proxies;

/// <summary>One request on its way to the server, and what becomes of it.</summary>
public sealed class Exchange
{
    private readonly Proxy proxy;
    private readonly HttpClient server;

    private Exchange(Proxy proxy, HttpContext context, HttpClient server, int number, byte[] body) =>
        (this.proxy, Context, this.server, Number, Body) = (proxy, context, server, number, body);

    public HttpContext Context { get; }

    /// <summary>From 1, in the order of arrival.</summary>
    public int Number { get; }

    public byte[] Body { get; }

    public string Path => Context.Request.Path;

    public bool IsWatch => Context.Request.Query.ContainsKey("watch");

    /// <summary>Anything but a read; of an API server.</summary>
    public bool IsWrite => Context.Request.Method is not "GET";

    private CancellationToken Aborted => Context.RequestAborted;

    /// <summary>The server's own answer, passed on.</summary>
    public async Task PassAsync()
    {
        using var answer = await SendAsync();
        await PassAsync(answer);
    }

    /// <summary>The server does what was asked; nobody has heard of it yet.</summary>
    public Task<HttpResponseMessage> SendAsync() => SendAsync(Body, Aborted);

    /// <summary>The server does something else.</summary>
    public Task<HttpResponseMessage> SendAsync(byte[] body) => SendAsync(body, Aborted);

    /// <summary>The server does what was asked, even when whoever asked goes away meanwhile.</summary>
    public async Task ApplyAsync()
    {
        using var answer = await SendAsync(Body, CancellationToken.None);
        await answer.Content.LoadIntoBufferAsync(CancellationToken.None);
    }

    public async Task PassAsync(HttpResponseMessage answer)
    {
        Context.Response.StatusCode = (int)answer.StatusCode;
        Context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        if (answer.Headers.RetryAfter is { } after) Context.Response.Headers.RetryAfter = after.ToString();
        await Context.Response.StartAsync(Aborted);
        await using var body = await answer.Content.ReadAsStreamAsync(Aborted);
        if (IsWatch) await PassLinesAsync(body);
        else await body.CopyToAsync(Context.Response.Body, Aborted);
    }

    public async Task AnswerAsync(int status, string body, TimeSpan? retryAfter = null, string type = "application/json")
    {
        Context.Response.StatusCode = status;
        Context.Response.ContentType = type;
        if (retryAfter is { } wait) Context.Response.Headers.RetryAfter = wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await Context.Response.WriteAsync(body, Aborted);
    }

    /// <summary>Breaks the connection: who asked does not learn what was done.</summary>
    public void Cut() => Context.Abort();

    /// <summary>Says nothing until whoever asked gives up.</summary>
    public Task StallAsync() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Aborted);

    internal static async Task<Exchange> ReadAsync(Proxy proxy, HttpContext context, HttpClient server, int number)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return new Exchange(proxy, context, server, number, body.ToArray());
    }

    private async Task<HttpResponseMessage> SendAsync(byte[] body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(new HttpMethod(Context.Request.Method), Context.Request.Path + Context.Request.QueryString);
        foreach (var name in (string[])["Authorization", "Accept", "User-Agent"])
            if (Context.Request.Headers.TryGetValue(name, out var value)) request.Headers.TryAddWithoutValidation(name, value.ToString());
        if (body.Length > 0)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(Context.Request.ContentType ?? "application/json");
        }

        return await server.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private async Task PassLinesAsync(Stream body)
    {
        using var reader = new StreamReader(body, Encoding.UTF8);
        await Context.Response.Body.FlushAsync(Aborted);
        while (await reader.ReadLineAsync(Aborted) is { } line)
        {
            if (!await proxy.Fault.LetsPassAsync(this, line)) continue;
            await Context.Response.WriteAsync(line + "\n", Aborted);
            await Context.Response.Body.FlushAsync(Aborted);
        }

        await proxy.Fault.LetsPassAsync(this, "");
    }
}
