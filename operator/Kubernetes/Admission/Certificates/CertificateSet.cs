using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Federation.Kubernetes.Admission.Certificates;

/// <summary>What the Secret holds: the authorities to trust, newest first, the newest one's key, and the serving certificate.</summary>
/// <param name="Authority">The newest, with its key.</param>
/// <param name="Older">Still trusted; their keys are gone.</param>
/// <param name="Serving">With its key.</param>
internal sealed record CertificateSet(X509Certificate2 Authority, IReadOnlyList<X509Certificate2> Older, X509Certificate2 Serving)
{
    private const string Authorities = "ca.crt";
    private const string AuthorityKey = "ca.key";
    private const string Certificate = "tls.crt";
    private const string Key = "tls.key";

    public IEnumerable<X509Certificate2> Trusted => Older.Prepend(Authority);

    /// <summary>PEM of all trusted authorities.</summary>
    public string Bundle => string.Concat(Trusted.Select(c => c.ExportCertificatePem() + "\n"));

    /// <returns>Null when it is not such a set, or a key is another certificate's.</returns>
    public static CertificateSet? TryParse(IReadOnlyDictionary<string, byte[]>? data)
    {
        try
        {
            string Pem(string name) => Encoding.UTF8.GetString(data![name]);
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPem(Pem(Authorities));
            var newest = trusted[0].CopyWithPrivateKey(Load(Pem(AuthorityKey)));
            return new CertificateSet(newest, [.. trusted.Skip(1)], X509Certificate2.CreateFromPem(Pem(Certificate), Pem(Key)));
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException or KeyNotFoundException or NullReferenceException)
        {
            return null;
        }
    }

    public Dictionary<string, byte[]> ToData() => new()
    {
        [Authorities] = Encoding.UTF8.GetBytes(Bundle),
        [AuthorityKey] = Encoding.UTF8.GetBytes(KeyPem(Authority)),
        [Certificate] = Encoding.UTF8.GetBytes(Serving.ExportCertificatePem() + "\n"),
        [Key] = Encoding.UTF8.GetBytes(KeyPem(Serving)),
    };

    // A record prints its members.
    public override string ToString() => $"{Serving.Subject} by {Authority.Subject}, until {Serving.NotAfter.ToUniversalTime():u}";

    private static string KeyPem(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    private static ECDsa Load(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key;
    }
}
