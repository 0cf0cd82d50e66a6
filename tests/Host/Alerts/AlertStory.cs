using System.Collections.Concurrent;
using Federation.Chain.Tests.Support;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// Some alerts of the chart in a live Prometheus that scrapes the operator itself, in a world of their own: the cause of each comes about
/// and stands until the alert is seen firing with the runbook that it leads to, and that page has found the cause; then what the page says is done, and it is seen
/// to be over, in the alerts and by what the page says of that.
/// </summary>
/// <param name="alerts">Those of this story.</param>
public abstract class AlertStory(ITestOutputHelper output, IReadOnlyList<string> alerts)
{
    // Series that no story here has.
    private static readonly Dictionary<string, string> NotHere = new()
    {
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
    private readonly ConcurrentDictionary<string, LiveAlert> looked = [];
    private readonly List<Task> going = [];
    private readonly long begun = TimeProvider.System.GetTimestamp();

    private protected AlertWorld World { get; private set; } = null!;

    /// <summary>Which has the rules.</summary>
    private protected virtual LivePrometheus Prometheus => World.Prometheus;

    /// <summary>Of the operator that its alerts are about.</summary>
    private protected virtual string Space => AlertWorld.Space;

    /// <summary>Of the chart, that its rules are rendered with.</summary>
    private protected virtual string Values => "minimal";

    /// <summary>What that operator has said.</summary>
    private protected virtual string Said => World.Output;

    /// <summary>Where it says whether it is well.</summary>
    private protected virtual int Port => World.OwnPort;

    /// <summary>Its chain's.</summary>
    private protected virtual Uri Node => World.Node.Url;

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
        if (looked.TryAdd(name, alert)) await LookAsync(alert);
    }));

    private protected Task GoAsync(params string[] names) => Task.WhenAll(names.Select(async name =>
    {
        await Task.WhenAll(Prometheus.GoesAsync(name), IsOverAsync(looked[name]));
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

    // Whom the alert has called looks where its page says, and sees that it is not over.
    private async Task LookAsync(LiveAlert alert)
    {
        var (page, reader) = (Runbook.Read(alert.Name), await ReaderAsync(alert));
        var said = await reader.FindAsync(alert, page.See, Causes.Of[alert.Name]);
        Say($"{alert.Name}, its page finds: {Causes.In(alert.Name, said)}");
        if (Runbook.Lasting.Contains(alert.Name)) return;
        var over = await reader.LookAsync(alert, page.Over);
        Assert.False(over.All(f => f.IsFound), $"{alert.Name} fires, and by its page it is over: {string.Join('\n', over)}");
    }

    private async Task IsOverAsync(LiveAlert alert)
    {
        if (Runbook.Lasting.Contains(alert.Name)) return;
        await (await ReaderAsync(alert)).FindAsync(alert, Runbook.Read(alert.Name).Over, "", looks: 420);
    }

    private async Task<RunbookReader> ReaderAsync(LiveAlert alert)
    {
        var rule = (await ShortenedRules.RenderAsync(Values))["rules"]!.AsArray().Single(r => (string)r!["alert"]! == alert.Name)!;
        var shell = new RunbookShell(new Dictionary<string, string>
        {
            ["KUBECONFIG"] = World.Server.KubeConfigPath, ["KUBECACHEDIR"] = Path.Combine(Path.GetDirectoryName(World.Server.KubeConfigPath)!, "kubectl-cache"),
            ["NODE"] = $"{Node}", ["OPERATOR"] = $"{World.Key}",
            ["PATH"] = $"{Path.GetDirectoryName(Programs.Kubectl)}:{Path.GetDirectoryName(Repository.Tool("cast"))}:{Environment.GetEnvironmentVariable("PATH")}",
        });
        return new RunbookReader(Prometheus, shell, ShortenedRules.FactorOf((string)rule["expr"]!), Port, () => Said);
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
