using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Requesting;

/// <summary>What a request keeps for people to read has a most, and says the same whoever answered first.</summary>
public sealed class HistoryTests
{
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('1', 64));

    [Fact]
    public void Choice_ShowsTheChosenFirst_ThenByPrice_AndCountsTheRest() => Prop.ForAll(
        Rounds().ToArbitrary(),
        round =>
        {
            var choice = Comparison.Of(3, round);
            var shown = choice.Quotes;
            var backwards = Comparison.Of(3, round.AsEnumerable().Reverse());
            var prices = shown.SkipWhile(q => q.IsChosen).TakeWhile(q => q.Price is not null).Select(q => q.Price!.Value).ToArray();
            return shown.Count <= Comparison.Most
                && shown.Count + choice.Others == round.Length
                && shown.SequenceEqual(backwards.Quotes)
                && (round.All(q => !q.IsChosen) || shown[0].IsChosen)
                && prices.SequenceEqual(prices.Order())
                // None that made an offer gives way to one that made none, and none that was asked to one that was not.
                && (shown.All(q => q.IsChosen || q.Price is not null) || round.All(q => q.Price is null || shown.Contains(q)))
                && (shown.All(q => q.IsAsked) || round.All(q => !q.IsAsked || shown.Contains(q)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Choices_AreKeptForEachReplica_UntilThereIsAnother_OrItIsWantedNoMore()
    {
        var (first, second, again) = (Comparison.Of(0, []), Comparison.Of(1, []), Comparison.Of(0, [new("0xa", 1, "", "")]));
        var kept = Comparison.Together([], [first, second], replicas: 2);
        Assert.Equal([first, second], kept);
        Assert.Same(kept, Comparison.Together(kept, [], replicas: 2));
        Assert.Equal([again, second], Comparison.Together(kept, [again], replicas: 2));
        Assert.Equal([first], Comparison.Together(kept, [], replicas: 1));
    }

    [Fact]
    public void Transactions_AreKeptOnce_AsTheyWereLastHeardOf_AndTheNewestOfThem() => Prop.ForAll(
        Gen.Choose(0, 60).ListOf().Select(l => l.Select(n => Sent(n, l.Count % 2 == 0 ? null : "it failed")).ToArray()).Two().ToArbitrary(),
        both =>
        {
            var (before, later) = (SentTransaction.Together([], both.Item1), both.Item2);
            var all = SentTransaction.Together(before, later);
            return all.Count <= SentTransaction.Most
                && all.DistinctBy(t => t.Hash).Count() == all.Count
                && (later.Length == 0 || later.Length > SentTransaction.Most || all.Contains(later[^1]) || before.Any(b => b.Hash == later[^1].Hash))
                && all.All(t => later.LastOrDefault(l => l.Hash == t.Hash) is not { } last || last == t)
                && (before.Count + later.Length > SentTransaction.Most || before.All(b => all.Any(t => t.Hash == b.Hash)));
        }).QuickCheckThrowOnFailure();

    private static SentTransaction Sent(int number, string? error) => new(Lease, PurchaseAction.TopUp, $"0x{number:x64}", error);

    // One chosen at most; each datacenter once.
    private static Gen<ComparedQuote[]> Rounds() =>
        from kinds in Gen.Choose(0, 6).ListOf()
        from chosen in Gen.Choose(0, 20)
        select kinds.Select((kind, at) => new ComparedQuote($"0x{at:d3}", kind < 4 ? (BigInteger)kind : null, "", "") { IsAsked = kind < 6, IsChosen = at == chosen && kind < 4 }).ToArray();
}
