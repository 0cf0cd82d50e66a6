namespace Federation.Host.Tests.Alerts;

/// <summary>What is measured: the kubelets, the store of their samples, and who else writes there.</summary>
public sealed class MeteringStoryTests(ITestOutputHelper output) : AlertStory(output, Alerts)
{
    internal static readonly string[] Alerts =
        ["FederationCoverageLow", "FederationGatewayCertificateEnds", "FederationMeteringFails", "FederationMetricsDropped", "FederationSamplesDiscarded"];

    [Fact]
    [Trait("Target", "alerts")]
    public Task Kubelets_Tenants_AndStore_AreToldOfByAlerts() => TellAsync(async () =>
    {
        // Kubelets that are down; a tenant whose page is scraped into the same store and says of pods what cannot be; a certificate of five
        // days; and a page that says what no operator can be made to say: that one of its instruments has a label without a bound.
        (World.Played.IsKubeletUp, World.Played.IsTenantWriting, World.Played.IsDropping) = (false, true, true);
        await World.CertifyAsync(endsIn: 5);
        await FireAsync("FederationMetricsDropped", "FederationSamplesDiscarded", "FederationGatewayCertificateEnds", "FederationCoverageLow");
        (World.Played.IsKubeletUp, World.Played.IsDropping) = (true, false);
        await World.CertifyAsync();

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
    });
}
