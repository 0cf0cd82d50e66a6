using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Kubernetes.Configuration;

/// <summary>Which API server to talk to, and as whom.</summary>
public sealed record KubernetesClientConfiguration
{
    private const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Base address of the API server.</summary>
    public required Uri Server { get; init; }

    /// <summary>Namespace of the context, or of the pod that this runs in.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Authorities that may sign the server's certificate; the machine's own when null.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>Accept any server certificate. For local test clusters only.</summary>
    public bool SkipTlsVerify { get; init; }

    /// <summary>Says itself which certificates of the server are good, instead of <see cref="CertificateAuthorities"/>; null: those say it.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>Name to expect in the server's certificate instead of the address's host.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Proxy between here and the API server.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>User to act as, when the account may impersonate.</summary>
    public string? Impersonate { get; init; }

    public ICredentialSource Credentials { get; init; } = AnonymousCredentials.Instance;

    /// <summary>
    /// The usual search: <c>KUBECONFIG</c>, then the service account of this pod, then <c>~/.kube/config</c>.
    /// </summary>
    /// <exception cref="KubeConfigException">None of them is there, or the one that is there is broken.</exception>
    public static KubernetesClientConfiguration Load(string? path = null, string? context = null, TimeProvider? time = null)
    {
        var named = path ?? Environment.GetEnvironmentVariable("KUBECONFIG");
        if (!string.IsNullOrEmpty(named))
        {
            return KubeConfig.Load(named, context, time);
        }

        if (IsInCluster)
        {
            return InCluster(time);
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return KubeConfig.Load(Path.Combine(home, ".kube", "config"), context, time);
    }

    /// <summary>True inside a pod with a service account.</summary>
    public static bool IsInCluster =>
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }
        && File.Exists(Path.Combine(ServiceAccountFolder, "token"));

    /// <summary>Configuration from this pod's service account; its token is read anew as the kubelet rotates it.</summary>
    /// <exception cref="KubeConfigException">Not inside a pod, or its service account is not mounted.</exception>
    public static KubernetesClientConfiguration InCluster(TimeProvider? time = null)
    {
        var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
        var authority = Path.Combine(ServiceAccountFolder, "ca.crt");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(authority))
        {
            throw new KubeConfigException("Not inside a pod: KUBERNETES_SERVICE_HOST or the service account's files are missing.");
        }

        var space = Path.Combine(ServiceAccountFolder, "namespace");
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(authority);
        return new KubernetesClientConfiguration
        {
            Server = new Uri(host.Contains(':', StringComparison.Ordinal) ? $"https://[{host}]:{port}" : $"https://{host}:{port}"),
            Namespace = File.Exists(space) ? File.ReadAllText(space).Trim() : "default",
            CertificateAuthorities = authorities,
            Credentials = new TokenFileCredentials(Path.Combine(ServiceAccountFolder, "token"), time),
        };
    }
}
