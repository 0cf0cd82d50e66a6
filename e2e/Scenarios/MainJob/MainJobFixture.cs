using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;
using DatacenterSpec = Federation.Harness.DatacenterSpec;

namespace Federation.Scenarios.MainJob;

/// <summary>One datacenter with its operator, a chain with the contracts, a tenant with funds. Epochs are seconds.</summary>
public sealed class MainJobFixture : IAsyncLifetime
{
    /// <summary>Length of a metering window, and the least time between two settlements.</summary>
    internal static readonly TimeSpan Epoch = TimeSpan.FromSeconds(5);

    private const string Name = "bravo";

    private readonly List<TenantLease> leases = [];
    private TenantLease? survivor;

    internal LocalFederation Federation { get; private set; } = null!;

    internal DemoChain Chain { get; private set; } = null!;

    internal DemoDatacenter Site { get; private set; } = null!;

    internal DemoTenant Tenant { get; private set; } = null!;

    internal DemoLedger Ledger { get; private set; } = null!;

    internal CgroupTruth Truth { get; private set; } = null!;

    internal Faults Faults { get; private set; } = null!;

    internal Datacenter Datacenter => Federation[Name];

    internal Kubectl Admin => new(Federation, Datacenter);

    internal Kubectl AsTenant => new(Federation, Datacenter, Datacenter.Parts.UserKubeconfigs[Chain.Tenant.Signer.Address.ToString()]);

    internal string OperatorLog => File.ReadAllText(Path.Combine(Federation.StateFolder, "log", $"{Name}-operator.log"));

    internal IReadOnlyList<TenantLease> Leases => leases;

    public async ValueTask InitializeAsync()
    {
        try
        {
            await StartAsync();
        }
        catch
        {
            await LocalFederation.DownAsync(LeftoverFixture.NewStateFolder("mainjob"));
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Truth.DisposeAsync();
        Ledger.Dispose();
        Site.Dispose();
        Chain.Dispose();
        if (Environment.GetEnvironmentVariable("KEEP") != "1") await LocalFederation.DownAsync(Federation.StateFolder);
    }

    internal string PartOf(string component) => $"{Name}/{component}";

    /// <summary>Gets an Offer for the workload; nothing is on chain yet.</summary>
    internal async Task<PricedStory> AskAsync(string name, string workload)
    {
        var story = new DemoStory(name, workload, Workloads.CpuMilli, Workloads.MemoryMiB, "", 0, 5_000_000, DemoEnd.TenantEarly);
        var (request, quotes) = await Tenant.AskAsync(story, TestContext.Current.CancellationToken);
        Assert.True(quotes[0].Offer is not null, $"{name}: {quotes[0].Reason}: {quotes[0].Message}");
        return new PricedStory(story, request, quotes[0]);
    }

    /// <summary>Funds and opens the lease; the operator has yet to see it.</summary>
    internal async Task<TenantLease> MatchAsync(PricedStory priced)
    {
        var lease = new TenantLease(this, await Tenant.MatchAsync(priced.Story, priced.Request, priced.Quote, TestContext.Current.CancellationToken));
        leases.Add(lease);
        return lease;
    }

    /// <summary>A lease whose workload was delivered and runs.</summary>
    internal async Task<TenantLease> OpenAsync(string name, string workload)
    {
        var lease = await MatchAsync(await AskAsync(name, workload));
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        return lease;
    }

    /// <summary>A lease that runs since the first story that looked at it, and has to outlive what each of them breaks.</summary>
    internal async Task<TenantLease> SurvivorAsync() => survivor ??= await OpenAsync("survivor", Workloads.Burner);

    /// <summary>Starts the operator again after a kill or a stop, and waits until it leads.</summary>
    internal async Task StartOperatorAgainAsync()
    {
        await Faults.StartAsync(Site.OperatorPart);
        await Site.WaitUntilReadyAsync(TestContext.Current.CancellationToken);
    }

    private async Task StartAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var tenantKey = LocalSigner.Generate();
        var user = tenantKey.Address.ToString();
        Federation = await LocalFederation.UpAsync(new FederationOptions
        {
            StateFolder = LeftoverFixture.NewStateFolder("mainjob"),
            Datacenters = [new DatacenterSpec(Name)],
            Users = [new TokenUser(user, []), new TokenUser(DemoDatacenter.OperatorUser, [])],
        }, null, TimeProvider.System, cancellation);
        Faults = new Faults(Federation);
        Truth = new CgroupTruth(Federation.Datacenters);
        Chain = await DemoChain.CreateAsync(Federation, Checkout.Built("the contracts are", "contracts", "out"), tenantKey, cancellation);
        Ledger = new DemoLedger(Federation, Chain);
        var prices = DemoPrices.All.Single(p => p.Datacenter == Name);
        Site = new DemoDatacenter(Federation, Datacenter, prices);
        Tenant = new DemoTenant(Federation, Chain, [Site], user);
        await Chain.RegisterAsync(prices, Site.Endpoint, Site.KeyFolder, cancellation);
        await Site.InstallAsync(Chain, cancellation);
        Site.StartOperator(Chain, new Dictionary<string, string>
        {
            ["Federation__Times__Epoch"] = Epoch.ToString(),
            ["Federation__Times__SettleEvery"] = Epoch.ToString(),
        });
        await Site.WaitUntilReadyAsync(cancellation);
    }
}

/// <summary>A story with the datacenter's Offer for it.</summary>
internal sealed record PricedStory(DemoStory Story, RequestTerms Request, DemoQuote Quote);

[CollectionDefinition(Name)]
public sealed class MainJobCollection : ICollectionFixture<MainJobFixture>
{
    public const string Name = "a datacenter with its operator";
}
