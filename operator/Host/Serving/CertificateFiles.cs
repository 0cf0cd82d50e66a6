using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Federation.Host.Options;

namespace Federation.Host.Serving;

/// <summary>A certificate and its key, read from PEM files.</summary>
internal static class CertificateFiles
{
    /// <returns>What to serve, null when nothing can be; and what is wrong with which file and how it is mended.</returns>
    public static (SslStreamCertificateContext? Context, string Fault) Read(TlsSection files, DateTimeOffset now)
    {
        if (Text(files.Certificate, out var certificate) is { } noCertificate) return (null, $"Tls:Certificate: {noCertificate}");
        if (Text(files.Key, out var key) is { } noKey) return (null, $"Tls:Key: {noKey}");
        if (Chain(certificate) is not { Count: > 0 } chain) return (null, $"Tls:Certificate: '{files.Certificate}' holds no certificate in PEM (-----BEGIN CERTIFICATE-----).");
        try
        {
            var own = X509Certificate2.CreateFromPem(certificate, key);
            // Offline: a start must not wait for what a certificate says where its issuer's is to be had.
            return (SslStreamCertificateContext.Create(own, [.. chain.Skip(1)], offline: true), OutOfTime(own, files.Certificate, now) ?? "");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return (null, $"Tls:Key: '{files.Key}' does not go with the certificate '{files.Certificate}': {e.Message} Write both from one issue, the leaf certificate first and the key unencrypted.");
        }
    }

    private static X509Certificate2Collection? Chain(string pem)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            return chain;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <returns>Why clients refuse it at that time; null when its time is now.</returns>
    public static string? OutOfTime(X509Certificate2 own, string path, DateTimeOffset now)
    {
        if (own.NotAfter.ToUniversalTime() <= now.UtcDateTime) return $"Tls:Certificate: '{path}' ended at {own.NotAfter.ToUniversalTime():u}: renew it.";
        return own.NotBefore.ToUniversalTime() > now.UtcDateTime
            ? $"Tls:Certificate: '{path}' is good only from {own.NotBefore.ToUniversalTime():u} on: set this machine's clock, or take one that has begun."
            : null;
    }

    private static string? Text(string path, out string text)
    {
        try
        {
            text = File.ReadAllText(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            text = "";
            return $"'{path}' cannot be read: {e.Message} Mount the Secret there, readable by this process.";
        }
    }
}
