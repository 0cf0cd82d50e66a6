namespace Federation.Kubernetes.Configuration;

/// <summary>What the kubeconfig of a stranger may not hold: it could run programs, read files or send what it reads elsewhere.</summary>
internal static class InlineKubeConfig
{
    private const string Embed = "have it written out whole (kubectl config view --raw --flatten --minify).";

    public static IEnumerable<string> FaultsOf(KubeConfigFile file) =>
        (file.Clusters ?? []).SelectMany(c => FaultsOf($"cluster '{c.Name}'", c.Cluster ?? new KubeCluster()))
            .Concat((file.Users ?? []).SelectMany(u => FaultsOf($"user '{u.Name}'", u.User ?? new KubeUser())));

    private static IEnumerable<string> FaultsOf(string where, KubeCluster cluster)
    {
        if (!Uri.TryCreate(cluster.Server, UriKind.Absolute, out var server) || server.Scheme != Uri.UriSchemeHttps) yield return $"{where}: server is no https address; ask the datacenter for one.";
        if (cluster.InsecureSkipTlsVerify) yield return $"{where}: insecure-skip-tls-verify would show the credential to everybody on the way; have certificate-authority-data instead.";
        if (!string.IsNullOrEmpty(cluster.ProxyUrl)) yield return $"{where}: proxy-url is not taken from a datacenter; remove it.";
        if (!string.IsNullOrEmpty(cluster.CertificateAuthority)) yield return $"{where}: certificate-authority names a file here; {Embed}";
    }

    private static IEnumerable<string> FaultsOf(string where, KubeUser user)
    {
        if (user.Exec is not null) yield return $"{where}: exec would run a program here; ask the datacenter for a token or a client certificate.";
        if (user.AuthProvider is not null) yield return $"{where}: auth-provider is not taken; ask the datacenter for a token or a client certificate.";
        if (!string.IsNullOrEmpty(user.TokenFile)) yield return $"{where}: tokenFile names a file here; {Embed}";
        if (!string.IsNullOrEmpty(user.ClientCertificate)) yield return $"{where}: client-certificate names a file here; {Embed}";
        if (!string.IsNullOrEmpty(user.ClientKey)) yield return $"{where}: client-key names a file here; {Embed}";
    }
}
