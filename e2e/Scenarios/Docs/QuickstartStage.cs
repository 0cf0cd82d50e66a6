using System.Numerics;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Images;
using Federation.Harness.Installing;
using Federation.Scenarios.MainJob;

namespace Federation.Scenarios.Docs;

/// <summary>What somebody has before the first line of a page: a cluster with Prometheus and nothing of ours in it, a chain with the contracts, and keys with some ether and tokens.</summary>
public sealed class QuickstartStage() : FederationStage("pages", new DatacenterSpec(Name) { Gpu = GpuSpec.A100 })
{
    private const string Name = "bravo";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DemoDatacenter Site => Sites[0];

    // As it is shipped.
    private static string Command => Checkout.Built("kubectl-compute is", "artifacts", "cli", "kubectl-compute");

    /// <summary>Who owns the cluster and wants to sell.</summary>
    internal async Task<PageReader> ProviderAsync()
    {
        var home = Home("provider");
        var has = Usual(home);
        await KeyAsync(home, "wallet", tokens: 1_000_000_000);
        await KeyAsync(home, "operator", tokens: 0);
        await KeyAsync(home, "next", tokens: 0);
        has["NAME"] = Name;
        has["ENDPOINT"] = Site.Endpoint;
        has["PROMETHEUS"] = Site.Site.PrometheusUrl!;
        has["GATEWAY_CERTIFICATE"] = Site.CertificateFile;
        has["GATEWAY_KEY"] = Site.CertificateKeyFile;
        has["MORE_VALUES"] = await WriteAsync(home, "more.yaml", ChartValues.OfThisMachine(Federation, Epoch, Epoch, BusyboxImages.Web));
        // Seconds, where a page has minutes.
        has["NOTICE"] = "5";
        has["CONTAINERD_ADDRESS"] = Site.Site.ContainerdSocket;
        has["PATH"] = $"{Path.GetDirectoryName(Command)}:{has["PATH"]}";
        return new PageReader(home, has);
    }

    /// <summary>Who has a wallet and wants to buy; and, for the pages about that, a cluster to run an operator in.</summary>
    internal async Task<PageReader> TenantAsync()
    {
        var home = Home("tenant");
        var has = Usual(home);
        await KeyAsync(home, "wallet", tokens: 100_000_000);
        await WriteAsync(home, "registry.password", "of a registry");
        has["CLI"] = Command;
        has["AUTHORITIES"] = Site.CertificateFile;
        has["REPOSITORY"] = OperatorImage.Repository;
        // No registry has the images of the pages here.
        return new PageReader(home, has, ("docker.io/nginxinc/nginx-unprivileged:1.27-alpine", BusyboxImages.Web));
    }

    private protected override string EndpointOf(Datacenter datacenter) => OperatorRelease.EndpointOf(datacenter);

    // Everything is the page's to do, but for a volume: the harness provisions none.
    private protected override Task StartAsync(DemoDatacenter site) => OperatorRelease.ProvideEvidenceAsync(Federation, site.Site, Cancellation);

    private string Home(string who) => Directory.CreateDirectory(Path.Combine(Federation.StateFolder, "homes", who)).FullName;

    private Dictionary<string, string> Usual(string home)
    {
        Directory.CreateDirectory(Path.Combine(home, ".kube"));
        File.Copy(Site.Site.KubeconfigPath, Path.Combine(home, ".kube", "config"), overwrite: true);
        return new Dictionary<string, string>
        {
            ["SOURCES"] = Pages.Root,
            ["NODE"] = Federation.AnvilUrl,
            ["CHAIN_ID"] = $"{Federation.ChainId}",
            ["DEPLOYMENT"] = Chain.DeploymentFile,
            ["FEDERATION_AUTHORITY_FILE"] = Site.CertificateFile,
            ["PATH"] = $"{Federation.ToolsFolder}:{Environment.GetEnvironmentVariable("PATH")}",
        };
    }

    /// <summary>A keystore and its password, as the pages name them.</summary>
    private async Task KeyAsync(string home, string name, BigInteger tokens)
    {
        using var key = LocalSigner.Generate();
        await Chain.NewAccountAsync(key, 0, Cancellation);
        if (tokens > 0) await Chain.MintAsync(key.Address, tokens, Cancellation);
        await WriteAsync(home, $"{name}.json", KeystoreFile.Encrypt(key, "of nobody else", 1 << 12));
        await WriteAsync(home, $"{name}.password", "of nobody else");
    }

    private static async Task<string> WriteAsync(string home, string name, string text)
    {
        var file = Path.Combine(home, name);
        await File.WriteAllTextAsync(file, text, Cancellation);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}

[CollectionDefinition(Name)]
public sealed class QuickstartCollection : ICollectionFixture<QuickstartStage>
{
    public const string Name = "a cluster, a chain and the pages";
}
