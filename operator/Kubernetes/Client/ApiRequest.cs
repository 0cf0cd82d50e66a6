namespace Federation.Kubernetes.Client;

/// <summary>One request to the API server, repeatable because its body is held whole.</summary>
internal sealed record ApiRequest(HttpMethod Method, string Path)
{
    public const string Json = "application/json";

    public byte[]? Body { get; init; }
    public string ContentType { get; init; } = Json;
    public string Accept { get; init; } = Json;

    /// <summary>
    /// The answer goes on. It gets a connection of its own (HTTP/1.1): one that has gone silent is then dropped with
    /// the request, while over HTTP/2 the next request would wait on the same dead connection.
    /// </summary>
    public bool IsStream { get; init; }

    public bool IsRead => Method == HttpMethod.Get;

    public HttpRequestMessage Message()
    {
        var message = new HttpRequestMessage(Method, new Uri(Path.TrimStart('/'), UriKind.Relative))
        {
            Version = IsStream ? System.Net.HttpVersion.Version11 : System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }

        return message;
    }
}

/// <summary>Query text in the order of the calls; empty values are left out.</summary>
internal sealed class Query
{
    private readonly List<string> parts = [];

    public Query With(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }

        return this;
    }

    public string On(string path) => parts.Count == 0 ? path : $"{path}?{string.Join('&', parts)}";
}
