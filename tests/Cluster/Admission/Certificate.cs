using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Cluster.Tests.Admission;

/// <summary>One certificate for servers of this run, and a client that takes it alone.</summary>
internal static class Certificate
{
    private static readonly X509Certificate2 Own = Make();

    public static X509Certificate2 Of() => Own;

    public static HttpClient Client(int port) => new(new SocketsHttpHandler
    {
        SslOptions = new() { TargetHost = $"127.0.0.1:{port}", RemoteCertificateValidationCallback = (_, seen, _, _) => seen?.GetCertHashString() == Own.GetCertHashString() },
    });

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
    }
}
