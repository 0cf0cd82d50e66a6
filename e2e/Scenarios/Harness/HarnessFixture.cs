using Federation.Harness;

[assembly: AssemblyFixture(typeof(Federation.Scenarios.Harness.LeftoverFixture))]

namespace Federation.Scenarios.Harness;

/// <summary>Folders for the federations of this run, and the end of those that a killed run left.</summary>
public sealed class LeftoverFixture : IAsyncLifetime
{
    private const string Prefix = "fedtest-";

    internal static string NewStateFolder(string purpose) =>
        Path.Combine(Path.GetTempPath(), $"{Prefix}{Environment.ProcessId}-{purpose}");

    public async ValueTask InitializeAsync()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            var owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists($"/proc/{owner}")) await LocalFederation.DownAsync(folder);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>One datacenter with GPUs, shared by the tests that only use it.</summary>
public sealed class HarnessFixture : IAsyncLifetime
{
    internal LocalFederation Federation { get; private set; } = null!;

    internal Datacenter Alpha => Federation["alpha"];

    internal Kubectl Kubectl => new(Federation, Alpha);

    public async ValueTask InitializeAsync() => Federation = await LocalFederation.UpAsync(new FederationOptions
    {
        StateFolder = LeftoverFixture.NewStateFolder("shared"),
        Datacenters = DatacenterSpec.Standard(1),
        ChainDumpInterval = TimeSpan.FromSeconds(1),
        Users = [new TokenUser("0x00000000000000000000000000000000000000aa", "federation:tenants")],
    });

    public async ValueTask DisposeAsync() => await LocalFederation.DownAsync(LeftoverFixture.NewStateFolder("shared"));
}

[CollectionDefinition(Name)]
public sealed class HarnessCollection : ICollectionFixture<HarnessFixture>
{
    public const string Name = "a federation of one datacenter";
}
