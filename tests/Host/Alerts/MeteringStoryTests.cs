namespace Federation.Host.Tests.Alerts;

/// <summary>What is measured: the kubelets, the store of their samples, who else writes there, and the nodes' spools.</summary>
public sealed class MeteringStoryTests(ITestOutputHelper output) : AlertStory(output, Alerts)
{
    internal static readonly string[] Alerts =
        ["FederationCoverageLow", "FederationGatewayCertificateEnds", "FederationMeteringFails", "FederationMetricsDropped", "FederationSamplesDiscarded", "FederationSpoolAway"];

    [Fact]
    [Trait("Target", "alerts")]
    public async Task Kubelets_Tenants_Store_AndSpools_AreToldOfByAlerts()
    {
        await using var spool = new StoppedSpool();
        await spool.StartAsync();
        await TellAsync(() => StoryAsync(spool), spool.Settings);
    }

    private async Task StoryAsync(StoppedSpool spool)
    {
        // Kubelets that are down; a tenant whose page is scraped into the same store and says of pods what cannot be; a certificate of five
        // days; and a page that says what no operator can be made to say: that one of its instruments has a label without a bound.
        (World.Played.IsKubeletUp, World.Played.IsTenantWriting, World.Played.IsDropping) = (false, true, true);
        await World.CertifyAsync(endsIn: 5);
        // And a node whose spool was stopped: the alerts of the kubelets fire all the same, for it has nothing of their pods.
        await spool.StopAsync();
        await FireAsync("FederationMetricsDropped", "FederationSamplesDiscarded", "FederationGatewayCertificateEnds", "FederationCoverageLow", "FederationSpoolAway");
        (World.Played.IsKubeletUp, World.Played.IsDropping) = (true, false);
        await World.CertifyAsync();
        await spool.StartAsync();
        await GoAsync("FederationSpoolAway");

        // That it is told by now which job is the kubelets' ends what tenants write.
        var first = World.Programs.Single();
        first.Terminate();
        await first.EndAsync(TestContext.Current.CancellationToken);
        await World.Operate(AlertWorld.Kubelets).SaysAsync("Leading, term", TestContext.Current.CancellationToken, 240);
        Go("FederationMetricsDropped", "FederationSamplesDiscarded", "FederationGatewayCertificateEnds", "FederationCoverageLow");

        World.Played.IsStoreUp = false;
        await FireAsync("FederationMeteringFails");
        World.Played.IsStoreUp = true;
        Go("FederationMeteringFails");
    }
}
