using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Harness.Demo;

/// <summary>A datacenter's certificate for its gateway's address, in the two files that its operator reads, and its tenants' trust in exactly this one.</summary>
internal sealed class DemoCertificate : IDisposable
{
    private readonly X509Certificate2 own;

    public DemoCertificate(string folder, IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        own = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(30));
        Directory.CreateDirectory(folder);
        (CertificateFile, KeyFile) = (Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
        File.WriteAllText(CertificateFile, own.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    public string CertificateFile { get; }

    public string KeyFile { get; }

    public SslClientAuthenticationOptions Trust => new()
    {
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(own.RawData),
    };

    public void Dispose() => own.Dispose();
}
