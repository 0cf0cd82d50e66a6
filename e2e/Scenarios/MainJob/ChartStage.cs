using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>One datacenter whose operator runs as pods, from the image and the chart, as a stranger installs it: pushed, pulled, and helm.</summary>
public sealed class ChartStage() : FederationStage("chart", new DatacenterSpec(Name))
{
    internal const string Release = "federation";
    internal const string Space = "federation-system";

    private const string Name = "bravo";
    private const int NodePort = 30443;
    private const string Registry = "operators.example";

    private LocalRegistry? registry;

    internal DemoDatacenter Site => Sites[0];

    internal Kubectl Admin => new(Federation, Site.Site);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string ValuesFile => Path.Combine(Federation.StateFolder, "install", "values.yaml");

    /// <summary>Installs or upgrades, and waits until all pods are ready.</summary>
    internal async Task ReleaseAsync(string verb, params string[] changes)
    {
        var (code, output, error) = await HelmAsync([verb, Release, Checkout.Built("the chart is", "charts", "federation-operator"), "--values", ValuesFile, "--wait", "--timeout", "5m", .. changes]);
        Assert.True(code == 0, $"helm {verb}: {error}{output}{await Admin.TryAsync("get", "pods,events", "-n", Space)}");
    }

    /// <summary>The image that was pushed, and the chain, as the chart's values have them.</summary>
    internal string Image { get; private set; } = "";

    internal string ChainValues => $$"""{id: {{Federation.ChainId}}, rpcUrl: "{{Federation.AnvilUrl}}", confirmations: 1, contracts: {{Contracts}} }""";

    private string Contracts => $$"""{vault: "{{Chain.Contracts.Vault}}", parameters: "{{Chain.Contracts.Parameters}}", registry: "{{Chain.Contracts.Registry}}", apps: "{{Chain.Contracts.Apps}}", leaseManager: "{{Chain.Contracts.LeaseManager}}", market: "{{Chain.Contracts.Market}}", results: "{{Chain.Contracts.Results}}"}""";

    internal Task<Command.Result> HelmAsync(params string[] arguments) => HelmInAsync(Space, arguments);

    internal Task<Command.Result> HelmInAsync(string space, params string[] arguments) =>
        Command.TryAsync(Path.Combine(Federation.ToolsFolder, "helm"), [.. arguments, "--namespace", space, "--kubeconfig", Site.Site.KubeconfigPath], Cancellation);

    /// <summary>Adds the spool, as the chart's README has an administrator do it.</summary>
    /// <returns>Its folder on the node, which is this machine.</returns>
    internal async Task<string> ReleaseSpoolAsync()
    {
        var folder = Path.Combine(Federation.StateFolder, "volumes", "spool");
        await Admin.RunAsync("create", "secret", "generic", "spool-token", "-n", Space, $"--from-literal=token={Guid.NewGuid()}");
        await Admin.RunAsync("create", "secret", "generic", "spool-tls", "-n", Space, $"--from-file=tls.crt={Site.CertificateFile}", $"--from-file=tls.key={Site.CertificateKeyFile}", $"--from-file=ca.crt={Site.CertificateFile}");
        await ReleaseAsync("upgrade", "--set", $"spool.enabled=true,spool.tokenFrom.name=spool-token,spool.tokenFrom.key=token,spool.tls.secret=spool-tls,spool.folder={folder},spool.cgroupRoot=/{Site.Site.CgroupRoot}");
        return folder;
    }

    private protected override string EndpointOf(Datacenter datacenter) => $"https://{datacenter.Parts.Address}:{NodePort}";

    private protected override async Task StartAsync(DemoDatacenter site)
    {
        await Chain.RegisterAsync(PricesOf(site.Name), site.Endpoint, site.KeyFolder, Cancellation);
        registry = await LocalRegistry.StartAsync(Federation, site.Site, Registry);
        Image = $$"""{repository: {{Registry}}/federation/operator, digest: "{{await PushImageAsync("0.1.0")}}"}""";
        await PrepareAsync(site);
        Directory.CreateDirectory(Path.GetDirectoryName(ValuesFile)!);
        await File.WriteAllTextAsync(ValuesFile, Values(site), Cancellation);
        await ReleaseAsync("install");
        // Its webhook answers in two seconds or has it tried again, and its pods have only just begun.
        await Eventually.HoldsAsync("the Datacenter is taken", async () =>
        {
            await site.ApplyAsync(Chain, Cancellation);
            return null;
        });
        await Admin.RunAsync("wait", "--for=condition=Ready", $"datacenter/{Name}", "--timeout=240s");
    }

    /// <summary>Makes the image anew as another version, pushes it, and has the release run it.</summary>
    /// <returns>What its pods run then.</returns>
    internal async Task<string> UpgradeToAsync(string version)
    {
        var digest = await PushImageAsync(version);
        Assert.DoesNotContain(digest, Image, StringComparison.Ordinal);
        await ReleaseAsync("upgrade", "--set", $"image.digest={digest},image.tag={version}");
        return $"{Registry}/federation/operator@{digest}";
    }

    private async Task<string> PushImageAsync(string version)
    {
        var folder = Path.Combine(Federation.StateFolder, $"image-{version}");
        await Command.RunAsync("env", [$"VERSION={version}", Checkout.Built("the sources are", "operator", "image", "build"), folder], Cancellation);
        await Parts.ImportImageAsync(Site.Site, Path.Combine(folder, "federation-operator.tar"), Cancellation);
        await registry!.PushAsync($"localhost/federation/operator:{version}", $"federation/operator:{version}");
        return (await File.ReadAllTextAsync(Path.Combine(folder, "digest"), Cancellation)).Trim();
    }

    // What the chart's README has an administrator make before, and a volume, since the harness provisions none.
    private async Task PrepareAsync(DemoDatacenter site)
    {
        await Admin.RunAsync("create", "namespace", Space);
        await Admin.RunAsync("create", "secret", "generic", "operator-key", "-n", Space, $"--from-file={site.KeyFolder}/keystore.json", $"--from-file={site.KeyFolder}/password");
        await Admin.RunAsync("create", "secret", "tls", "gateway-tls", "-n", Space, $"--cert={site.CertificateFile}", $"--key={site.CertificateKeyFile}");
        var folder = Directory.CreateDirectory(Path.Combine(Federation.StateFolder, "volumes", "evidence"));
        File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_111_111);
        await Admin.ApplyAsync($$"""
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: evidence}
            spec:
              capacity: {storage: 10Gi}
              accessModes: [ReadWriteMany]
              persistentVolumeReclaimPolicy: Retain
              claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: {{Space}}, name: federation-evidence }
              hostPath: {path: {{folder.FullName}} }
            """);
    }

    private string Values(DemoDatacenter site) => $$"""
        image: {{Image}}
        datacenter: {name: {{Name}} }
        chain:
          id: {{Federation.ChainId}}
          rpcUrl: {{Federation.AnvilUrl}}
          webSocketUrl: {{new UriBuilder(Federation.AnvilUrl) { Scheme = "ws" }.Uri.AbsoluteUri}}
          provider: "{{Chain.Providers[Name].Signer.Address}}"
          confirmations: 1
          contracts: {{Contracts}}
        key: {existingSecret: operator-key}
        prometheus: {url: "{{site.Site.PrometheusUrl}}", matchers: {job: cadvisor} }
        gateway: {tls: {existingSecret: gateway-tls} }
        isolation: {deniedCidrs: [198.18.0.0/15]}
        resources: {requests: {cpu: 50m, memory: 128Mi} }
        settings:
          Times:Epoch: "{{Epoch}}"
          Times:SettleEvery: "{{Epoch}}"
          Times:Retention: "00:00:05"
          Times:ScrapeDelay: "00:00:03"
          Times:MaxGap: "00:00:10"
          Chain:Sending:PollInterval: "00:00:00.2"
          Chain:Sending:MaxFeePerGas: 400000000000
        extraObjects:
        - apiVersion: v1
          kind: Service
          metadata: {name: gateway-of-the-node, namespace: {{Space}} }
          spec:
            type: NodePort
            selector: {app.kubernetes.io/name: federation-operator}
            ports: [{name: gateway, port: 443, targetPort: gateway, protocol: TCP, nodePort: {{NodePort}} }]
        """;
}

[CollectionDefinition(Name)]
public sealed class ChartCollection : ICollectionFixture<ChartStage>
{
    public const string Name = "a datacenter whose operator runs as pods";
}
