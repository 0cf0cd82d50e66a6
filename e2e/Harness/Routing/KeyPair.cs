using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Federation.Harness.Routing;

/// <summary>A certificate with its key, as PEM. Its file's name is of its contents: another pair is another file, and another configuration.</summary>
internal sealed record KeyPair(string Certificate, string Key)
{
    /// <summary>Both, one after the other.</summary>
    internal string Pem => $"{Certificate.TrimEnd()}\n{Key.TrimEnd()}\n";

    internal string FileName => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Pem)))[..16] + ".pem";

    /// <summary>Null where they do not belong together, are none, or are not for the host: an ingress shows its own then.</summary>
    internal static KeyPair? For(string host, string certificate, string key)
    {
        try
        {
            using var read = X509Certificate2.CreateFromPem(certificate, key);
            return read.MatchesHostname(host, allowCommonName: false) ? new KeyPair(certificate, key) : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Signed by itself, for these names.</summary>
    internal static KeyPair Make(params IEnumerable<string> hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=federation", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts) names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var own = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(30));
        return new KeyPair(own.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
