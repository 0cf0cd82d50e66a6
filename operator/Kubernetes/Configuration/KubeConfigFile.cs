using System.Text.Json.Serialization;

namespace Federation.Kubernetes.Configuration;

/// <summary>A kubeconfig file, as kubectl writes it (<c>client-go/tools/clientcmd/api/v1</c>).</summary>
internal sealed record KubeConfigFile
{
    [JsonPropertyName("current-context")]
    public string? CurrentContext { get; init; }

    public IReadOnlyList<NamedCluster>? Clusters { get; init; }
    public IReadOnlyList<NamedUser>? Users { get; init; }
    public IReadOnlyList<NamedContext>? Contexts { get; init; }
}

internal sealed record NamedCluster(string Name, KubeCluster? Cluster);

internal sealed record NamedUser(string Name, KubeUser? User);

internal sealed record NamedContext(string Name, KubeContext? Context);

internal sealed record KubeContext(string? Cluster, string? User, string? Namespace);

internal sealed record KubeCluster
{
    public string? Server { get; init; }

    [JsonPropertyName("certificate-authority")]
    public string? CertificateAuthority { get; init; }

    [JsonPropertyName("certificate-authority-data")]
    public string? CertificateAuthorityData { get; init; }

    [JsonPropertyName("insecure-skip-tls-verify")]
    public bool InsecureSkipTlsVerify { get; init; }

    [JsonPropertyName("tls-server-name")]
    public string? TlsServerName { get; init; }

    [JsonPropertyName("proxy-url")]
    public string? ProxyUrl { get; init; }
}

internal sealed record KubeUser
{
    public string? Token { get; init; }
    public string? TokenFile { get; init; }
    public string? Username { get; init; }
    public string? Password { get; init; }

    [JsonPropertyName("as")]
    public string? Impersonate { get; init; }

    [JsonPropertyName("client-certificate")]
    public string? ClientCertificate { get; init; }

    [JsonPropertyName("client-certificate-data")]
    public string? ClientCertificateData { get; init; }

    [JsonPropertyName("client-key")]
    public string? ClientKey { get; init; }

    [JsonPropertyName("client-key-data")]
    public string? ClientKeyData { get; init; }

    public ExecConfig? Exec { get; init; }

    [JsonPropertyName("auth-provider")]
    public System.Text.Json.JsonElement? AuthProvider { get; init; }
}

internal sealed record ExecConfig
{
    public string? ApiVersion { get; init; }
    public string? Command { get; init; }
    public IReadOnlyList<string>? Args { get; init; }
    public IReadOnlyList<ExecVariable>? Env { get; init; }
    public string? InstallHint { get; init; }
    public bool ProvideClusterInfo { get; init; }
}

internal sealed record ExecVariable(string Name, string? Value);
