using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Installing;

namespace Federation.Scenarios.MainJob;

/// <summary>One datacenter with its operator, a chain with the contracts, a tenant with funds.</summary>
public sealed class MainJobFixture() : FederationStage("mainjob", new DatacenterSpec(Name))
{
    private const string Name = "bravo";

    // Four hours: all the stories of this stage one after the other, on a slow machine.
    private const uint SurvivorSeconds = 14_400;

    private TenantLease? survivor;

    internal DemoDatacenter Site => Sites[0];

    internal Datacenter Datacenter => Federation[Name];

    internal Kubectl Admin => new(Federation, Datacenter);

    internal Kubectl AsTenant => new(Federation, Datacenter, Datacenter.Parts.UserKubeconfigs[Tenant.User]);

    internal string OperatorLog => File.ReadAllText(Path.Combine(Federation.StateFolder, "log", $"{Name}-operator.log"));

    internal string PartOf(string component) => $"{Name}/{component}";

    /// <summary>The datacenter has the Gateway API's definitions, as clusters have them: before its operator comes.</summary>
    private protected override async Task StartAsync(DemoDatacenter site)
    {
        string[] definitions = [.. new[] { "gateways", "httproutes" }.Select(name => Checkout.Built("the definitions are", "tests", "Cluster", "Hostnames", $"{name}.yaml"))];
        // They hold rules that Kubernetes 1.20 does not know; the server leaves those out, kubectl alone would refuse them.
        await Admin.RunAsync(["create", "--validate=false", .. definitions.SelectMany(file => new[] { "-f", file })]);
        await base.StartAsync(site);
    }

    /// <summary>A lease that runs since the first story that looked at it, and has to outlive what each of them breaks, and all of them together.</summary>
    internal async Task<TenantLease> SurvivorAsync() =>
        survivor ??= await OpenAsync(Story("survivor", Workloads.BurnerOf(SurvivorSeconds)) with { DurationSeconds = SurvivorSeconds, Deposit = 20_000_000 });

    /// <summary>One lies ready for the claim that a StatefulSet will make.</summary>
    internal Task ProvideVolumeAsync(TenantLease lease, string claim, uint mib) =>
        ProvideVolumeAsync(lease.Namespace, claim, mib);

    internal Task ProvideVolumeAsync(string space, string claim, uint mib) =>
        HostVolume.ProvideAsync(Federation, Datacenter, space, $"{mib}Mi", "ReadWriteOnce", space, claim, TestContext.Current.CancellationToken);

    /// <summary>What lies in that volume.</summary>
    internal string VolumeFolderOf(TenantLease lease) => HostVolume.FolderOf(Federation, Datacenter, lease.Namespace);

    /// <summary>Does something while the operator stands still, and has it go on whatever came of it.</summary>
    internal async Task WhileOperatorStandsStillAsync(Func<Task> work)
    {
        Faults.Freeze(Site.OperatorPart);
        try
        {
            await work();
        }
        finally
        {
            Faults.Thaw(Site.OperatorPart);
        }
    }

    /// <summary>Another operator instead of this one: with or without an admission webhook, with <paramref name="changes"/> of its settings.</summary>
    internal async Task ReplaceOperatorAsync(bool webhook, IReadOnlyDictionary<string, string>? changes = null)
    {
        await Faults.StopAsync(Site.OperatorPart);
        StartOperator(Site, webhook, changes);
        await Site.WaitUntilReadyAsync(TestContext.Current.CancellationToken);
        await WaitForRegistrationAsync(Site, webhook);
    }

    internal void StartReplica() => Site.StartReplica(Chain, Settings(webhook: true));

    /// <summary>Leaves the first replica alone, awake and leading.</summary>
    internal async Task EndReplicaAsync()
    {
        if (Parts.ProcessId(Federation, Site.OperatorPart) is null) await Faults.StartAsync(Site.OperatorPart);
        Faults.Thaw(Site.OperatorPart);
        if (Parts.ProcessId(Federation, Site.ReplicaPart) is not null) await Faults.StopAsync(Site.ReplicaPart);
        await Site.WaitUntilReadyAsync(TestContext.Current.CancellationToken);
        await WaitForRegistrationAsync(Site, registered: true);
    }

    /// <summary>Starts the operator again after a kill or a stop, and waits until it leads.</summary>
    internal async Task StartOperatorAgainAsync()
    {
        await Faults.StartAsync(Site.OperatorPart);
        await Site.WaitUntilReadyAsync(TestContext.Current.CancellationToken);
    }
}

[CollectionDefinition(Name)]
public sealed class MainJobCollection : ICollectionFixture<MainJobFixture>
{
    public const string Name = "a datacenter with its operator";
}
