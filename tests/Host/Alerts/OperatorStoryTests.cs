namespace Federation.Host.Tests.Alerts;

/// <summary>The operator itself: what only it has, whether it is there, and whether it is alone.</summary>
public sealed class OperatorStoryTests(ITestOutputHelper output) : AlertStory(output, Alerts)
{
    internal static readonly string[] Alerts =
        ["FederationEvidenceLost", "FederationEvidenceNotKept", "FederationEvidenceOwed", "FederationNoLeader", "FederationOperatorAbsent", "FederationSettingsRefused", "FederationTwoLeaders"];

    [Fact]
    [Trait("Target", "alerts")]
    public Task Evidence_AndLeader_AreToldOfByAlerts() => TellAsync(async () =>
    {
        // The administrator takes a limit for one of another, and mends it.
        World.TakeEvidence();
        World.Set("""{"Federation:Quotes:Total": "2"}""");
        await FireAsync("FederationEvidenceNotKept", "FederationEvidenceOwed", "FederationSettingsRefused");
        World.Set("{}");
        Go("FederationSettingsRefused");
        World.GiveEvidence();
        await GoAsync("FederationEvidenceNotKept", "FederationEvidenceOwed");

        // It is killed when it alone has evidence; its node does not answer when it is started again.
        World.TakeEvidence();
        await Prometheus.HasAsync("federation_evidence_owed_windows > 0");
        World.Programs.Single().Signal("KILL");
        await FireAsync("FederationOperatorAbsent", "FederationEvidenceLost");
        World.GiveEvidence();
        World.Node.Fault = NodeFault.Refuses;
        World.Operate(AlertWorld.Kubelets);
        // Another process is in its place and owes nothing; what the one before had is lost all the same.
        await Prometheus.HasAsync("federation_evidence_owed_windows == 0");
        await Prometheus.EvaluatesAsync();
        await FireAsync("FederationEvidenceLost");
        Go("FederationEvidenceLost");
        await FireAsync("FederationNoLeader");
        World.Node.Fault = NodeFault.None;
        await GoAsync("FederationNoLeader", "FederationOperatorAbsent");

        // A second installation with the same key.
        var second = World.OperateElsewhere();
        await FireAsync("FederationTwoLeaders");
        second.Terminate();
        await second.EndAsync(TestContext.Current.CancellationToken);
        Go("FederationTwoLeaders");
    });
}
