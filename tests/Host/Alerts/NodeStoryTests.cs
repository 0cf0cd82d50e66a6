namespace Federation.Host.Tests.Alerts;

/// <summary>What the operator asks and who asks it: a node that lies, rests or is away, and an API server that is far.</summary>
public sealed class NodeStoryTests(ITestOutputHelper output) : AlertStory(output, Alerts)
{
    internal static readonly string[] Alerts = ["FederationAdmissionFails", "FederationChainReadsFail", "FederationChainStandsStill", "FederationLogsQuarantined"];

    [Fact]
    [Trait("Target", "alerts")]
    public Task Node_AndWebhook_AreToldOfByAlerts() => TellAsync(async () =>
    {
        // A node that lies; a network between API server and webhook that is slow.
        (World.Node.Fault, World.Webhook.IsSlow) = (NodeFault.Lies, true);
        await WhileAsync(FireAsync("FederationLogsQuarantined", "FederationAdmissionFails"), () => Task.WhenAll(Enumerable.Range(0, 6).Select(_ => World.TryDatacenterAsync())));
        (World.Node.Fault, World.Webhook.IsSlow) = (NodeFault.None, false);
        Go("FederationLogsQuarantined", "FederationAdmissionFails");

        // A chain that stands still.
        World.IsMining = false;
        await FireAsync("FederationChainStandsStill");
        World.IsMining = true;
        await GoAsync("FederationChainStandsStill");

        // A node that does not answer.
        World.Node.Fault = NodeFault.Refuses;
        await FireAsync("FederationChainReadsFail");
        World.Node.Fault = NodeFault.None;
        Go("FederationChainReadsFail");
    });
}
