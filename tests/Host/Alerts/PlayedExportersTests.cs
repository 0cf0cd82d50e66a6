namespace Federation.Host.Tests.Alerts;

/// <summary>What the panels of kube-state-metrics, of the DCGM exporter and of the kubelets make of those that are played, in a real Prometheus.</summary>
public sealed class PlayedExportersTests
{
    private static readonly string[] Exporters = ["kube_", "DCGM_", "container_"];

    [Fact]
    public async Task EachPanelOfOtherExporters_HasSomethingToShow()
    {
        await using var played = await PlayedTargets.StartAsync();
        played.Uids = new Dictionary<string, string> { ["lease-0123456789abcdef"] = "5b1c", ["lease-fedcba9876543210"] = "9d2e" };
        using var prometheus = await LivePrometheus.StartAsync("groups: []", AlertWorld.ExportersOf(played));
        var asked = (await Chart.QueriesAsync("full")).Where(q => Exporters.Any(e => q.Expression.Contains(e, StringComparison.Ordinal))).ToArray();
        Assert.True(asked.Length >= 12, $"{asked.Length} queries");
        foreach (var query in asked) await prometheus.HasAsync(query.Expression, 30);

        // One of the three is a lease's; the other two work for nobody, one of which says so by its utilisation alone.
        Assert.Equal("{resource=\"nvidia_com_gpu\"} 1", await SaysAsync("GPUs that leases hold"));
        Assert.Equal("{resource=\"nvidia_com_gpu\"} 3", await SaysAsync("GPUs that nodes have"));
        Assert.Equal("{Hostname=\"node-1\"} 2", await SaysAsync("Busy devices of no pod"));
        Assert.Equal(["{modelName=\"NVIDIA A100-SXM4-80GB\"} 0.625", "{modelName=\"Tesla P40\"} 0.25"], (await ShowAsync("How busy devices are")).Order(StringComparer.Ordinal));
        // A field that a device does not have is no error.
        Assert.Equal(1, await prometheus.CountAsync(Asked("Errors of devices (XID)")));
        Assert.Contains("{phase=\"Running\"} 2", await ShowAsync("Pods of leases, by phase"));

        Task<IReadOnlyList<string>> ShowAsync(string panel) => prometheus.ShowAsync(Asked(panel));

        async Task<string> SaysAsync(string panel) => Assert.Single(await ShowAsync(panel));

        string Asked(string panel) => asked.Single(q => q.Panel == panel).Expression;
    }
}
