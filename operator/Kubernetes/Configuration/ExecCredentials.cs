using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Configuration;

/// <summary>
/// Credential from a plugin program (<c>client.authentication.k8s.io</c>, v1beta1 and v1): cloud accounts use this.
/// The answer is kept until shortly before it expires, or until the server refuses it.
/// </summary>
internal sealed class ExecCredentials(ExecConfig config, KubeCluster cluster, string folder, TimeProvider time) : ICredentialSource, IDisposable
{
    // Renewed a little early, so that no request leaves with a token that dies on its way.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private volatile Answer? current;

    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        if (current is { } known && known.IsGood(time.GetUtcNow()))
        {
            return known.Credential;
        }

        await oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (current is { } fetched && fetched.IsGood(time.GetUtcNow()))
            {
                return fetched.Credential;
            }

            current = Parse(await ExecPlugin.RunAsync(config, Info(), folder, time, cancellationToken));
            return current.Credential;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Invalidate(Credential refused)
    {
        // One that came since is not the one that was refused.
        if (current is { } known && known.Credential == refused) Interlocked.CompareExchange(ref current, null, known);
    }

    public void Dispose() => oneAtATime.Dispose();

    private string Version => config.ApiVersion ?? "client.authentication.k8s.io/v1beta1";

    private string Info()
    {
        var spec = new JsonObject { ["interactive"] = false };
        if (config.ProvideClusterInfo)
        {
            spec["cluster"] = new JsonObject
            {
                ["server"] = cluster.Server,
                ["certificate-authority-data"] = cluster.CertificateAuthorityData,
                ["insecure-skip-tls-verify"] = cluster.InsecureSkipTlsVerify,
            };
        }

        return new JsonObject { ["apiVersion"] = Version, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString();
    }

    private Answer Parse(string output)
    {
        try
        {
            var status = JsonNode.Parse(output)?["status"].Deserialize<ExecStatus>(KubernetesJson.Options);
            var certificate = status?.ClientCertificateData is { Length: > 0 } pem && status.ClientKeyData is { Length: > 0 } key
                ? X509Certificate2.CreateFromPem(pem, key)
                : null;
            if (status is null || (string.IsNullOrEmpty(status.Token) && certificate is null))
            {
                throw new KubeConfigException($"The credential plugin {config.Command} gave neither token nor certificate.");
            }

            var authorization = string.IsNullOrEmpty(status.Token) ? null : $"Bearer {status.Token}";
            return new Answer(new Credential(authorization, certificate), status.ExpirationTimestamp);
        }
        catch (Exception failure) when (failure is JsonException or System.Security.Cryptography.CryptographicException or InvalidOperationException)
        {
            // The output may hold a token: it is not repeated here.
            throw new KubeConfigException($"The credential plugin {config.Command} did not answer with an ExecCredential.", failure);
        }
    }

    private sealed record ExecStatus
    {
        public string? Token { get; init; }
        public string? ClientCertificateData { get; init; }
        public string? ClientKeyData { get; init; }
        public DateTimeOffset? ExpirationTimestamp { get; init; }
    }

    private sealed record Answer(Credential Credential, DateTimeOffset? Expires)
    {
        public bool IsGood(DateTimeOffset now) => Expires is null || now < Expires - Early;
    }
}
