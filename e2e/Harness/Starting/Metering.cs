using System.Text.Json.Nodes;
using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>Prometheus of one datacenter, scraping its kubelet as often as asked, with the kubelet's own timestamps.</summary>
internal sealed class Metering(Site site, Readiness readiness, HttpClient http)
{
    internal async Task StartAsync(ApiServer api, CancellationToken ct)
    {
        await GrantAsync(api, ct);
        await File.WriteAllTextAsync(site.PathOf("prometheus.yaml"), Config(), ct);
        var process = site.Start("prometheus", "prometheus",
            $"--config.file={site.PathOf("prometheus.yaml")}", $"--storage.tsdb.path={site.PathOf("prometheus")}",
            "--storage.tsdb.retention.time=6h", "--storage.tsdb.retention.size=256MB", "--web.listen-address=0.0.0.0:9090",
            "--web.enable-admin-api", "--log.level=warn");
        await readiness.UntilAsync($"{site.Name}: Prometheus", TimeSpan.FromSeconds(120), ScrapesAsync, ct, process, site.LogOf("prometheus"));
    }

    /// <summary>Null when both pages of the kubelet are being scraped.</summary>
    private async Task<string?> ScrapesAsync(CancellationToken ct)
    {
        var answer = JsonNode.Parse(await http.GetStringAsync($"http://{site.Address}:9090/api/v1/query?query=up", ct));
        var result = answer!["data"]!["result"]!.AsArray();
        var up = result.Count(series => (string?)series!["value"]![1] == "1");
        return up == 2 ? null : $"{up} of 2 targets are up";
    }

    private static async Task GrantAsync(ApiServer api, CancellationToken ct)
    {
        const string Rbac = "/apis/rbac.authorization.k8s.io/v1";
        await api.PostAsync($"{Rbac}/clusterroles", JsonNode.Parse("""
            {"metadata": {"name": "federation:metering"}, "rules": [{"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]}]}
            """)!, ct);
        await api.PostAsync($"{Rbac}/clusterrolebindings", JsonNode.Parse("""
            {"metadata": {"name": "federation:metering"},
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "federation:metering"},
             "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "prometheus"}]}
            """)!, ct);
    }

    private string Scrape => $"{site.ScrapeInterval.TotalMilliseconds}ms";

    private string Config() => $$"""
        global: {scrape_interval: {{Scrape}}, scrape_timeout: {{Scrape}}, external_labels: {datacenter: {{site.Name}} } }
        scrape_configs:
        {{Job("cadvisor")}}
        {{Job("resource")}}
        - job_name: operators
          file_sd_configs: [{files: ["{{site.PathOf("operators.json")}}"], refresh_interval: 1s}]

        """;

    // The kubelet's certificate is self-signed, and its page is read on the node itself.
    // Dropped: families with many series per container that no meter reads.
    private string Job(string page) => $$"""
        - job_name: {{page}}
          metrics_path: /metrics/{{page}}
          scheme: https
          honor_timestamps: true
          authorization: {credentials_file: "{{site.Credentials.PathOf("prometheus.token")}}"}
          tls_config: {insecure_skip_verify: true}
          static_configs: [{targets: ["{{site.Address}}:10250"], labels: {node: {{site.NodeName}} } }]
          metric_relabel_configs:
          - {source_labels: [__name__], action: drop, regex: "container_(tasks_state|memory_failures_total|fs_(reads|writes|io|sector|inodes).*|network_(tcp|udp).*|cpu_load.*|ulimits.*|blkio.*)"}
        """;
}
