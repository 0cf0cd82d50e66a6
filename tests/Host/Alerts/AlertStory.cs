using Federation.Chain.Tests.Support;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// Some alerts of the chart in a live Prometheus that scrapes the operator itself, in a world of their own: the cause of each comes about
/// and stands until the alert is seen firing with the runbook that it leads to; then what the runbook says is done, and it is seen to be over.
/// </summary>
/// <param name="alerts">Those of this story.</param>
public abstract class AlertStory(ITestOutputHelper output, IReadOnlyList<string> alerts)
{
    // Series that no story here has: of programs that do not run here.
    private static readonly Dictionary<string, string> NotHere = new()
    {
        ["kube_"] = "kube-state-metrics tells it",
        ["DCGM_"] = "the DCGM exporter of a node with GPUs tells it",
        ["class!~\"cpu|memory|storage\""] = "the one node has no devices",
        ["container=\"operator\""] = "a kubelet tells it of the operator's own pod, and here it is a process",
        ["federation_bids_total"] = "somebody has to post a Request, which no alert is about",
    };

    // Series that are there only once something happened, and the story in which it does.
    private static readonly Dictionary<string, string> OnlyIn = new()
    {
        ["federation_chain_errors_total"] = nameof(NodeStoryTests),
        ["federation_chain_quarantined_logs_total"] = nameof(NodeStoryTests),
        ["federation_usage_findings_total"] = nameof(MeteringStoryTests),
    };

    private readonly HashSet<string> seen = [];
    private readonly List<Task> going = [];
    private readonly long begun = TimeProvider.System.GetTimestamp();

    private protected AlertWorld World { get; private set; } = null!;

    /// <summary>Which has the rules.</summary>
    private protected virtual LivePrometheus Prometheus => World.Prometheus;

    /// <summary>Of the operator that its alerts are about.</summary>
    private protected virtual string Space => AlertWorld.Space;

    private protected async Task TellAsync(Func<Task> story, params (string Name, string Value)[] settings)
    {
        World = await AlertWorld.StartAsync(settings);
        try
        {
            await OpenAsync();
            await IsWellAsync();
            await story();
            await Task.WhenAll(going);
            Say("all are over");
            Assert.Equal(alerts.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
            Assert.All(await Prometheus.RulesAsync(), r => Assert.Equal("ok", r.Health));
            await LookAtDashboardsAsync();
        }
        catch (Exception)
        {
            output.WriteLine(await World.PageAsync());
            output.WriteLine(World.Output);
            throw;
        }
        finally
        {
            await CloseAsync();
            await World.DisposeAsync();
        }
    }

    /// <summary>What a story needs beside its world.</summary>
    private protected virtual Task OpenAsync() => Task.CompletedTask;

    private protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    /// <summary>Of the dashboards that go with its alerts.</summary>
    private protected virtual Task<IReadOnlyList<PanelQuery>> QueriesAsync() => Chart.QueriesAsync("full");

    private protected Task FireAsync(params string[] names) => Task.WhenAll(names.Select(async name =>
    {
        var alert = await Prometheus.FiresAsync(name);
        Say($"{name} fires: {alert.Annotations["description"]}");
        seen.Add(name);
        Assert.Contains(alert.Labels["severity"], new[] { "warning", "critical" });
        Assert.NotEmpty(alert.Annotations["summary"]);
        // What a template could not fill in stands there as it is, or as nothing.
        Assert.DoesNotContain("{{", alert.Annotations["description"], StringComparison.Ordinal);
        Assert.DoesNotContain("<no value>", alert.Annotations["description"], StringComparison.Ordinal);
        if (!name.EndsWith("Absent", StringComparison.Ordinal)) Assert.Equal(Space, alert.Labels["namespace"]);
        Assert.Equal($"{Chart.Runbooks}{name}.md", alert.Annotations["runbook_url"]);
        Assert.StartsWith($"# {name}\n", await File.ReadAllTextAsync(Path.Combine(Repository.Root, alert.Annotations["runbook_url"])), StringComparison.Ordinal);
    }));

    private protected Task GoAsync(params string[] names) => Task.WhenAll(names.Select(async name =>
    {
        await Prometheus.GoesAsync(name);
        Say($"{name} is over");
    }));

    /// <summary>Its time is waited for beside what comes next.</summary>
    private protected void Go(params string[] names) => going.Add(GoAsync(names));

    /// <summary>Does it again and again for as long as something is waited for.</summary>
    private protected static async Task WhileAsync(Task waited, Func<Task> again)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (!waited.IsCompleted)
        {
            await again();
            await Task.WhenAny(waited, timer.WaitForNextTickAsync().AsTask());
        }

        await waited;
    }

    private protected void Write(string text) => output.WriteLine(text);

    private protected Task IsQuotedAsync() => Eventually.TrueAsync(async () => await World.QuoteAsync() is { Offer: not null }, 120, "a quote is given");

    /// <summary>What the leases owe is settled again and again: nothing that failed before is still waited for.</summary>
    private protected Task SettlesAsync() => World.Prometheus.HasAsync("sum(increase(federation_intents_total{kind=\"settle\",outcome=\"done\"}[20s])) >= 8");

    private protected void Say(string what) => output.WriteLine($"{TimeProvider.System.GetElapsedTime(begun).TotalSeconds,6:0.0} s  {what}");

    // A datacenter where nothing is wrong has no alert, once what came with its start is forgotten.
    private async Task IsWellAsync()
    {
        await IsQuotedAsync();
        await SettlesAsync();
        foreach (var name in alerts) await Prometheus.GoesAsync(name);
        Say("all is well");
    }

    // Each panel has had something to show, or it is said why not in this story.
    private async Task LookAtDashboardsAsync()
    {
        var empty = new List<string>();
        foreach (var query in await QueriesAsync())
        {
            // What Grafana makes of a panel whose points are a quarter of a minute apart.
            var expression = query.Expression.Replace("$__rate_interval", "15s", StringComparison.Ordinal).Replace("$__interval", "1s", StringComparison.Ordinal).Replace("$__range", "1h", StringComparison.Ordinal);
            if (await Prometheus.EverAsync(expression) > 0) continue;
            var reason = NotHere.FirstOrDefault(n => expression.Contains(n.Key, StringComparison.Ordinal)).Value;
            var story = OnlyIn.FirstOrDefault(o => expression.Contains(o.Key, StringComparison.Ordinal)).Value;
            output.WriteLine($"Nothing to show: {query.Board}, {query.Panel}: {reason ?? story ?? "?"}");
            if (reason is null && (story is null || story == GetType().Name)) empty.Add($"{query.Board}, {query.Panel}: {expression}");
        }

        Assert.Empty(empty);
    }
}
