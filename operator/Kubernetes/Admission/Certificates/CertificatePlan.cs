using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Kubernetes.Admission.Certificates;

/// <summary>
/// What the set should be now: pure but for the keys that it draws. A serving certificate is replaced without anybody's
/// knowing, its authority stays. An authority is first trusted, then used, and trusted until it ends:
/// <code>
/// old signs ──a third is left──▶ old has signed, both trusted ──settled──▶ new signs, both trusted ──old ends──▶ new alone
/// </code>
/// </summary>
internal static class CertificatePlan
{
    /// <returns>The same set when nothing is due.</returns>
    public static CertificateSet Next(CertificateSet? seen, CertificateOptions options, DateTimeOffset now)
    {
        if (seen is null || Left(seen.Authority, now) <= TimeSpan.Zero)
        {
            var first = CertificateMaker.Authority(options, now);
            return new CertificateSet(first, [], CertificateMaker.Serving(first, options, options.Names, now));
        }

        if (Left(seen.Authority, now) < options.AuthorityLifetime / 3)
        {
            // Its last signature lasts until the next authority has settled.
            var last = CertificateMaker.Serving(seen.Authority, options, options.Names, now);
            return new CertificateSet(CertificateMaker.Authority(options, now), [seen.Authority, .. Unexpired(seen.Older, now)], last);
        }

        var older = seen.Older.Count == Unexpired(seen.Older, now).Count ? seen.Older : Unexpired(seen.Older, now);
        var serving = Serving(seen with { Older = older }, options, now);
        return older == seen.Older && serving == seen.Serving ? seen : seen with { Older = older, Serving = serving };
    }

    private static X509Certificate2 Serving(CertificateSet seen, CertificateOptions options, DateTimeOffset now)
    {
        var serving = seen.Serving;
        var isOwn = IsIssuedBy(serving, seen.Authority);
        var isTrusted = isOwn || seen.Older.Any(c => IsIssuedBy(serving, c));
        var isSettled = now.UtcDateTime - seen.Authority.NotBefore.ToUniversalTime() >= options.Backdate + options.Settle;
        var fits = options.Names.All(name => serving.MatchesHostname(name));
        if (isTrusted && fits && Left(serving, now) >= options.Lifetime / 3 && (isOwn || !isSettled))
        {
            return serving;
        }

        // A replica with other settings still runs: one certificate for both, or they would take turns.
        var names = fits ? options.Names : [.. options.Names.Union(CertificateMaker.NamesOf(serving), StringComparer.Ordinal)];
        return CertificateMaker.Serving(seen.Authority, options, names, now);
    }

    private static List<X509Certificate2> Unexpired(IReadOnlyList<X509Certificate2> authorities, DateTimeOffset now) =>
        [.. authorities.Where(c => Left(c, now) > TimeSpan.Zero)];

    private static TimeSpan Left(X509Certificate2 certificate, DateTimeOffset now) => certificate.NotAfter.ToUniversalTime() - now.UtcDateTime;

    private static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        var key = authority.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes;
        var issuer = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        return key is { } own && issuer is { } named && CryptographicOperations.FixedTimeEquals(own.Span, named.Span);
    }
}
