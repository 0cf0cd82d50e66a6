using System.Numerics;

namespace Federation.Host.Tests.Alerts;

/// <summary>The operator's key: who else sends with it, and whether it can pay.</summary>
public sealed class KeyStoryTests(ITestOutputHelper output) : AlertStory(output, Alerts)
{
    internal static readonly string[] Alerts = ["FederationAllQuotesRefused", "FederationIntentsFail", "FederationTransactionsFail", "FederationWalletLow"];

    [Fact]
    [Trait("Target", "alerts")]
    public Task Key_ThatIsShared_AndThatIsEmpty_IsToldOfByAlerts() => TellAsync(async () =>
    {
        // Whatever the operator sends, another program's is mined in its place.
        World.Node.Took = World.OutbidAsync;
        await FireAsync("FederationTransactionsFail");
        World.Node.Took = World.IncludeAsync;
        Go("FederationTransactionsFail");
        await SettlesAsync();

        await World.SetBalanceAsync(1);
        var reasons = new HashSet<string>();
        await WhileAsync(FireAsync("FederationWalletLow", "FederationAllQuotesRefused", "FederationIntentsFail"), async () => reasons.Add((await World.QuoteAsync())?.Reason ?? ""));
        Assert.Contains("WalletEmpty", reasons);
        await World.SetBalanceAsync(BigInteger.Pow(10, 21));
        await IsQuotedAsync();
        Go("FederationWalletLow", "FederationAllQuotesRefused", "FederationIntentsFail");
    });
}
