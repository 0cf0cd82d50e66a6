using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Federation.Kubernetes.Configuration;

namespace Federation.Kubernetes.Client;

/// <summary>Builds the HTTP client: trust, identity, and pings that notice a dead peer.</summary>
internal static class ConnectionFactory
{
    public static HttpClient Create(KubernetesClientConfiguration configuration, KubernetesClientOptions options)
    {
        var sockets = Sockets(configuration);
        sockets.AutomaticDecompression = DecompressionMethods.GZip;
        var http = new HttpClient(new AuthenticationHandler(configuration, sockets))
        {
            // Some clusters are served below a path; request paths are relative, so the base must end with a slash.
            BaseAddress = new Uri(configuration.Server.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = options.MaxResponseBytes,
        };
        http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", options.UserAgent);
        return http;
    }

    /// <summary>Connections to the server, without anybody's word on who asks.</summary>
    public static SocketsHttpHandler Sockets(KubernetesClientConfiguration configuration)
    {
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // Addresses behind a name change: connections are renewed, and so look the name up again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            // A half-open HTTP/2 connection is noticed within 15 s, well before a call gives up; watches have the idle watchdog.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            EnableMultipleHttp2Connections = true,
            AllowAutoRedirect = false,
            UseCookies = false,
            // Like kubectl, never send loopback traffic to a proxy of the environment.
            UseProxy = configuration.Proxy is not null || !configuration.Server.IsLoopback,
            SslOptions = Tls(configuration),
        };
        if (configuration.Proxy is not null)
        {
            sockets.Proxy = new WebProxy(configuration.Proxy);
        }

        return sockets;
    }

    private static SslClientAuthenticationOptions Tls(KubernetesClientConfiguration configuration)
    {
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = configuration.TlsServerName,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => Identity(configuration)!,
        };
        if (configuration.SkipTlsVerify)
        {
#pragma warning disable CA5359 // Only on the explicit wish of the kubeconfig.
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (configuration.CertificateValidation is { } validation)
        {
            tls.RemoteCertificateValidationCallback = validation;
        }
        else if (configuration.CertificateAuthorities is { } authorities)
        {
            // CustomRootTrust alone, so that none of the machine's authorities can stand in for the cluster's.
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return tls;
    }

    // The handler fetched the credential before it opened the connection, so this answer is ready.
    private static X509Certificate2? Identity(KubernetesClientConfiguration configuration)
    {
        var credential = configuration.Credentials.GetAsync(CancellationToken.None);
        return credential.IsCompletedSuccessfully ? credential.Result.Certificate : null;
    }
}
