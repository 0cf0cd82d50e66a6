using System.Diagnostics;
using Federation.Domain.Leases;
using Federation.Ethereum.Signing;
using Federation.Harness.Machine;
using Federation.Harness.Verbs;
using Spectre.Console;

namespace Federation.Harness.Demo;

/// <summary>The main job, from an empty machine to the sum of all money. Every step is what a member or a tenant would do.</summary>
internal sealed class DemoRun(string stateFolder, string artifacts, IAnsiConsole console, TimeProvider clock)
{
    private static readonly TimeSpan EarlyAfter = TimeSpan.FromSeconds(65);
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(8);

    private readonly List<DemoLease> leases = [];
    private readonly List<string> refusals = [];
    private readonly long started = Stopwatch.GetTimestamp();

    public async Task<DemoReport> RunAsync(CancellationToken cancellation)
    {
        var tenantKey = LocalSigner.Generate();
        var user = tenantKey.Address.ToString();
        Say("Starting three datacenters and a chain");
        await LocalFederation.DownAsync(stateFolder, clock);
        var federation = await LocalFederation.UpAsync(new FederationOptions
        {
            StateFolder = stateFolder,
            // 0.6 s between two samples at most: one per cent of the shortest lease that is held to that, a minute.
            ScrapeInterval = TimeSpan.FromMilliseconds(300),
            Users = [new TokenUser(user, []), new TokenUser(DemoDatacenter.OperatorUser, [])],
        }, new ConsoleProgress(console), clock, cancellation);

        Say("Deploying the contracts; the tenant gets 1,000 test tokens, an app is registered");
        using var chain = await DemoChain.CreateAsync(federation, artifacts, tenantKey, cancellation);
        var sites = DemoPrices.All.Select(p => new DemoDatacenter(federation, federation[p.Datacenter], p)).ToArray();
        Say("Registering the datacenters with their stake and starting their operators; each probes whether its network keeps tenants apart");
        await Task.WhenAll(sites.Zip(DemoPrices.All, (site, prices) => StartAsync(site, prices, chain, cancellation)));

        var tenant = new DemoTenant(federation, chain, sites, user);
        await using var truth = new CgroupTruth(federation.Datacenters);
        using var ledger = new DemoLedger(federation, chain);
        using var watch = new DemoWatch(tenant, chain, truth, clock);
        await OpenAllAsync(tenant, ledger, watch, cancellation);
        await RunUntilClosedAsync(tenant, watch, federation, cancellation);
        Say("All leases are closed; what was claimed last matures, and is collected when their namespaces are gone");
        await new Readiness(clock).UntilAsync("the last claims", TimeSpan.FromMinutes(1), token => watch.FindUnpaidAsync(leases, token), cancellation);

        var rows = new List<LeaseRow>();
        foreach (var lease in leases) rows.Add(await ledger.RowAsync(lease, await watch.TruthOfAsync(lease), cancellation));
        return await ledger.ReportAsync(rows, refusals, Figures(federation), cancellation);
    }

    private static async Task StartAsync(DemoDatacenter site, DemoPrices prices, DemoChain chain, CancellationToken cancellation)
    {
        await chain.RegisterAsync(prices, site.Endpoint, site.KeyFolder, cancellation);
        await site.InstallAsync(chain, cancellation);
        site.StartOperator(chain);
        await site.WaitUntilReadyAsync(cancellation);
        await site.WaitUntilIsolatedAsync(cancellation);
    }

    private async Task OpenAllAsync(DemoTenant tenant, DemoLedger ledger, DemoWatch watch, CancellationToken cancellation)
    {
        foreach (var story in DemoStory.All)
        {
            var (request, quotes) = await tenant.AskAsync(story, cancellation);
            foreach (var quote in quotes.Where(q => q.Offer is null)) Say($"{story.Name}: {quote.Datacenter.Name} refuses: {quote.Reason}: {quote.Message}");
            if (quotes[0].Offer is null)
            {
                if (story.EndsBy != DemoEnd.NeverStarts) throw new HarnessException($"no datacenter takes '{story.Name}'");
                refusals.AddRange(quotes.Select(q => $"{q.Datacenter.Name}: {q.Reason}: {q.Message}"));
                continue;
            }

            if (story.EndsBy == DemoEnd.NeverStarts) throw new HarnessException($"{quotes[0].Datacenter.Name} offers a GPU that nobody has");
            var lease = await tenant.MatchAsync(story, request, quotes[0], cancellation);
            await ledger.WaitForConfirmationAsync(lease, cancellation);
            leases.Add(lease);
            Say($"{story.Name}: lease {lease.Short} at {lease.Datacenter.Name}, block {lease.MatchedBlock}");
            await tenant.DeliverAsync(lease, cancellation);
            await watch.WaitForPodAsync(lease, cancellation);
        }
    }

    private async Task RunUntilClosedAsync(DemoTenant tenant, DemoWatch watch, LocalFederation federation, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LongestRun);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        var table = new DemoTable(console, started);
        try
        {
            while (await timer.WaitForNextTickAsync(limit.Token))
            {
                await watch.LookAsync(leases, limit.Token);
                foreach (var lease in leases) await EndAsync(lease, tenant, limit.Token);
                table.Show(leases);
                if (leases.All(l => l.Phase.StartsWith("Closed", StringComparison.Ordinal))) return;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HarnessException($"after {LongestRun.TotalMinutes:0} min these leases are not closed: {string.Join(", ", leases.Where(l => !l.Phase.StartsWith("Closed", StringComparison.Ordinal)).Select(l => $"{l.Story.Name} ({l.Phase} {l.Note})"))}; logs are in {federation.StateFolder}/log");
        }
    }

    private async Task EndAsync(DemoLease lease, DemoTenant tenant, CancellationToken cancellation)
    {
        if (lease.IsClosing || lease.Phase.StartsWith("Clos", StringComparison.Ordinal)) return;
        var othersAreOver = leases.Where(l => l != lease).All(l => l.Phase.StartsWith("Clos", StringComparison.Ordinal));
        var due = lease.Story.EndsBy switch
        {
            DemoEnd.TenantWhenComplete => lease.Phase == nameof(LeasePhase.Completed),
            DemoEnd.TenantEarly => lease.RunningSince is { } since && clock.GetUtcNow() - since >= EarlyAfter,
            DemoEnd.TenantAtTheEnd => lease.Phase == nameof(LeasePhase.Running) && othersAreOver,
            _ => false,
        };
        if (lease.Story.EndsBy == DemoEnd.TenantAtTheEnd && lease.Page is null && lease.Phase == nameof(LeasePhase.Running))
        {
            lease.Page = await tenant.FetchServiceAsync(lease, cancellation);
            Say($"{lease.Story.Name}: fetched {lease.Page.Length} bytes over HTTP: {lease.Page.ReplaceLineEndings(" ").Trim()}");
        }

        if (!due) return;
        await tenant.CloseAsync(lease, cancellation);
        lease.IsClosing = true;
        Say($"{lease.Story.Name}: the tenant closes its lease");
    }

    private Dictionary<string, double> Figures(LocalFederation federation)
    {
        var figures = new Dictionary<string, double> { ["demoSeconds"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds) };
        foreach (var (name, value) in DemoFigures.Of(federation, leases)) figures[name] = value;
        return figures;
    }

    private void Say(string text) => console.MarkupLineInterpolated($"[grey]{Stopwatch.GetElapsedTime(started).TotalSeconds,5:0} s[/] {text}");
}
