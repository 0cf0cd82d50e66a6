using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Federation.Harness.Starting;

/// <summary>The few requests to an API server that starting a datacenter takes.</summary>
internal sealed class ApiServer : IDisposable
{
    private readonly HttpClient http;

    internal ApiServer(string address, string authorityPath, string token)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(authorityPath) },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        http = new HttpClient(handler) { BaseAddress = new Uri($"https://{address}:6443"), Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    internal Task<JsonNode?> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, null, ct);

    internal Task<JsonNode?> PostAsync(string path, JsonNode body, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, path, body, "application/json", ct);

    internal Task<JsonNode?> PatchAsync(string path, string type, JsonNode body, CancellationToken ct) =>
        SendAsync(HttpMethod.Patch, path, body, type, ct);

    /// <summary>Null when ready, else what it answered.</summary>
    internal async Task<string?> ReadyAsync(CancellationToken ct)
    {
        using var answer = await http.GetAsync("/readyz", ct);
        return answer.IsSuccessStatusCode ? null : $"/readyz answers {(int)answer.StatusCode}";
    }

    public void Dispose() => http.Dispose();

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body, string? type, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue(type!));
        using var answer = await http.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text)
            : throw new HarnessException($"{method} {path} answers {(int)answer.StatusCode}: {text}");
    }
}
