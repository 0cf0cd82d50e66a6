using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Gateway;

/// <summary>Trusts gateways by the system's authorities, and by those of a file beside them: of datacenters with certificates of their own.</summary>
/// <param name="file">PEM.</param>
public sealed class GatewayTrust(string file)
{
    private readonly X509Certificate2Collection roots = Read(file);
    private volatile X509Certificate2? root;

    /// <summary>Whose word the last certificate that was shown was trusted by; null: the system's.</summary>
    public X509Certificate2? Root => root;

    public SslClientAuthenticationOptions Tls() => new()
    {
        RemoteCertificateValidationCallback = (_, shown, sent, errors) =>
        {
            root = null;
            if (errors == SslPolicyErrors.None) return true;
            // A name that is not the server's, or no certificate at all, is no matter of trust.
            if (shown is null || errors != SslPolicyErrors.RemoteCertificateChainErrors) return false;
            using var certificate = X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
            // One by one: datacenters' own certificates may all have the same name, and of authorities of one name only one is tried.
            root = roots.FirstOrDefault(one => IsSignedBy(one, certificate, sent));
            return root is not null;
        },
    };

    private static X509Certificate2Collection Read(string file)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(file);
        return roots;
    }

    // A gateway shows those between its own certificate and its authority's beside it.
    private static bool IsSignedBy(X509Certificate2 root, X509Certificate2 certificate, X509Chain? sent)
    {
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(root);
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        return chain.Build(certificate);
    }
}
