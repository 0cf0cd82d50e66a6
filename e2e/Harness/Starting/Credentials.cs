using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Federation.Harness.Starting;

/// <summary>A datacenter's keys: its own authority, the API server's certificates, service account keys, bearer tokens.</summary>
internal sealed class Credentials(string folder)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    internal string AuthorityPath => Path.Combine(folder, "ca.crt");

    /// <summary>Whoever it vouches for is the API server, on behalf of somebody, to servers that it has behind it.</summary>
    internal string FrontAuthorityPath => PathOf("front-ca.crt");

    /// <summary>As whom the API server asks those.</summary>
    internal const string FrontProxy = "front-proxy-client";

    internal string PathOf(string file) => Path.Combine(folder, file);

    internal string TokensPath => Path.Combine(folder, "tokens.csv");

    /// <summary>The administrator's token, read back from the token file.</summary>
    internal string AdminToken => File.ReadLines(TokensPath).First(line => line.Split(',')[1] == "admin").Split(',')[0];

    internal void Create(string name, string address, DateTimeOffset now)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var authority = Authority(AuthorityPath, $"CN={name} authority", now);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in new[] { "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc" }) names.AddDnsName(host);
        foreach (var ip in new[] { "127.0.0.1", "10.96.0.1", address }) names.AddIpAddress(IPAddress.Parse(ip));
        Issue(authority, "apiserver", "CN=kube-apiserver", ServerAuthentication, names.Build(), now);
        Issue(authority, "kubelet-client", "O=system:masters, CN=kube-apiserver-kubelet-client", ClientAuthentication, null, now);
        // Another authority than that of users: whoever it vouches for is believed about who asks.
        using var front = Authority(FrontAuthorityPath, $"CN={name} front proxy authority", now);
        Issue(front, "front-proxy", $"CN={FrontProxy}", ClientAuthentication, null, now);

        using var serviceAccounts = RSA.Create(2048);
        Write("sa.key", serviceAccounts.ExportRSAPrivateKeyPem());
        Write("sa.pub", serviceAccounts.ExportSubjectPublicKeyInfoPem());
    }

    /// <summary>Writes the API server's token file, with a new random token for each user, and returns the tokens by user name.</summary>
    internal IReadOnlyDictionary<string, string> WriteTokens(IEnumerable<TokenUser> users)
    {
        var all = users.ToList();
        var tokens = all.ToDictionary(user => user.Name, _ => RandomNumberGenerator.GetHexString(48, lowercase: true));
        Write("tokens.csv", string.Join('\n', all.Select(user => $"{tokens[user.Name]},{user.Name},{user.Name},\"{string.Join(',', user.Groups)}\"")));
        return tokens;
    }

    private static X509Certificate2 Authority(string path, string subject, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true));
        var authority = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(1));
        File.WriteAllText(path, authority.ExportCertificatePem() + "\n");
        return authority;
    }

    private void Issue(X509Certificate2 authority, string file, string subject, string use, X509Extension? names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        if (names is not null) request.CertificateExtensions.Add(names);
        using var certificate = request.Create(authority, now.AddHours(-1), now.AddDays(364), RandomNumberGenerator.GetBytes(8));
        Write($"{file}.crt", certificate.ExportCertificatePem());
        Write($"{file}.key", key.ExportECPrivateKeyPem());
    }

    private void Write(string file, string text)
    {
        var path = PathOf(file);
        File.WriteAllText(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
