using Federation.Chain.Tests.Support;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// Each alert of the chart in a live Prometheus that scrapes the operator itself: its cause comes about, it is seen firing with the
/// runbook that it leads to, what the runbook says is done, and it is seen to be over.
/// </summary>
public sealed class AlertStoryTests(ITestOutputHelper output)
{
    // What no cause on one machine brings about, and why. Its rule is tried on a page that says it.
    private static readonly Dictionary<string, string> OnAPage = new()
    {
        ["FederationMetricsDropped"] = "it says that the operator itself is at fault: none of its instruments has a label without a bound, so nothing that happens brings it about",
    };

    // Series of programs that do not run here.
    private static readonly Dictionary<string, string> NotHere = new()
    {
        ["kube_"] = "kube-state-metrics tells it",
        ["DCGM_"] = "the DCGM exporter of a node with GPUs tells it",
        ["container=\"operator\""] = "a kubelet tells it of the operator's own pod, and here it is a process",
        ["federation_bids_total"] = "somebody has to post a Request, which no alert is about",
    };

    private readonly HashSet<string> seen = [];
    private readonly List<Task> going = [];
    private readonly long begun = TimeProvider.System.GetTimestamp();
    private AlertWorld world = null!;

    private LivePrometheus Prometheus => world.Prometheus;

    [Fact]
    [Trait("Target", "alerts")]
    public async Task EachAlert_FiresByItsCause_AndIsOver_OnceItsRunbookWasFollowed()
    {
        world = await AlertWorld.StartAsync();
        try
        {
            await TellAsync();
            foreach (var (name, reason) in OnAPage) output.WriteLine($"On a page alone: {name}: {reason}.");
            Assert.Equal((await Prometheus.RulesAsync()).Select(r => r.Name).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
            Assert.All(await Prometheus.RulesAsync(), r => Assert.Equal("ok", r.Health));
            await LookAtDashboardsAsync();
        }
        catch (Exception)
        {
            output.WriteLine(await world.PageAsync());
            output.WriteLine(world.Output);
            throw;
        }
        finally
        {
            await world.DisposeAsync();
        }
    }

    private async Task TellAsync()
    {
        var program = world.Programs.Single();
        await IsWellAsync();
        await SamplesAsync();
        await EvidenceAsync();
        await OperatorAsync(program);
        await ReorgsAsync();
        await SurroundingsAsync();
        await KeyAsync();
        await NodeAsync();
        await SecondInstallationAsync();
        await Task.WhenAll(going);
        Say("all are over");
    }

    // A datacenter where nothing is wrong has no alert, once what came with its start is forgotten.
    private async Task IsWellAsync()
    {
        await Eventually.TrueAsync(async () => await world.QuoteAsync() is { Offer: not null }, 120, "a quote is given");
        foreach (var (name, _) in await Prometheus.RulesAsync()) await Prometheus.GoesAsync(name);
        Say("all is well");
    }

    // Kubelets that are down; a tenant whose page is scraped into the same store and says of pods what cannot be; a certificate of five days.
    private async Task SamplesAsync()
    {
        (world.Played.IsKubeletUp, world.Played.IsTenantWriting, world.Played.IsDropping) = (false, true, true);
        world.Pair.Write(endsIn: 5).Dispose();
        await FireAsync("FederationMetricsDropped", "FederationSamplesDiscarded", "FederationGatewayCertificateEnds", "FederationCoverageLow");
        (world.Played.IsKubeletUp, world.Played.IsDropping) = (true, false);
        world.Pair.Write().Dispose();
        Go("FederationMetricsDropped", "FederationGatewayCertificateEnds", "FederationCoverageLow");
    }

    private async Task EvidenceAsync()
    {
        world.TakeEvidence();
        await FireAsync("FederationEvidenceNotKept", "FederationEvidenceOwed");
        world.GiveEvidence();
        await GoAsync("FederationEvidenceNotKept", "FederationEvidenceOwed");
    }

    // It is killed when it alone has evidence; its node does not answer when it is started again. That it is told by now which job is the
    // kubelets' ends what tenants write.
    private async Task OperatorAsync(OperatorProcess program)
    {
        world.TakeEvidence();
        await Prometheus.HasAsync("federation_evidence_owed_windows > 0");
        program.Signal("KILL");
        await FireAsync("FederationOperatorAbsent", "FederationEvidenceLost");
        world.GiveEvidence();
        world.Node.Fault = NodeFault.Refuses;
        world.Operate(("Prometheus:Matchers:job", "kubelet"));
        Go("FederationSamplesDiscarded");
        // Another process is in its place and owes nothing; what the one before had is lost all the same.
        await Prometheus.HasAsync("federation_evidence_owed_windows == 0");
        await WaitAsync(2);
        await FireAsync("FederationEvidenceLost");
        Go("FederationEvidenceLost");
        await FireAsync("FederationNoLeader");
        world.Node.Fault = NodeFault.None;
        await GoAsync("FederationNoLeader", "FederationOperatorAbsent");
    }

    private async Task ReorgsAsync()
    {
        // Once there is something to take away.
        await Prometheus.HasAsync("increase(federation_transactions_total{outcome=\"mined\"}[8s]) > 6");
        var fires = FireAsync("FederationReorgs");
        while (!fires.IsCompleted)
        {
            await world.ReorgAsync(6);
            await Task.WhenAny(fires, WaitAsync(15));
        }

        await fires;
        Go("FederationReorgs");
        // What waits behind a nonce that was taken away, in a pool that does not take it back, is given up first.
        await Prometheus.HasAsync("increase(federation_intents_total{kind=\"settle\",outcome=\"done\"}[4s]) > 0");
    }

    // A Prometheus that does not answer, a node that lies, a network between API server and webhook that is slow.
    private async Task SurroundingsAsync()
    {
        (world.Played.IsStoreUp, world.Node.Fault, world.Webhook.IsSlow) = (false, NodeFault.Lies, true);
        var fires = FireAsync("FederationLogsQuarantined", "FederationMeteringFails", "FederationAdmissionFails");
        while (!fires.IsCompleted) await Task.WhenAny(fires, Task.WhenAll(Enumerable.Range(0, 6).Select(_ => world.TryDatacenterAsync())));
        await fires;
        (world.Played.IsStoreUp, world.Node.Fault, world.Webhook.IsSlow) = (true, NodeFault.None, false);
        Go("FederationLogsQuarantined", "FederationMeteringFails", "FederationAdmissionFails");
    }

    // A key without ether; another program that sends with it.
    private async Task KeyAsync()
    {
        await Eventually.TrueAsync(async () => await world.QuoteAsync() is { Offer: not null }, 120, "a quote is given");
        await world.SetBalanceAsync(1);
        var (fires, reasons) = (FireAsync("FederationWalletLow", "FederationAllQuotesRefused", "FederationIntentsFail"), new HashSet<string>());
        while (!fires.IsCompleted)
        {
            reasons.Add((await world.QuoteAsync())?.Reason ?? "");
            await Task.WhenAny(fires, WaitAsync(0.5));
        }

        await fires;
        Assert.Contains("WalletEmpty", reasons);
        await world.SetBalanceAsync(System.Numerics.BigInteger.Pow(10, 21));
        await Eventually.TrueAsync(async () => await world.QuoteAsync() is { Offer: not null }, 120, "a quote is given again");
        await GoAsync("FederationWalletLow", "FederationAllQuotesRefused", "FederationIntentsFail");
        world.Node.Sends = world.SendBesideAsync;
        await FireAsync("FederationTransactionsFail");
        world.Node.Sends = null;
        Go("FederationTransactionsFail");
    }

    // A node that forgets transactions, a chain that stands still, a node that does not answer.
    private async Task NodeAsync()
    {
        world.Node.Fault = NodeFault.Forgets;
        await FireAsync("FederationTransactionsWait");
        world.Node.Fault = NodeFault.None;
        Go("FederationTransactionsWait");
        world.IsMining = false;
        await FireAsync("FederationChainStandsStill");
        world.IsMining = true;
        await GoAsync("FederationChainStandsStill");
        world.Node.Fault = NodeFault.Refuses;
        await FireAsync("FederationChainReadsFail");
        world.Node.Fault = NodeFault.None;
        Go("FederationChainReadsFail");
    }

    private async Task SecondInstallationAsync()
    {
        var second = world.OperateElsewhere();
        await second.SaysAsync("Leading, term", TestContext.Current.CancellationToken);
        await FireAsync("FederationTwoLeaders");
        second.Terminate();
        await second.EndAsync(TestContext.Current.CancellationToken);
        Go("FederationTwoLeaders");
    }

    // Each panel has had something to show, or says here why not on this machine.
    private async Task LookAtDashboardsAsync()
    {
        var empty = new List<string>();
        foreach (var query in await Chart.QueriesAsync())
        {
            // What Grafana makes of a panel whose points are a quarter of a minute apart.
            var expression = query.Expression.Replace("$__rate_interval", "15s", StringComparison.Ordinal).Replace("$__interval", "1s", StringComparison.Ordinal).Replace("$__range", "1h", StringComparison.Ordinal);
            if (await Prometheus.EverAsync(expression) > 0) continue;
            output.WriteLine($"Nothing to show: {query.Board}, {query.Panel}: {NotHere.FirstOrDefault(n => expression.Contains(n.Key, StringComparison.Ordinal)).Value ?? "?"}");
            if (!NotHere.Keys.Any(n => expression.Contains(n, StringComparison.Ordinal))) empty.Add($"{query.Board}, {query.Panel}: {expression}");
        }

        Assert.Empty(empty);
    }

    private Task FireAsync(params string[] alerts) => Task.WhenAll(alerts.Select(async name =>
    {
        var alert = await Prometheus.FiresAsync(name);
        Say($"{name} fires: {alert.Annotations["description"]}");
        seen.Add(name);
        Assert.Contains(alert.Labels["severity"], new[] { "warning", "critical" });
        Assert.NotEmpty(alert.Annotations["summary"]);
        // What a template could not fill in stands there as it is, or as nothing.
        Assert.DoesNotContain("{{", alert.Annotations["description"], StringComparison.Ordinal);
        Assert.DoesNotContain("<no value>", alert.Annotations["description"], StringComparison.Ordinal);
        if (name != "FederationOperatorAbsent") Assert.Equal(AlertWorld.Space, alert.Labels["namespace"]);
        Assert.Equal($"{Chart.Runbooks}{name}.md", alert.Annotations["runbook_url"]);
        Assert.StartsWith($"# {name}\n", await File.ReadAllTextAsync(Path.Combine(Repository.Root, alert.Annotations["runbook_url"])), StringComparison.Ordinal);
    }));

    private Task GoAsync(params string[] alerts) => Task.WhenAll(alerts.Select(async name =>
    {
        await Prometheus.GoesAsync(name);
        Say($"{name} is over");
    }));

    // Its time is waited for beside what comes next.
    private void Go(params string[] alerts) => going.Add(GoAsync(alerts));

    private void Say(string what) => output.WriteLine($"{TimeProvider.System.GetElapsedTime(begun).TotalSeconds,6:0.0} s  {what}");

    private static Task WaitAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
}
