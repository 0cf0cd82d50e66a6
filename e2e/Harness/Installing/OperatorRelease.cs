using Federation.Harness.Demo;
using Federation.Harness.Machine;

namespace Federation.Harness.Installing;

/// <summary>A datacenter's operator as pods, as its administrator installs it: Secrets, a volume for the evidence, the chart's archive, and helm.</summary>
/// <param name="chart">The archive, as <see cref="Helm.PackAsync"/> makes it.</param>
internal sealed class OperatorRelease(LocalFederation federation, DemoDatacenter site, string chart, CancellationToken cancellation)
{
    public const string Name = "federation";
    public const string Space = "federation-system";

    /// <summary>Who its pods are at the API server.</summary>
    public const string Account = $"system:serviceaccount:{Space}:federation-operator";

    /// <summary>Selects its pods.</summary>
    public const string Pods = "app.kubernetes.io/name=federation-operator";

    // Both replicas start at once, on a machine that starts other things too.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Kubectl admin = new(federation, site.Site, cancellation: cancellation);

    private string[] Values => [.. new[] { "values", "machine" }.Select(name => Path.Combine(Folder, $"{site.Name}-{name}.yaml"))];

    private string Folder => Path.Combine(federation.StateFolder, "chart");

    public Helm Helm { get; } = new(federation, site.Site, Space, cancellation);

    /// <summary>Where tenants reach a datacenter's gateway.</summary>
    public static string EndpointOf(Datacenter datacenter) => $"https://{datacenter.Parts.Address}:{ChartValues.NodePort}";

    /// <summary>Makes what the chart's page has an administrator make before, installs it, and waits until all pods are ready. The datacenter is registered.</summary>
    /// <param name="values">As <see cref="ChartValues.Of"/> has them.</param>
    /// <param name="machine">As <see cref="ChartValues.OfThisMachine"/> has them.</param>
    public async Task InstallAsync(string values, string machine)
    {
        await admin.RunAsync("create", "namespace", Space);
        await admin.RunAsync("create", "secret", "generic", "operator-key", "-n", Space, $"--from-file={site.KeyFolder}/keystore.json", $"--from-file={site.KeyFolder}/password");
        await admin.RunAsync("create", "secret", "tls", "gateway-tls", "-n", Space, $"--cert={site.CertificateFile}", $"--key={site.CertificateKeyFile}");
        await ProvideEvidenceAsync(federation, site.Site, cancellation);
        foreach (var (file, text) in Values.Zip([values, machine])) await File.WriteAllTextAsync(file, text, cancellation);
        await RunAsync("install");
    }

    /// <summary>Where the claim that the chart makes finds its volume.</summary>
    public static Task ProvideEvidenceAsync(LocalFederation federation, Datacenter datacenter, CancellationToken cancellation) =>
        HostVolume.ProvideAsync(federation, datacenter, "evidence", "10Gi", "ReadWriteMany", Space, "federation-evidence", cancellation);

    /// <summary>Installs it again or upgrades it, and waits until all pods are ready.</summary>
    /// <param name="changes">Further arguments of helm.</param>
    /// <exception cref="HarnessException">It is not to be installed, or the pods are not ready: with what they and helm say.</exception>
    public async Task RunAsync(string verb, params string[] changes)
    {
        var (code, output, error) = await Helm.TryAsync([verb, Name, chart, .. Values.SelectMany(file => new[] { "--values", file }), "--wait", "--timeout", $"{Limit.TotalSeconds}s", .. changes]);
        if (code == 0) return;
        var pods = await admin.TryAsync("get", "pods,events", "-n", Space);
        var logs = await admin.TryAsync("logs", "-n", Space, "-l", Pods, "--prefix", "--tail=20");
        throw new HarnessException($"{site.Name}: helm {verb}: {error}{output}{pods.Output}{logs.Output}");
    }

    /// <summary>Says what this datacenter sells, and waits until its operator has taken it.</summary>
    public async Task ApplyAsync(DemoChain chain)
    {
        // Its webhook answers in eight seconds or has it tried again, and its pods have only just begun.
        await new Readiness(TimeProvider.System).UntilAsync($"{site.Name}: the Datacenter", Limit, async token =>
        {
            await site.ApplyAsync(chain, token);
            return null;
        }, cancellation);
        await admin.RunAsync("wait", "--for=condition=Ready", $"datacenter/{site.Name}", $"--timeout={Limit.TotalSeconds}s");
    }

    /// <summary>
    /// Has what its pods log written to where the logs of processes are: there it stays when the pods are gone. And the kubelets of one
    /// machine share /var/log/pods, where each removes what it does not know, within a minute; who reads already reads on.
    /// </summary>
    public void FollowLogs() => Parts.Launch(federation, $"{site.OperatorPart}-log", Path.Combine(federation.ToolsFolder, "kubectl"),
        ["--kubeconfig", site.Site.KubeconfigPath, "logs", "-n", Space, "-l", Pods, "--prefix", "--follow", "--tail=-1"]);
}
