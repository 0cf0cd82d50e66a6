using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Installing;

namespace Federation.Scenarios.MainJob;

/// <summary>One datacenter whose operator runs as pods, from the image and the chart's archive, as a stranger installs it: pushed, pulled, and helm.</summary>
public sealed class ChartStage() : FederationStage("chart", new DatacenterSpec(Name))
{
    private const string Name = "bravo";
    private const string Registry = "operators.example";

    private LocalRegistry? registry;
    private string? chart;

    internal DemoDatacenter Site => Sites[0];

    internal Kubectl Admin => new(Federation, Site.Site);

    internal OperatorRelease Release => new(Federation, Site, chart!, Cancellation);

    /// <summary>The chart's archive.</summary>
    internal string Chart => chart!;

    /// <summary>The image that was pushed, as the chart's values have it.</summary>
    internal string Image { get; private set; } = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Adds the spool, as the chart's README has an administrator do it.</summary>
    /// <returns>Its folder on the node, which is this machine.</returns>
    internal async Task<string> ReleaseSpoolAsync()
    {
        var folder = HostVolume.FolderOf(Federation, Site.Site, "spool");
        await Admin.RunAsync("create", "secret", "generic", "spool-token", "-n", OperatorRelease.Space, $"--from-literal=token={Guid.NewGuid()}");
        await Admin.RunAsync("create", "secret", "generic", "spool-tls", "-n", OperatorRelease.Space, $"--from-file=tls.crt={Site.CertificateFile}", $"--from-file=tls.key={Site.CertificateKeyFile}", $"--from-file=ca.crt={Site.CertificateFile}");
        await Release.RunAsync("upgrade", "--set", $"spool.enabled=true,spool.tokenFrom.name=spool-token,spool.tokenFrom.key=token,spool.tls.secret=spool-tls,spool.folder={folder},spool.cgroupRoot=/{Site.Site.CgroupRoot}");
        return folder;
    }

    private protected override string EndpointOf(Datacenter datacenter) => OperatorRelease.EndpointOf(datacenter);

    private protected override async Task StartAsync(DemoDatacenter site)
    {
        await Chain.RegisterAsync(PricesOf(site.Name), site.Endpoint, site.KeyFolder, Cancellation);
        registry = await LocalRegistry.StartAsync(Federation, site.Site, Registry);
        Image = $$"""{repository: {{Registry}}/federation/operator, digest: "{{await PushImageAsync(OperatorImage.ChartVersion)}}"}""";
        chart = await Helm.PackAsync(Federation, Cancellation);
        await Release.InstallAsync(ChartValues.Of(Federation, Chain, site, Image), ChartValues.OfThisMachine(Federation, Epoch, Epoch, probeImage: ""));
        await Release.ApplyAsync(Chain);
    }

    /// <summary>Makes the image anew as another version, pushes it, and has the release run it.</summary>
    /// <returns>What its pods run then.</returns>
    internal async Task<string> UpgradeToAsync(string version)
    {
        var digest = await PushImageAsync(version);
        Assert.DoesNotContain(digest, Image, StringComparison.Ordinal);
        await Release.RunAsync("upgrade", "--set", $"image.digest={digest},image.tag={version}");
        return $"{Registry}/federation/operator@{digest}";
    }

    private async Task<string> PushImageAsync(string version)
    {
        var image = await OperatorImage.MakeAsync(version, Cancellation);
        await Parts.ImportImageAsync(Site.Site, image.Archive, Cancellation);
        await registry!.PushAsync($"{OperatorImage.Repository}:{version}", $"federation/operator:{version}");
        return image.Digest;
    }
}

[CollectionDefinition(Name)]
public sealed class ChartCollection : ICollectionFixture<ChartStage>
{
    public const string Name = "a datacenter whose operator runs as pods";
}
