using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Configuration;

/// <summary>Reads a kubeconfig file. Relative paths in it are relative to it, as with kubectl.</summary>
public static class KubeConfig
{
    private const long MaxBytes = 4 << 20;
    private const long MaxInlineBytes = 64 << 10;

    /// <summary>The configuration of one context of a file.</summary>
    /// <param name="path">The file; of a colon-separated list, the first that exists.</param>
    /// <param name="context">Context name; the file's current one when null.</param>
    /// <param name="time">Clock for credentials that expire.</param>
    /// <exception cref="KubeConfigException">The file, or an entry that it refers to, is missing or broken.</exception>
    public static KubernetesClientConfiguration Load(string path, string? context = null, TimeProvider? time = null)
    {
        var file = path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(File.Exists)
            ?? throw new KubeConfigException($"There is no kubeconfig at {path}.");
        if (new FileInfo(file).Length > MaxBytes)
        {
            throw new KubeConfigException($"{file} is larger than {MaxBytes} bytes: not a kubeconfig.");
        }

        return Parse(File.ReadAllText(file), file, context, time);
    }

    /// <summary>
    /// The configuration of a file that somebody else wrote: it runs no program, reads no other file, and talks to its server alone,
    /// with a certificate that is checked. Everything in it counts, not only its current context.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KubeConfigException">It is missing, broken, or holds what a stranger's file may not; the message says what to do.</exception>
    public static KubernetesClientConfiguration LoadInline(string path)
    {
        return ParseInline(ReadInline(path), path);
    }

    /// <summary>The text of such a file, which may be a link, as a mounted Secret's is.</summary>
    /// <exception cref="KubeConfigException">There is none, or it is too large to be one.</exception>
    public static string ReadInline(string path)
    {
        if (!File.Exists(path)) throw new KubeConfigException($"There is no kubeconfig at {path}.");
        using var file = File.OpenRead(path);
        if (file.Length > MaxInlineBytes) throw new KubeConfigException($"{path} is larger than {MaxInlineBytes} bytes: not a kubeconfig of one cluster.");
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    /// <summary>The same of the text of such a file.</summary>
    /// <param name="origin">Path that messages name.</param>
    /// <exception cref="KubeConfigException">As for the file.</exception>
    public static KubernetesClientConfiguration ParseInline(string text, string origin) => Parse(text, origin, null, null, isInline: true);

    /// <summary>The configuration of one context of kubeconfig text.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="origin">Path that relative paths start from, and that messages name.</param>
    /// <param name="context">Context name; the file's current one when null.</param>
    /// <param name="time">Clock for credentials that expire.</param>
    /// <exception cref="KubeConfigException">An entry is missing or broken.</exception>
    public static KubernetesClientConfiguration Parse(string text, string origin, string? context = null, TimeProvider? time = null) =>
        Parse(text, origin, context, time, isInline: false);

    private static KubernetesClientConfiguration Parse(string text, string origin, string? context, TimeProvider? time, bool isInline)
    {
        try
        {
            var file = YamlToJson.Read(text).SingleOrDefault().Deserialize<KubeConfigFile>(KubernetesJson.Options)
                ?? throw new KubeConfigException($"{origin} is empty.");
            if (isInline && InlineKubeConfig.FaultsOf(file).ToArray() is { Length: > 0 } faults) throw new KubeConfigException($"{origin} is not used: {string.Join(" ", faults)}");
            return Build(file, origin, context, time ?? TimeProvider.System);
        }
        catch (Exception failure) when (failure is FormatException or JsonException or CryptographicException
            or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{origin} cannot be used: {failure.Message}", failure);
        }
    }

    private static KubernetesClientConfiguration Build(KubeConfigFile file, string origin, string? name, TimeProvider time)
    {
        var wanted = name ?? file.CurrentContext ?? throw new KubeConfigException($"{origin} has no current-context: name one.");
        var context = file.Contexts?.FirstOrDefault(entry => entry.Name == wanted)?.Context
            ?? throw new KubeConfigException($"{origin} has no context '{wanted}'.");
        var cluster = file.Clusters?.FirstOrDefault(entry => entry.Name == context.Cluster)?.Cluster
            ?? throw new KubeConfigException($"{origin}: context '{wanted}' names the cluster '{context.Cluster}', which is not there.");
        var user = string.IsNullOrEmpty(context.User) ? new KubeUser() : file.Users?.FirstOrDefault(entry => entry.Name == context.User)?.User
            ?? throw new KubeConfigException($"{origin}: context '{wanted}' names the user '{context.User}', which is not there.");
        if (!Uri.TryCreate(cluster.Server, UriKind.Absolute, out var server) || server.Scheme is not ("https" or "http"))
        {
            throw new KubeConfigException($"{origin}: cluster '{context.Cluster}' has no usable server address ('{cluster.Server}').");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(origin)) ?? "/";
        return new KubernetesClientConfiguration
        {
            Server = server,
            Namespace = string.IsNullOrEmpty(context.Namespace) ? "default" : context.Namespace,
            CertificateAuthorities = Authorities(cluster, folder),
            SkipTlsVerify = cluster.InsecureSkipTlsVerify,
            TlsServerName = cluster.TlsServerName,
            Proxy = cluster.ProxyUrl is null ? null : new Uri(cluster.ProxyUrl),
            Impersonate = user.Impersonate,
            Credentials = Credentials(user, cluster, folder, time),
        };
    }

    private static X509Certificate2Collection? Authorities(KubeCluster cluster, string folder)
    {
        var pem = Pem(cluster.CertificateAuthorityData, cluster.CertificateAuthority, folder);
        if (pem is null)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return authorities;
    }

    private static ICredentialSource Credentials(KubeUser user, KubeCluster cluster, string folder, TimeProvider time)
    {
        if (user.Exec is not null)
        {
            return new ExecCredentials(user.Exec, cluster, folder, time);
        }

        var certificate = Pem(user.ClientCertificateData, user.ClientCertificate, folder);
        var key = Pem(user.ClientKeyData, user.ClientKey, folder);
        if (!string.IsNullOrEmpty(user.TokenFile) && certificate is null)
        {
            return new TokenFileCredentials(Path.Combine(folder, user.TokenFile), time);
        }

        var authorization = user switch
        {
            { Token.Length: > 0 } => $"Bearer {user.Token}",
            { Username.Length: > 0 } => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user.Username}:{user.Password}"))}",
            _ => null,
        };
        var identity = certificate is not null && key is not null ? X509Certificate2.CreateFromPem(certificate, key) : null;
        return new StaticCredentials(new Credential(authorization, identity));
    }

    private static string? Pem(string? data, string? path, string folder) => (data, path) switch
    {
        ({ Length: > 0 }, _) => Encoding.UTF8.GetString(Convert.FromBase64String(data)),
        (_, { Length: > 0 }) => File.ReadAllText(Path.Combine(folder, path)),
        _ => null,
    };
}
