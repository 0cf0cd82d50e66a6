using System.Diagnostics;
using Federation.Domain.Leases;
using Federation.Ethereum.Signing;
using Federation.Harness.Images;
using Federation.Harness.Installing;
using Federation.Harness.Machine;
using Federation.Harness.Verbs;
using Spectre.Console;

namespace Federation.Harness.Demo;

/// <summary>The main job, from an empty machine to the sum of all money. Every step is what a member or a tenant would do.</summary>
internal sealed class DemoRun(string stateFolder, string artifacts, DemoOperators operators, IAnsiConsole console, TimeProvider clock)
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
        var image = operators == DemoOperators.Pods ? await MakeImageAsync(cancellation) : null;
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
        var sites = DemoPrices.All.Select(p => Describe(federation, p)).ToArray();
        await StartAllAsync(federation, sites, chain, image, cancellation);

        var tenant = new DemoTenant(federation, chain, sites, user);
        await using var truth = new CgroupTruth(federation.Datacenters);
        using var ledger = new DemoLedger(federation, chain);
        using var watch = new DemoWatch(tenant, chain, truth, clock);
        await OpenAllAsync(tenant, ledger, watch, cancellation);
        await RunUntilClosedAsync(tenant, watch, cancellation);
        Say("All leases are closed; what was claimed last matures, and is collected when their namespaces are gone");
        await new Readiness(clock).UntilAsync("the last claims", DemoDatacenter.Patience, token => watch.FindUnpaidAsync(leases, token), cancellation);

        var rows = new List<LeaseRow>();
        foreach (var lease in leases) rows.Add(await ledger.RowAsync(lease, await watch.TruthOfAsync(lease), cancellation));
        return await ledger.ReportAsync(rows, refusals, Figures(federation), cancellation);
    }

    private async Task<OperatorImage> MakeImageAsync(CancellationToken cancellation)
    {
        Say("Making the operator's image, one for all three, unless there is one of the same operator");
        var image = await OperatorImage.MakeAsync(OperatorImage.ChartVersion, cancellation);
        Say($"The image is {OperatorImage.Repository}:{image.Version}@{image.Digest}");
        return image;
    }

    private DemoDatacenter Describe(LocalFederation federation, DemoPrices prices) => operators == DemoOperators.Host
        ? new DemoDatacenter(federation, federation[prices.Datacenter], prices)
        : new DemoDatacenter(federation, federation[prices.Datacenter], prices, endpoint: OperatorRelease.EndpointOf(federation[prices.Datacenter])) { Account = OperatorRelease.Account };

    private async Task StartAllAsync(LocalFederation federation, IReadOnlyList<DemoDatacenter> sites, DemoChain chain, OperatorImage? image, CancellationToken cancellation)
    {
        Say($"Registering the datacenters with their stake and {(image is null ? "starting their operators as processes of this machine" : "installing their operators by helm")}");
        var chart = image is null ? "" : await Helm.PackAsync(federation, cancellation);
        await Task.WhenAll(sites.Zip(DemoPrices.All, async (site, prices) =>
        {
            await chain.RegisterAsync(prices, site.Endpoint, site.KeyFolder, cancellation);
            if (image is null) await StartProcessAsync(site, chain, cancellation);
            else await StartPodsAsync(federation, site, chain, image, chart, cancellation);
            Say($"{site.Name}: its operator leads and tries out whether the network keeps tenants apart");
            await site.WaitUntilIsolatedAsync(cancellation);
            Say($"{site.Name}: sells");
        }));
    }

    private static async Task StartProcessAsync(DemoDatacenter site, DemoChain chain, CancellationToken cancellation)
    {
        await site.InstallAsync(chain, cancellation);
        site.StartOperator(chain);
        await site.WaitUntilReadyAsync(cancellation);
    }

    private async Task StartPodsAsync(LocalFederation federation, DemoDatacenter site, DemoChain chain, OperatorImage image, string chart, CancellationToken cancellation)
    {
        await Parts.ImportImageAsync(site.Site, image.Archive, cancellation);
        Say($"{site.Name}: the image is on its node; helm install --wait");
        var release = new OperatorRelease(federation, site, chart, cancellation);
        await release.InstallAsync(
            ChartValues.Of(federation, chain, site, $$"""{repository: {{OperatorImage.Repository}}, tag: "{{image.Version}}"}"""),
            ChartValues.OfThisMachine(federation, DemoDatacenter.Epoch, DemoDatacenter.SettleEvery, BusyboxImages.Web));
        release.FollowLogs();
        Say($"{site.Name}: the operator's pods are ready");
        await release.ApplyAsync(chain);
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

    private async Task RunUntilClosedAsync(DemoTenant tenant, DemoWatch watch, CancellationToken cancellation)
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
            throw new HarnessException($"after {LongestRun.TotalMinutes:0} min these leases are not closed: {string.Join(", ", leases.Where(l => !l.Phase.StartsWith("Closed", StringComparison.Ordinal)).Select(l => $"{l.Story.Name} ({l.Phase} {l.Note})"))}");
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
