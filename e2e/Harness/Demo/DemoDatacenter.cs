using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Numerics;
using Federation.Cluster;
using Federation.Cluster.Entities;
using Federation.Domain.Isolation;
using Federation.Gateway;
using Federation.Harness.Images;
using Federation.Harness.Machine;

namespace Federation.Harness.Demo;

/// <summary>What the admin of a member datacenter does: install definitions and rights, apply the Datacenter, run the operator.</summary>
/// <param name="endpoint">Where tenants reach its gateway, by the address; null: a free port of the loopback.</param>
internal sealed class DemoDatacenter(
    LocalFederation federation, Datacenter datacenter, DemoPrices prices, UnenforcedNetworkPolicy unenforced = UnenforcedNetworkPolicy.Refuse, string? endpoint = null) : IDisposable
{
    /// <summary>The user that an operator outside of its cluster is in it: no administrator.</summary>
    public const string OperatorUser = "federation-operator";

    /// <summary>The longest that an operator may take to begin, or to begin anew.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Length of a metering window of the demo.</summary>
    public static readonly TimeSpan Epoch = TimeSpan.FromSeconds(10);

    /// <summary>The least time between two settlements of the demo.</summary>
    public static readonly TimeSpan SettleEvery = TimeSpan.FromSeconds(20);

    private readonly DemoCertificate certificate = new(
        Path.Combine(federation.StateFolder, "tls", datacenter.Name), endpoint is null ? IPAddress.Loopback : IPAddress.Parse(new Uri(endpoint).Host));
    private HttpClient? http;

    public string Name => datacenter.Name;

    /// <summary>Who its operator is at its API server.</summary>
    public string Account { get; init; } = OperatorUser;

    public Datacenter Site => datacenter;

    public string Endpoint { get; } = endpoint ?? $"https://127.0.0.1:{FreePort()}";

    /// <summary>Where a second replica of the operator answers.</summary>
    public string ReplicaEndpoint { get; } = $"https://127.0.0.1:{FreePort()}";

    /// <summary>The operator's admission webhook, at the machine's address that the datacenter's API server reaches.</summary>
    public Uri Webhook { get; } = new($"https://{federation.HostAddress}:{FreePort()}");

    public GatewayClient Gateway { get; private set; } = null!;

    /// <summary>What clients of its gateway trust.</summary>
    public SslClientAuthenticationOptions Trust => certificate.Trust;

    public string CertificateFile => certificate.CertificateFile;

    public string CertificateKeyFile => certificate.KeyFile;

    public string KeyFolder => Path.Combine(federation.StateFolder, "keys", datacenter.Name);

    public async Task InstallAsync(DemoChain chain, CancellationToken cancellation)
    {
        var folder = Path.Combine(federation.StateFolder, "install", datacenter.Name);
        Directory.CreateDirectory(folder);
        CrdFiles.WriteTo(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "tenant-role.yaml"), InstallManifests.TenantRole(), cancellation);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Demo", "Rbac.yaml"), Path.Combine(folder, "rbac.yaml"), overwrite: true);
        // Servers before 1.25 know no CEL rules: they drop them, and kubectl's own check would refuse the file.
        await KubectlAsync(["apply", "--validate=false", "-f", folder], cancellation);
        await KubectlAsync(["wait", "--for=condition=Established", "--timeout=150s", "crd/datacenters.compute.federation", "crd/computeleases.compute.federation"], cancellation);
        await ApplyAsync(chain, cancellation);
    }

    /// <summary>Says what this datacenter is; its definition is there.</summary>
    public async Task ApplyAsync(DemoChain chain, CancellationToken cancellation)
    {
        var manifest = Path.Combine(Directory.CreateDirectory(Path.Combine(federation.StateFolder, "install")).FullName, $"{datacenter.Name}-datacenter.yaml");
        await File.WriteAllTextAsync(manifest, Manifest(chain), cancellation);
        await KubectlAsync(["apply", "-f", manifest], cancellation);
        Gateway = new GatewayClient(Http);
    }

    /// <summary>A client of this datacenter's gateway.</summary>
    public HttpClient NewClient() => new(new SocketsHttpHandler { SslOptions = Trust }) { BaseAddress = new Uri(Endpoint), Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Name of the operator among the federation's parts.</summary>
    public string OperatorPart => $"{datacenter.Name}/operator";

    /// <summary>Starts the operator; <paramref name="changes"/> replace settings of the demo.</summary>
    public void StartOperator(DemoChain chain, IReadOnlyDictionary<string, string>? changes = null)
    {
        var settings = Environment(chain);
        foreach (var (name, value) in changes ?? new Dictionary<string, string>()) settings[name] = value;
        Parts.Launch(federation, OperatorPart, OperatorProgram, [], settings);
    }

    /// <summary>Name of the second replica among the federation's parts.</summary>
    public string ReplicaPart => $"{OperatorPart}-2";

    /// <summary>Starts a second replica, which waits until the first no longer leads. It has its own addresses, as a pod would.</summary>
    public void StartReplica(DemoChain chain, IReadOnlyDictionary<string, string>? changes = null)
    {
        var (settings, port) = (Environment(chain), FreePort());
        foreach (var (name, value) in changes ?? new Dictionary<string, string>()) settings[name] = value;
        settings["Federation__Listen"] = ReplicaEndpoint;
        settings["Federation__Webhook__Port"] = $"{port}";
        settings["Federation__Webhook__Url"] = $"https://{federation.HostAddress}:{port}";
        Parts.Launch(federation, ReplicaPart, OperatorProgram, [], settings);
    }

    public Task WaitUntilReadyAsync(CancellationToken cancellation) => WaitUntilReadyAsync(OperatorPart, Endpoint, cancellation);

    /// <summary>Waits until this replica leads.</summary>
    public Task WaitUntilReadyAsync(string part, string endpoint, CancellationToken cancellation) =>
        new Readiness(TimeProvider.System).UntilAsync($"{datacenter.Name}: operator", Patience, async token =>
        {
            if (Parts.ProcessId(federation, part) is null) throw new HarnessException($"the operator of {datacenter.Name} has ended: see its log in {federation.StateFolder}/log");
            using var answer = await Http.GetAsync(new Uri($"{endpoint}/leading"), token);
            return answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync(token);
        }, cancellation);

    /// <summary>Waits until the operator has seen that the network keeps leases apart: before that it takes none.</summary>
    public Task WaitUntilIsolatedAsync(CancellationToken cancellation) =>
        new Readiness(TimeProvider.System).UntilAsync($"{datacenter.Name}: NetworkPolicyEnforced", Patience, async token =>
        {
            var seen = await KubectlAsync(["get", "datacenter", Name, "-o", "jsonpath={range .status.conditions[?(@.type=='NetworkPolicyEnforced')]}{.status}: {.message}{end}"], token);
            return seen.StartsWith("True", StringComparison.Ordinal) ? null : seen;
        }, cancellation);

    public void Dispose()
    {
        http?.Dispose();
        certificate.Dispose();
    }

    private HttpClient Http => http ??= NewClient();

    private Task<string> KubectlAsync(string[] arguments, CancellationToken cancellation) =>
        Command.RunAsync(Path.Combine(federation.ToolsFolder, "kubectl"), ["--kubeconfig", datacenter.KubeconfigPath, .. arguments], cancellation);

    private string Manifest(DemoChain chain) => $"""
        apiVersion: compute.federation/v1alpha1
        kind: Datacenter
        metadata:
          name: {datacenter.Name}
        spec:
          provider: "{chain.Providers[datacenter.Name].Signer.Address}"
          region: {prices.Region}
          endpoint: {Endpoint}
          gpuClasses: [{GpuClass}]
          prices:
            token: "{chain.Token}"
            cpu: "{prices.Cpu}"
            memory: "{prices.Memory}"
            storage: "0"
            egress: "0"
            gpu: [{GpuPrice}]
            noticeSeconds: 10
            activationSeconds: 60
            maxDurationSeconds: 604800
            downtimeBps: 10000
            maxRoyaltyBps: 1000
            arbiters: ["{chain.Arbiter}"]
          # More than the stories lease; the node's own disk is not asked how large it is.
          storageMiB: 1048576
          # Whose escrow is used up is closed at once: no story waits for an hour's grace.
          keep:
            graceSeconds: 0
          bids:
            enabled: true
            sharePercent: 100
          isolation:
            unenforcedNetworkPolicy: {unenforced}
        """;

    private string GpuClass => prices.Gpu.IsZero
        ? ""
        : "{name: \"" + DemoStory.A100 + "\", resource: nvidia.com/gpu, nodeLabels: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB, nvidia.com/gpu.memory: \"81920\"}}";

    private string GpuPrice => prices.Gpu.IsZero ? "" : "{class: \"" + DemoStory.A100 + $"\", price: \"{prices.Gpu}\"" + "}";

    /// <summary>The operator's settings, as environment.</summary>
    public Dictionary<string, string> Environment(DemoChain chain) => new()
    {
        ["Federation__Datacenter"] = datacenter.Name,
        ["Federation__Kubeconfig"] = datacenter.Parts.UserKubeconfigs[OperatorUser],
        ["Federation__Isolation__ProbeImage"] = BusyboxImages.Web,
        ["Federation__Resolvers__0"] = $"{datacenter.Parts.Address}:{LocalParts.NamesPort}",
        ["Federation__Export__Image"] = ExportImage.Reference,
        ["Federation__Prometheus__Url"] = datacenter.PrometheusUrl!,
        ["Federation__Prometheus__Matchers__job"] = "cadvisor",
        ["Federation__Listen"] = Endpoint,
        ["Federation__Tls__Certificate"] = certificate.CertificateFile,
        ["Federation__Tls__Key"] = certificate.KeyFile,
        ["Federation__Webhook__Enabled"] = "true",
        ["Federation__Webhook__Address"] = Webhook.Host,
        ["Federation__Webhook__Port"] = $"{Webhook.Port}",
        ["Federation__Webhook__Url"] = Webhook.AbsoluteUri,
        ["Federation__Webhook__OperatorUser"] = OperatorUser,
        ["Federation__Evidence__Folder"] = Path.Combine(federation.StateFolder, datacenter.Name, "evidence"),
        ["Federation__Chain__RpcUrl"] = federation.AnvilUrl,
        ["Federation__Chain__WebSocketUrl"] = new UriBuilder(federation.AnvilUrl) { Scheme = "ws" }.Uri.AbsoluteUri,
        ["Federation__Chain__ChainId"] = $"{federation.ChainId}",
        ["Federation__Chain__DeploymentFile"] = chain.DeploymentFile,
        ["Federation__Chain__Provider"] = chain.Providers[datacenter.Name].Signer.Address.ToString(),
        ["Federation__Chain__Confirmations"] = "1",
        ["Federation__Chain__KeystoreFile"] = Path.Combine(KeyFolder, "keystore.json"),
        ["Federation__Chain__KeystorePasswordFile"] = Path.Combine(KeyFolder, "password"),
        // Epochs of seconds instead of an hour, so that minutes show what days would.
        ["Federation__Times__Epoch"] = $"{Epoch}",
        ["Federation__Times__SettleEvery"] = $"{SettleEvery}",
        ["Federation__Times__Retention"] = "00:00:05",
        ["Federation__Times__ScrapeDelay"] = "00:00:03",
        ["Federation__Times__MaxGap"] = "00:00:10",
        ["Federation__Chain__Sending__PollInterval"] = "00:00:00.2",
    };

    /// <summary>As it is shipped, trimmed and compiled ahead: what trimming breaks must show here.</summary>
    /// <exception cref="HarnessException">It is not built.</exception>
    public static string OperatorProgram => Checkout.Built("the operator is", "artifacts", "operator", "federation-operator");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
