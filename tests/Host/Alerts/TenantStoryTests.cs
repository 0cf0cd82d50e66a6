using System.Numerics;

namespace Federation.Host.Tests.Alerts;

/// <summary>A tenant's operator: what it buys for, whether it can pay, whom it buys from, and whether it is there.</summary>
public sealed class TenantStoryTests(ITestOutputHelper output) : AlertStory(output, Alerts)
{
    internal static readonly string[] Alerts =
    [
        "FederationTenantAbsent", "FederationTenantChainStandsStill", "FederationTenantEscrowLow", "FederationTenantFailovers", "FederationTenantIntentsFail", "FederationTenantNoLeader",
        "FederationTenantRequestPending", "FederationTenantSettingsRefused", "FederationTenantWalletLow",
    ];

    private static readonly string[] Requests = ["first", "second", "third"];

    private TenantSite? site;

    private TenantSite Site => site!;

    private protected override LivePrometheus Prometheus => Site.Prometheus;

    private protected override string Space => TenantSite.Space;

    private protected override string Values => "tenant";

    private protected override string Said => Site.Output;

    private protected override int Port => Site.Port;

    private protected override Uri Node => Site.Node.Url;

    [Fact]
    [Trait("Target", "alerts")]
    public Task TenantsOperator_TellsByAlertsWhatIsWrong() => TellAsync(async () =>
    {
        // 1. Somebody wants it for less than anybody sells it. What others want is bought, by an escrow that ends before the term.
        await Site.RequestAsync("dear", mostForCpu: "1");
        foreach (var name in Requests) await Site.RequestAsync(name);
        await FireAsync("FederationTenantEscrowLow");

        // 2. Its owner has it topped up, and the wallet has no ether for that.
        await Site.SetEtherAsync(1);
        await EachAsync("""{"escrow": {"topUp": {"belowSeconds": 60000, "amount": "1000000", "max": "4000000"} } }""");
        await FireAsync("FederationTenantWalletLow", "FederationTenantIntentsFail", "FederationTenantRequestPending");
        await Site.SetEtherAsync(BigInteger.Pow(10, 20));
        await GoAsync("FederationTenantWalletLow", "FederationTenantIntentsFail", "FederationTenantEscrowLow");

        // 3. The chain stands, and the administrator has written what is no level of a log.
        World.IsMining = false;
        Site.Set("""{"Tenant:Log:Level": "Loud"}""");
        await FireAsync("FederationTenantChainStandsStill", "FederationTenantSettingsRefused");
        World.IsMining = true;
        Site.Set("{}");
        await GoAsync("FederationTenantChainStandsStill", "FederationTenantSettingsRefused");

        // 4. The datacenter, which has answered so far, is gone, with three leases at once.
        await Prometheus.HasAsync("sum(federation_tenant_requests{state=\"pending\",reason!~\"DatacenterSilent|AccessBroken|NoQuote\"}) == 3");
        await EachAsync("""{"failover": {"notReadySeconds": 7200, "silentSeconds": 30, "maxReplacements": 1} }""");
        World.Programs.Single().Signal("KILL");
        await FireAsync("FederationTenantFailovers");
        Go("FederationTenantFailovers");

        // 5. Nobody needs any of it any more.
        await Site.DeleteAllAsync();
        await GoAsync("FederationTenantRequestPending");

        // 6. The operator is killed, and its node does not answer when it is started again.
        Site.Program.Signal("KILL");
        await FireAsync("FederationTenantAbsent");
        Site.Node.Fault = NodeFault.Refuses;
        Site.Operate();
        Go("FederationTenantAbsent");
        await FireAsync("FederationTenantNoLeader");
        Site.Node.Fault = NodeFault.None;
        await GoAsync("FederationTenantNoLeader");
    });

    private protected override async Task OpenAsync() => site = await TenantSite.StartAsync(World);

    private protected override Task<IReadOnlyList<PanelQuery>> QueriesAsync() => Chart.QueriesAsync("tenant-full");

    private protected override async ValueTask CloseAsync()
    {
        if (site is null) return;
        Write(site.Output);
        await site.DisposeAsync();
    }

    private Task EachAsync(string spec) => Task.WhenAll(Requests.Select(name => Site.ChangeAsync(name, spec)));
}
