using System.Text.RegularExpressions;

namespace Federation.Architecture.Tests;

/// <summary>What a tenant's operator says itself of a request that waits is told apart in its metrics from what a datacenter says: both lists are of the same words.</summary>
public partial class RequestReasonTests
{
    // What decides on a request, and says why.
    private static readonly string[] Deciders =
    [
        "Domain/Requesting/Purchase.cs", "Domain/Requesting/PurchaseMachine.cs", "Domain/Requesting/RequestMachine.cs", "Domain/Requesting/QuoteChoice.cs", "Application/Requesting/QuoteRound.cs", "Application/Requesting/Requester.cs",
        "Application/Requesting/RequestReporter.cs", "Cluster/Requests/WorkloadDelivery.cs",
    ];

    // Of other conditions than Ready, of states that wait for nothing, and of one datacenter among those that were asked.
    private static readonly string[] Others =
        ["Bought", "Deleted", "EndpointNotHttps", "EscrowLow", "FailedLately", "Finished", "Funded", "HasAnotherReplica", "NoAccess", "NoAnswer", "NotAsked", "NotCheapest", "OfferExpired", "OfferInvalid", "OrderVoid", "PriceAboveMaximum", "Ready", "Refunded", "Renewed", "Serving", "TermOver", "TooMany", "Wanted"];

    // What is tried on chain or at a datacenter, and may fail: the reason is made of the two words.
    private static readonly string[] Tried = ["AmendFailed", "AmendSpecFailed", "CloseFailed", "DeliverFailed", "MatchFailed", "TopUpFailed"];

    [Fact]
    public void WordsOfTheMetrics_AreThoseThatAreSaid_AndNoOthers()
    {
        var metrics = File.ReadAllText(Repository.PathOf("operator", "Application", "Requesting", "RequestMetrics.cs"));
        var known = Words().Matches(metrics.Split("Own =")[1].Split("];")[0]).Select(w => w.Groups["word"].Value).ToArray();
        var texts = Deciders.Select(f => File.ReadAllText(Repository.PathOf(["operator", .. f.Split('/')]))).ToArray();
        Assert.NotEmpty(known);
        Assert.Empty(texts.SelectMany(t => Reasons().Matches(t)).Select(w => w.Groups["word"].Value).Distinct().Except(known).Except(Others));
        Assert.DoesNotContain(known.Except(Tried), word => !texts.Any(t => t.Contains($"\"{word}\"", StringComparison.Ordinal)));
        var actions = File.ReadAllText(Repository.PathOf("operator", "Domain", "Requesting", "PurchaseMachine.cs"));
        Assert.DoesNotContain(Tried, word => !Regex.IsMatch(actions, $@"^    {word.Replace("Failed", "", StringComparison.Ordinal)},$", RegexOptions.Multiline));
    }

    // A word, and a sentence after it for who asks why.
    [GeneratedRegex("""
        "(?<word>[A-Z][a-z]+[A-Za-z]*)",\s*\$?"
        """, RegexOptions.ExplicitCapture)]
    private static partial Regex Reasons();

    [GeneratedRegex("""
        "(?<word>\w+)"
        """, RegexOptions.ExplicitCapture)]
    private static partial Regex Words();
}
