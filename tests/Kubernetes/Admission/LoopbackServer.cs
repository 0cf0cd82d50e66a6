using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Admission.Certificates;

namespace Federation.Kubernetes.Tests.Admission;

/// <summary>An admission server with TLS on loopback, and a client that trusts its authorities alone.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    public const string Path = "/validate/configmaps";

    public static CertificateOptions Certificates { get; } = new() { Namespace = "x", SecretName = "test", Names = ["127.0.0.1"], Settle = TimeSpan.Zero };

    private readonly AdmissionServer server;

    private LoopbackServer(AdmissionServer server, HttpClient http) => (this.server, Http) = (server, http);

    public HttpClient Http { get; }

    public static async Task<LoopbackServer> StartAsync(IValidationWebhook webhook, AdmissionServerOptions? options = null, Func<CertificateSet>? certificates = null)
    {
        var own = CertificatePlan.Next(null, Certificates, TimeProvider.System.GetUtcNow());
        certificates ??= () => own;
        var bounds = (options ?? new AdmissionServerOptions()) with { Address = IPAddress.Loopback, Port = 0 };
        var server = await AdmissionServer.StartAsync(bounds, () => certificates().Serving, [webhook]);
        return new LoopbackServer(server, Client(server.Port, certificates));
    }

    /// <summary>Posts any bytes; returns the HTTP status and the answer, if it is one.</summary>
    public async Task<(HttpStatusCode Status, JsonNode? Response, string Text)> PostAsync(byte[] body, string path = Path, string type = "application/json")
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await Http.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType == "application/json" ? JsonNode.Parse(text)!["response"] : null, text);
    }

    public async Task<JsonNode> ReviewAsync(JsonObject data, string operation = "CREATE", bool dryRun = false)
    {
        var (status, response, text) = await PostAsync(Review(data, operation, dryRun));
        Assert.True(status == HttpStatusCode.OK && response is not null, $"{status}: {text}");
        return response!;
    }

    public static byte[] Review(JsonObject data, string operation = "CREATE", bool dryRun = false, string uid = "u-1") => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["kind"] = "AdmissionReview",
        ["apiVersion"] = "admission.k8s.io/v1",
        ["request"] = new JsonObject
        {
            ["uid"] = uid,
            ["kind"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["kind"] = "ConfigMap" },
            ["resource"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["resource"] = "configmaps" },
            ["name"] = "c", ["namespace"] = "n", ["operation"] = operation, ["dryRun"] = dryRun,
            ["userInfo"] = new JsonObject { ["username"] = "somebody", ["groups"] = new JsonArray("system:authenticated") },
            ["object"] = operation == "DELETE" ? null : Map(data),
            ["oldObject"] = operation == "CREATE" ? null : Map(data),
        },
    }.ToJsonString());

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await server.DisposeAsync();
    }

    private static JsonObject Map(JsonObject data) => new()
    {
        ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "c", ["namespace"] = "n" }, ["data"] = data.DeepClone(),
    };

    private static HttpClient Client(int port, Func<CertificateSet> certificates)
    {
        var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMilliseconds(200),
            // More handshakes at once than a small machine gets done in the time that the server gives each.
            MaxConnectionsPerServer = 64,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => IsTrusted((X509Certificate2)certificate!, certificates()) },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>As an API server checks it: signed by a trusted authority, in time, and for this name.</summary>
    public static bool IsTrusted(X509Certificate2 certificate, CertificateSet set, DateTimeOffset? at = null)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = (at ?? TimeProvider.System.GetUtcNow()).UtcDateTime;
        foreach (var authority in set.Trusted) chain.ChainPolicy.CustomTrustStore.Add(authority);
        return chain.Build(certificate) && certificate.MatchesHostname("127.0.0.1");
    }
}
