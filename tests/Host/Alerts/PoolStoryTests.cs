namespace Federation.Host.Tests.Alerts;

/// <summary>What becomes of transactions that are sent: a pool that forgets them, and blocks that are taken away with them.</summary>
public sealed class PoolStoryTests(ITestOutputHelper output) : AlertStory(output, Alerts)
{
    internal static readonly string[] Alerts = ["FederationReorgs", "FederationTransactionsWait"];

    [Fact]
    [Trait("Target", "alerts")]
    public Task Transactions_ThatAreForgotten_AndTakenAway_AreToldOfByAlerts() => TellAsync(
        async () =>
        {
            World.Node.Fault = NodeFault.Forgets;
            await FireAsync("FederationTransactionsWait");
            World.Node.Fault = NodeFault.None;
            await GoAsync("FederationTransactionsWait");

            // Each time when there is enough to take away.
            await SettlesAsync();
            await WhileAsync(FireAsync("FederationReorgs"), () => World.ReorgAsync(10, 3));
            Go("FederationReorgs");
        },
        // One that is given up pauses before it is sent again, and its fee is not raised meanwhile.
        ("Chain:Sending:GiveUpAfter", "00:02:00"));
}
