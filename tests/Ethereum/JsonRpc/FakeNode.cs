using System.Net;
using System.Text;

namespace Federation.Ethereum.Tests.JsonRpc;

/// <summary>An HTTP handler that plays answers in order and repeats the last one.</summary>
internal sealed class FakeNode(params Func<string, HttpResponseMessage>[] answers) : HttpMessageHandler
{
    public List<string> Requests { get; } = [];

    public string? Authorization { get; private set; }

    public static HttpResponseMessage Status(int code) => new((HttpStatusCode)code) { Content = new StringContent("busy") };

    public static Func<string, HttpResponseMessage> Body(string body) => _ => new HttpResponseMessage(HttpStatusCode.OK)
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
    };

    /// <summary>A result with the id of the request.</summary>
    public static Func<string, HttpResponseMessage> Result(string json) => request =>
    {
        using var asked = System.Text.Json.JsonDocument.Parse(request);
        return Body($$"""{"jsonrpc":"2.0","id":{{asked.RootElement.GetProperty("id").GetRawText()}},"result":{{json}}}""")(request);
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Authorization = request.Headers.Authorization?.ToString();
        Requests.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
        return answers[Math.Min(Requests.Count, answers.Length) - 1](Requests[^1]);
    }
}
