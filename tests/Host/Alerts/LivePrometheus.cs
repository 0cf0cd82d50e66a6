using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>An alert as Prometheus shows it.</summary>
internal sealed record LiveAlert(string Name, bool IsFiring, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations);

/// <summary>A real Prometheus that scrapes each second and has rules.</summary>
internal sealed class LivePrometheus : IDisposable
{
    /// <summary>Between two scrapes of the operator; one that takes longer has failed.</summary>
    public static readonly TimeSpan Scrape = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MostOfALook = TimeSpan.FromMilliseconds(350);

    private readonly DirectoryInfo folder;
    private readonly Daemon daemon;
    private readonly HttpClient http;
    private readonly DateTimeOffset started = TimeProvider.System.GetUtcNow();

    private LivePrometheus(DirectoryInfo folder, Uri url)
    {
        (this.folder, Url) = (folder, url);
        http = new HttpClient { BaseAddress = url };
        daemon = new Daemon(Programs.Prometheus, Path.Combine(folder.FullName, "prometheus.log"),
            [$"--config.file={folder.FullName}/prometheus.yml", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address={url.Authority}"]);
    }

    public Uri Url { get; }

    /// <param name="jobs">Of its configuration, as YAML: the entries of <c>scrape_configs</c>.</param>
    public static async Task<LivePrometheus> StartAsync(string rules, string jobs)
    {
        var folder = Directory.CreateTempSubdirectory("federation-alerts-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "rules.yml"), rules);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "prometheus.yml"), $$"""
            global: {scrape_interval: {{Scrape.TotalSeconds}}s, scrape_timeout: {{Scrape.TotalSeconds}}s, evaluation_interval: 500ms}
            rule_files: [rules.yml]
            scrape_configs:
            {{jobs}}
            """);
        var started = new LivePrometheus(folder, new Uri($"http://127.0.0.1:{Ports.Free(1)[0]}"));
        try
        {
            await Eventually.TrueAsync(started.IsReadyAsync, 120, "Prometheus is ready");
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        http.Dispose();
        daemon.Dispose();
        folder.Delete(recursive: true);
    }

    public async Task<IReadOnlyList<LiveAlert>> AlertsAsync() =>
    [
        .. from alert in (await GetAsync("api/v1/alerts"))["alerts"]!.AsArray()
           let labels = Texts(alert!["labels"]!)
           select new LiveAlert(labels["alertname"], (string)alert["state"]! == "firing", labels, Texts(alert["annotations"]!)),
    ];

    /// <summary>Waits until the alert fires; says what else did, and why, when it does not.</summary>
    public async Task<LiveAlert> FiresAsync(string name, int seconds = 150)
    {
        LiveAlert? found = null;
        await UntilAsync(async () => (found = (await AlertsAsync()).FirstOrDefault(a => a.Name == name && a.IsFiring)) is not null, seconds, $"{name} fires");
        return found!;
    }

    /// <summary>Waits until the alert is neither firing nor about to.</summary>
    public Task GoesAsync(string name, int seconds = 210) => UntilAsync(async () => (await AlertsAsync()).All(a => a.Name != name), seconds, $"{name} is over");

    /// <summary>Waits until a query has a result.</summary>
    public Task HasAsync(string query, int seconds = 150) => UntilAsync(async () => await CountAsync(query) > 0, seconds, $"there is {query}");

    /// <summary>How many series a query has now.</summary>
    public async Task<int> CountAsync(string query) => (await GetAsync($"api/v1/query?query={Uri.EscapeDataString(query)}"))["result"]!.AsArray().Count;

    /// <summary>What a query says now, a series a line; what is no number is no answer.</summary>
    public async Task<IReadOnlyList<string>> ShowAsync(string query) =>
    [
        .. from series in (await GetAsync($"api/v1/query?query={Uri.EscapeDataString(query)}"))["result"]!.AsArray()
           let value = (string)series!["value"]![1]!
           where value != "NaN"
           select $"{Named(Texts(series["metric"]!))} {value}",
    ];

    /// <summary>How many series a query had at any time since the start.</summary>
    public async Task<int> EverAsync(string query)
    {
        var (from, to) = (Seconds(started), Seconds(TimeProvider.System.GetUtcNow()));
        return (await GetAsync($"api/v1/query_range?query={Uri.EscapeDataString(query)}&start={from}&end={to}&step=1"))["result"]!.AsArray().Count;
    }

    /// <summary>Where each alert of the rules stands, with the error of one that cannot be evaluated.</summary>
    public async Task<IReadOnlyList<(string Name, string Health)>> RulesAsync() =>
        [.. (await GetAsync("api/v1/rules"))["groups"]!.AsArray().SelectMany(g => g!["rules"]!.AsArray()).Select(r => ((string)r!["name"]!, (string)r["health"]! + (string?)r["lastError"]))];

    /// <summary>Waits until the rules have been evaluated on what there is now.</summary>
    public async Task EvaluatesAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        await UntilAsync(
            async () => (await GetAsync("api/v1/rules"))["groups"]!.AsArray().All(g => DateTimeOffset.Parse((string)g!["lastEvaluation"]!, CultureInfo.InvariantCulture) > now),
            150, "the rules are evaluated");
    }

    private async Task UntilAsync(Func<Task<bool>> condition, int seconds, string what)
    {
        // On a machine that has no time for a look it has none for what is looked for: of what a look takes only so much counts.
        var (spent, last) = (TimeSpan.Zero, TimeProvider.System.GetTimestamp());
        while (!await condition())
        {
            var took = TimeProvider.System.GetElapsedTime(last);
            (spent, last) = (spent + (took < MostOfALook ? took : MostOfALook), TimeProvider.System.GetTimestamp());
            if (spent > TimeSpan.FromSeconds(seconds))
                Assert.Fail($"Not within {seconds} s: {what}. There are: {string.Join(", ", (await AlertsAsync()).Select(a => $"{a.Name} ({(a.IsFiring ? "firing" : "pending")})"))}.");
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        Assert.False(daemon.HasExited, daemon.HasExited ? File.ReadAllText(daemon.Log) : "");
        try
        {
            using var answer = await http.GetAsync(new Uri("-/ready", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<JsonNode> GetAsync(string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{Uri.UnescapeDataString(path)}: {text}");
        return JsonNode.Parse(text)!["data"]!;
    }

    private static string Named(Dictionary<string, string> labels) =>
        $"{labels.GetValueOrDefault("__name__")}{{{string.Join(',', labels.Where(l => l.Key != "__name__").Select(l => $"{l.Key}=\"{l.Value}\""))}}}";

    private static Dictionary<string, string> Texts(JsonNode map) => map.AsObject().ToDictionary(p => p.Key, p => (string)p.Value!);

    private static string Seconds(DateTimeOffset at) => (at.ToUnixTimeMilliseconds() / 1000.0).ToString(CultureInfo.InvariantCulture);
}
