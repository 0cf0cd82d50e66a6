using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Ethereum;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Load;
using Federation.Scenarios.Harness;
using DatacenterSpec = Federation.Harness.DatacenterSpec;

namespace Federation.Scenarios.MainJob;

/// <summary>Datacenters with their operators, a chain with the contracts, a tenant with funds. Epochs are seconds.</summary>
/// <param name="purpose">Names the state folder.</param>
public abstract class FederationStage(string purpose, params IReadOnlyList<DatacenterSpec> datacenters) : IAsyncLifetime
{
    /// <summary>Length of a metering window, and the least time between two settlements.</summary>
    internal static readonly TimeSpan Epoch = TimeSpan.FromSeconds(5);

    /// <summary>Of the webhook's certificate: it is renewed when a third of it is left.</summary>
    private static readonly TimeSpan CertificateLifetime = TimeSpan.FromSeconds(60);

    private readonly List<TenantLease> leases = [];
    private readonly List<Address> others = [];
    private readonly LocalSigner clientOwner = LocalSigner.Generate();
    private readonly LocalSigner[] crowdKeys = [.. Enumerable.Range(0, 6).Select(_ => LocalSigner.Generate())];
    private readonly List<Renter> crowd = [];

    internal LocalFederation Federation { get; private set; } = null!;

    internal DemoChain Chain { get; private set; } = null!;

    internal IReadOnlyList<DemoDatacenter> Sites { get; private set; } = [];

    internal DemoTenant Tenant { get; private set; } = null!;

    internal DemoLedger Ledger { get; private set; } = null!;

    internal CgroupTruth Truth { get; private set; } = null!;

    internal Faults Faults { get; private set; } = null!;

    internal IReadOnlyList<TenantLease> Leases => leases;

    /// <summary>Whose Vault balances count too when all money is summed up.</summary>
    internal IReadOnlyList<Address> Others => others;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        try
        {
            await StartAsync();
        }
        catch
        {
            await LocalFederation.DownAsync(LeftoverFixture.NewStateFolder(purpose));
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var renter in crowd) renter.Dispose();
        await Truth.DisposeAsync();
        Ledger.Dispose();
        foreach (var site in Sites) site.Dispose();
        Chain.Dispose();
        if (Environment.GetEnvironmentVariable("KEEP") != "1") await LocalFederation.DownAsync(Federation.StateFolder);
    }

    /// <summary>Gets an Offer for the workload; nothing is on chain yet.</summary>
    internal Task<PricedStory> AskAsync(string name, string workload) => AskAsync(Story(name, workload));

    /// <summary>What passes is waited for: an operator that has just begun to lead, and what the story before has left, pods on their way out and holds of a minute. What else it says is final.</summary>
    internal async Task<PricedStory> AskAsync(DemoStory story)
    {
        PricedStory? priced = null;
        await Eventually.HoldsAsync($"{story.Name}: an answer", async () =>
        {
            var (request, quotes) = await Tenant.AskAsync(story, Cancellation);
            priced = new PricedStory(story, request, quotes[0]);
            return quotes[0].Offer is null && Passes(quotes[0].Reason) ? quotes[0].Message : null;
        });
        Assert.True(priced!.Quote.Offer is not null, $"{story.Name}: {priced.Quote.Reason}: {priced.Quote.Message}");
        return priced;
    }

    /// <summary>What one datacenter answers, an Offer or why there is none: the others hold nothing for it.</summary>
    internal async Task<PricedStory> AskAsync(DemoDatacenter site, DemoStory story)
    {
        var request = await Tenant.RequestAsync(story, Cancellation);
        var answer = await site.Gateway.QuoteAsync(request, await Chain.Orders.SignAskAsync(request, Cancellation), Cancellation);
        return new PricedStory(story, request, new DemoQuote(site, answer.Offer, answer.Reason, answer.Message));
    }

    internal static bool Passes(string reason) => reason is "NotLeading" or "ChainUnavailable" or "ClockDiffers" or "MetersUnavailable" or PlacementReasons.Held or PlacementReasons.TooManyQuotes or PlacementReasons.HoldsExhausted
        or PlacementReasons.NotEnoughCpu or PlacementReasons.NotEnoughMemory or PlacementReasons.NotEnoughPods or PlacementReasons.Fragmented;

    internal static DemoStory Story(string name, string workload) =>
        new(name, workload, Workloads.CpuMilli, Workloads.MemoryMiB, "", 0, 5_000_000, DemoEnd.TenantEarly);

    /// <summary>Funds and opens the lease; the operator has yet to see it.</summary>
    internal async Task<TenantLease> MatchAsync(PricedStory priced) =>
        Add(Tenant, await Tenant.MatchAsync(priced.Story, priced.Request, priced.Quote, Cancellation));

    /// <summary>A lease whose workload was delivered and runs.</summary>
    internal Task<TenantLease> OpenAsync(string name, string workload) => OpenAsync(Story(name, workload));

    internal async Task<TenantLease> OpenAsync(DemoStory story)
    {
        var lease = await MatchAsync(await AskAsync(story));
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        return lease;
    }

    /// <summary>The leases that a posted Request becomes: the operators bid by themselves, and one of them sends the award.</summary>
    internal async Task<IReadOnlyList<TenantLease>> AwardedAsync(DemoTenant tenant, DemoStory story, RequestTerms request, string requestHash)
    {
        var desk = new PostedRequests(Chain.Tenant.Writer, Chain.Contracts);
        IReadOnlyList<MatchedLease> matched = [];
        await Eventually.HoldsAsync("the award", async () =>
        {
            matched = await desk.ReadAwardedAsync(requestHash, request.Fills, Cancellation);
            return matched.Count == request.Fills ? null : $"{matched.Count} of {request.Fills} fills are leases";
        }, 240);
        return [.. matched.Select(m => Add(tenant, new DemoLease(story, SiteOf(m.Terms), m.Id, m.Terms, m.Block)))];
    }

    /// <summary>A new party with gas and, where <paramref name="tokens"/> is not zero, tokens.</summary>
    internal async Task<LocalAccount> NewAccountAsync(BigInteger tokens)
    {
        var account = await Chain.NewAccountAsync(LocalSigner.Generate(), tokens, Cancellation);
        others.Add(account.Signer.Address);
        return account;
    }

    /// <summary>A contract that is a tenant, with <paramref name="tokens"/> of its own. One per stage: the API servers learn its name at start.</summary>
    internal async Task<ContractTenant> DeployClientAsync(BigInteger tokens)
    {
        var owner = await Chain.NewAccountAsync(clientOwner, 0, Cancellation);
        var client = await ContractTenant.DeployAsync(owner, Checkout.Built("the contracts are", "contracts", "out"), Chain, Cancellation);
        Assert.Equal(ContractDeployment.CreateAddress(clientOwner.Address, 0), client.Address);
        await Chain.MintAsync(client.Address, tokens, Cancellation);
        others.Add(client.Address);
        return client;
    }

    /// <summary>Many tenants of one datacenter, each with funds for a hundred leases of so much CPU. One crowd per stage: the API servers learn their names at start.</summary>
    internal async Task<IReadOnlyList<Renter>> NewCrowdAsync(DemoDatacenter site, uint cpuMilli)
    {
        var accounts = await Task.WhenAll(crowdKeys.Select(key => Chain.NewAccountAsync(key, Renter.Deposit(cpuMilli) * 100, Cancellation)));
        others.AddRange(crowdKeys.Select(key => key.Address));
        crowd.AddRange(accounts.Select((account, i) => new Renter(Federation, Chain, site, account, i, cpuMilli)));
        return crowd;
    }

    /// <summary>Their leases are the stage's: what they hold counts when all money is summed up.</summary>
    internal IReadOnlyList<TenantLease> Adopt(Crowd tenants, DemoDatacenter site) => [.. tenants.Leases.Select(l => Add(l.Tenant.Hands, l.Tenant.Describe(l.Lease, site)))];

    /// <summary>The hands of a tenant that has no key: whoever its contract trusts with its credential.</summary>
    internal DemoTenant HandsOf(ContractTenant client) => new(Federation, Chain, Sites, client.Address.ToString());

    /// <summary>Starts the operator with this stage's settings. The network is not probed unless <paramref name="changes"/> say so.</summary>
    internal void StartOperator(DemoDatacenter site, bool webhook, IReadOnlyDictionary<string, string>? changes = null)
    {
        var settings = Settings(webhook);
        foreach (var (name, value) in changes ?? new Dictionary<string, string>()) settings[name] = value;
        site.StartOperator(Chain, settings);
    }

    private protected static Dictionary<string, string> Settings(bool webhook) => new()
    {
        ["Federation__Times__Epoch"] = Epoch.ToString(),
        ["Federation__Times__SettleEvery"] = Epoch.ToString(),
        ["Federation__Webhook__Enabled"] = $"{webhook}",
        ["Federation__Webhook__CertificateLifetime"] = CertificateLifetime.ToString(),
        ["Federation__Isolation__ProbeImage"] = "",
    };

    /// <summary>Waits until the API server asks the operator, or no longer does: it learns of a registration by a watch of its own.</summary>
    internal Task WaitForRegistrationAsync(DemoDatacenter site, bool registered) => Eventually.HoldsAsync($"webhook {(registered ? "registered" : "not registered")}", async () =>
    {
        var names = await new Kubectl(Federation, site.Site).RunAsync("get", "validatingwebhookconfiguration", "federation-webhook", "-o", "jsonpath={.webhooks[*].name}");
        return names.Length > 0 == registered ? null : $"it has the webhooks '{names}'";
    });

    private TenantLease Add(DemoTenant tenant, DemoLease lease)
    {
        leases.Add(new TenantLease(this, tenant, lease));
        return leases[^1];
    }

    private DemoDatacenter SiteOf(LeaseTerms terms) => Sites.Single(s => Chain.Providers[s.Name].Signer.Address.ToString() == terms.Provider);

    private async Task StartAsync()
    {
        var tenantKey = LocalSigner.Generate();
        var user = tenantKey.Address.ToString();
        var client = ContractDeployment.CreateAddress(clientOwner.Address, 0).ToString();
        Federation = await LocalFederation.UpAsync(new FederationOptions
        {
            StateFolder = LeftoverFixture.NewStateFolder(purpose),
            Datacenters = datacenters,
            ScrapeInterval = ScrapeInterval,
            Users = [new TokenUser(user, []), new TokenUser(client, []), .. crowdKeys.Select(key => new TokenUser(key.Address.ToString(), [])), new TokenUser(DemoDatacenter.OperatorUser, [])],
        }, null, TimeProvider.System, Cancellation);
        Faults = new Faults(Federation);
        Truth = new CgroupTruth(Federation.Datacenters);
        Chain = await DemoChain.CreateAsync(Federation, Checkout.Built("the contracts are", "contracts", "out"), tenantKey, Cancellation);
        Ledger = new DemoLedger(Federation, Chain);
        Sites = [.. datacenters.Select(d => new DemoDatacenter(Federation, Federation[d.Name], PricesOf(d.Name), UnenforcedNetworkPolicy.Allow, EndpointOf(Federation[d.Name])))];
        Tenant = new DemoTenant(Federation, Chain, Sites, user);
        await Task.WhenAll(Sites.Select(StartAsync));
    }

    /// <summary>How often each Prometheus asks its kubelet, which looks twice as often.</summary>
    private protected virtual TimeSpan ScrapeInterval => TimeSpan.FromSeconds(1);

    /// <summary>Where tenants reach a datacenter's gateway; null: at the loopback.</summary>
    private protected virtual string? EndpointOf(Datacenter datacenter) => null;

    /// <summary>Registers a datacenter and has its operator run.</summary>
    private protected virtual async Task StartAsync(DemoDatacenter site)
    {
        await Chain.RegisterAsync(PricesOf(site.Name), site.Endpoint, site.KeyFolder, Cancellation);
        await site.InstallAsync(Chain, Cancellation);
        StartOperator(site, webhook: true);
        await site.WaitUntilReadyAsync(Cancellation);
        await WaitForRegistrationAsync(site, registered: true);
    }

    private protected static DemoPrices PricesOf(string name) => DemoPrices.All.Single(p => p.Datacenter == name);
}

/// <summary>A story with the datacenter's Offer for it.</summary>
internal sealed record PricedStory(DemoStory Story, RequestTerms Request, DemoQuote Quote);
