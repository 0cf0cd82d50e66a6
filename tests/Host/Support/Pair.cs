using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Host.Tests.Support;

/// <summary>A server's certificate below an intermediate one, as an authority issues it, in files as a Secret's mount has them.</summary>
internal sealed class Pair : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pair-").FullName;
    private readonly X509Certificate2 root = Issue("root", null, true);

    public Pair()
    {
        Write();
        File.WriteAllText(Authority, root.ExportCertificatePem());
    }

    /// <summary>The root, which never changes.</summary>
    public string Authority => Path.Combine(folder, "ca.crt");

    public string Certificate => Path.Combine(folder, "tls.crt");

    public string Key => Path.Combine(folder, "tls.key");

    /// <summary>Issues another one for the loopback and puts it where the last one lay, the way a kubelet does: the links are moved.</summary>
    /// <param name="endsIn">Days from now.</param>
    public X509Certificate2 Write(double endsIn = 90, double beginsIn = -1)
    {
        using var intermediate = Issue("intermediate", root, true);
        var own = Issue("localhost", intermediate, false, endsIn, beginsIn);
        var version = Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString("n"))).FullName;
        File.WriteAllText(Path.Combine(version, "tls.crt"), own.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem() + "\n");
        File.WriteAllText(Path.Combine(version, "tls.key"), own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        foreach (var name in new[] { "tls.crt", "tls.key" })
        {
            var link = Path.Combine(folder, name);
            File.Delete(link);
            File.CreateSymbolicLink(link, Path.Combine(version, name));
        }

        return own;
    }

    /// <summary>Trusts the root and nothing else: a server has to send the intermediate.</summary>
    /// <param name="seen">Is told of each certificate that was shown.</param>
    public HttpClient Client(Action<string>? seen = null) => new(new SocketsHttpHandler
    {
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                seen?.Invoke(certificate!.GetSerialNumberString());
                using var own = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { root }, RevocationMode = X509RevocationMode.NoCheck } };
                foreach (var sent in chain!.ChainPolicy.ExtraStore) own.ChainPolicy.ExtraStore.Add(sent);
                return !errors.HasFlag(System.Net.Security.SslPolicyErrors.RemoteCertificateNameMismatch) && own.Build(new X509Certificate2(certificate!));
            },
        },
        PooledConnectionLifetime = TimeSpan.Zero,
    });

    public void Dispose()
    {
        root.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static X509Certificate2 Issue(string name, X509Certificate2? by, bool isAuthority, double endsIn = 365, double beginsIn = -2)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        if (!isAuthority)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            names.AddIpAddress(System.Net.IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        var now = TimeProvider.System.GetUtcNow();
        if (by is null) return request.CreateSelfSigned(now.AddDays(-3), now.AddDays(400));
        using var signed = request.Create(by, now.AddDays(beginsIn), now.AddDays(endsIn), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }
}
