using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Metrics.Prometheus;

/// <summary>How the store is known, and how it knows us. Files are read for every connection: certificates are renewed.</summary>
internal static class StoreTls
{
    public static SocketsHttpHandler Handler(StoreOptions options)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        if (options.CaFile.Length > 0)
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsSigned(certificate, chain, errors, options.CaFile);
        if (options.ClientCertificateFile.Length > 0)
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => X509Certificate2.CreateFromPemFile(options.ClientCertificateFile, options.ClientKeyFile);
        return handler;
    }

    private static bool IsSigned(X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors, string caFile)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false;
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(caFile);
        // What the store sent with it may be what it is signed by.
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>()) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var own = new X509Certificate2(certificate);
        return chain.Build(own);
    }
}
