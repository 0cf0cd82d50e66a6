using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Tests.Support;

/// <summary>A real etcd and a real kube-apiserver on loopback, in a folder of their own.</summary>
public sealed class ApiServer : IDisposable
{
    private const string Token = "an-admin-for-tests";

    private readonly int[] ports = Ports.Free(3);
    private readonly string folder = Directory.CreateTempSubdirectory("federation-apiserver-").FullName;
    private readonly bool isDurable;
    private Daemon etcd;
    private Daemon server;

    private ApiServer(bool isDurable)
    {
        this.isDurable = isDurable;
        WriteKeys();
        etcd = StartEtcd();
        server = StartServer();
    }

    public int Port => ports[2];

    public Uri Url => new($"https://127.0.0.1:{Port}");

    public string EtcdAddress => $"http://127.0.0.1:{ports[0]}";

    public string KubeConfigPath => Path.Combine(folder, "kubeconfig");

    public string CertificateKubeConfigPath => Path.Combine(folder, "kubeconfig-certificate");

    public static string AdminToken => Token;

    /// <summary>Of the user <c>federation-operator</c>, who may do what it is given.</summary>
    public static string OperatorToken => "an-operator-for-tests";

    public string AuthorityPath => Path.Combine(folder, "certs", "apiserver.crt");

    /// <param name="isDurable">Each write is on the disk before it is answered, as a datacenter has it. Tests need none of that.</param>
    public static async Task<ApiServer> StartAsync(bool isDurable = false)
    {
        var started = new ApiServer(isDurable);
        try
        {
            await started.WaitUntilReadyAsync();
            return started;
        }
        catch (Exception failure)
        {
            // Their logs go with their folder.
            var ends = string.Join('\n', new[] { started.etcd.Log, started.server.Log }.Select(log => $"The end of {Path.GetFileName(log)}:\n{string.Join('\n', File.ReadLines(log).TakeLast(12))}"));
            started.Dispose();
            throw new InvalidOperationException($"{failure.Message}\n{ends}", failure);
        }
    }

    /// <summary>A client; through a proxy on loopback when a port is given.</summary>
    public KubernetesClient Client(int? port = null, string scheme = "https", KubernetesClientOptions? options = null) =>
        new(Configuration(port, scheme), options);

    public KubernetesClientConfiguration Configuration(int? port = null, string scheme = "https") =>
        KubeConfig.Load(KubeConfigPath) with { Server = new Uri($"{scheme}://127.0.0.1:{port ?? Port}") };

    /// <summary>A namespace of its own for a test.</summary>
    public async Task<string> NamespaceAsync()
    {
        using var client = Client();
        var made = await client.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { GenerateName = "test-" } });
        return made.Metadata.Name!;
    }

    /// <summary>kill -9.</summary>
    public void Kill() => server.Kill();

    public async Task RestartAsync()
    {
        server.Dispose();
        server = StartServer();
        await WaitUntilReadyAsync();
    }

    /// <summary>Keeps a copy of all that is stored, as a backup does.</summary>
    public Task SaveAsync() => WhileStoppedAsync(() => CopyFolder(Path.Combine(folder, "etcd"), Path.Combine(folder, "backup")));

    /// <summary>Puts the store back to what it was when it was saved: what happened since has never been.</summary>
    public Task RestoreAsync() => WhileStoppedAsync(() =>
    {
        Directory.Delete(Path.Combine(folder, "etcd"), recursive: true);
        CopyFolder(Path.Combine(folder, "backup"), Path.Combine(folder, "etcd"));
    });

    public void Dispose()
    {
        server.Dispose();
        etcd.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task WhileStoppedAsync(Action work)
    {
        server.Dispose();
        etcd.Dispose();
        work();
        etcd = StartEtcd();
        server = StartServer();
        await WaitUntilReadyAsync();
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private Daemon StartEtcd() => new(Programs.Etcd, Path.Combine(folder, $"etcd-{Guid.NewGuid():N}.log"),
    [
        "--data-dir", Path.Combine(folder, "etcd"), $"--unsafe-no-fsync={(isDurable ? "false" : "true")}",
        "--listen-client-urls", EtcdAddress, "--advertise-client-urls", EtcdAddress,
        "--listen-peer-urls", $"http://127.0.0.1:{ports[1]}",
    ]);

    private Daemon StartServer() => new(Programs.ApiServer, Path.Combine(folder, $"apiserver-{Guid.NewGuid():N}.log"),
    [
        $"--etcd-servers={EtcdAddress}", $"--secure-port={Port}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
        $"--cert-dir={folder}/certs", $"--client-ca-file={folder}/client-ca.crt", $"--token-auth-file={folder}/tokens.csv",
        $"--service-account-key-file={folder}/sa.pub", $"--service-account-signing-key-file={folder}/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc", "--api-audiences=https://kubernetes.default.svc",
        "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16", "--disable-admission-plugins=ServiceAccount",
    ]);

    private async Task WaitUntilReadyAsync()
    {
        await Eventually.TrueAsync(() => File.Exists(AuthorityPath) && File.ReadAllText(AuthorityPath).Contains("END CERTIFICATE", StringComparison.Ordinal), 120, "the API server writes its certificate");
        WriteKubeConfigs();
        using var client = Client(options: new KubernetesClientOptions { Timeout = TimeSpan.FromSeconds(5), MaxRetries = 0 });
        await Eventually.TrueAsync(() => IsReadyAsync(client), 240, "the API server is ready");
    }

    private async Task<bool> IsReadyAsync(KubernetesClient client)
    {
        Assert.False(server.HasExited, $"kube-apiserver ended: {(server.HasExited ? File.ReadAllText(server.Log) : "")}");
        try
        {
            // The default namespace and the bootstrap roles come a moment after readiness.
            return await client.GetRawAsync("/readyz") == "ok" && await client.Resource<V1Namespace>().GetAsync("default") is not null;
        }
        catch (Exception failure) when (failure is HttpRequestException or KubernetesException or TimeoutException)
        {
            return false;
        }
    }

    private void WriteKeys()
    {
        using var account = RSA.Create(2048);
        File.WriteAllText(Path.Combine(folder, "sa.key"), account.ExportRSAPrivateKeyPem());
        File.WriteAllText(Path.Combine(folder, "sa.pub"), account.ExportSubjectPublicKeyInfoPem());
        File.WriteAllText(Path.Combine(folder, "tokens.csv"), $"{Token},admin,admin,system:masters\n{OperatorToken},federation-operator,federation-operator\n");
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=test-clients", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var root = authority.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("O=system:masters, CN=certified", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var identity = request.Create(root, now.AddHours(-1), now.AddHours(23), [1, 2, 3]);
        File.WriteAllText(Path.Combine(folder, "client-ca.crt"), root.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "client.crt"), identity.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "client.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private void WriteKubeConfigs()
    {
        File.WriteAllText(KubeConfigPath, KubeConfigText(new JsonObject { ["token"] = Token }));
        // Relative paths, as a file next to its certificates has them.
        File.WriteAllText(CertificateKubeConfigPath, KubeConfigText(new JsonObject { ["client-certificate"] = "client.crt", ["client-key"] = "client.key" }));
    }

    /// <summary>A kubeconfig for this server with the given user entry.</summary>
    public string KubeConfigText(JsonObject user) =>
        $$"""
        apiVersion: v1
        kind: Config
        current-context: here
        contexts:
        - name: here
          context: {cluster: here, user: me}
        clusters:
        - name: here
          cluster:
            server: https://127.0.0.1:{{Port}}
            certificate-authority: {{AuthorityPath}}
        users:
        - name: me
          user: {{user.ToJsonString()}}
        """;
}
