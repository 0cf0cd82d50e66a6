using System.Globalization;
using System.Numerics;
using Federation.Cluster.Entities;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Cluster.Requests;

/// <summary>What a status says for people of what was sent and chosen. Nothing is decided on it: what cannot be read of it is left out, and stops nothing.</summary>
internal static class RequestHistory
{
    // Of the schema: a datacenter may ask any price.
    private const int MostDigits = 78;

    public static IReadOnlyList<SentTransaction> ToSent(IReadOnlyList<RequestTransactionStatus> transactions) =>
    [
        .. from t in transactions
           where LeaseId.TryParse(t.LeaseId, out _) && Enum.TryParse<PurchaseAction>(t.Action, out _)
           select new SentTransaction(LeaseId.Parse(t.LeaseId), Enum.Parse<PurchaseAction>(t.Action), t.Hash, t.Error),
    ];

    public static IReadOnlyList<RequestTransactionStatus> ToStatus(IReadOnlyList<SentTransaction> transactions) =>
        [.. transactions.Select(t => new RequestTransactionStatus { LeaseId = t.Lease.Hex, Action = t.Action.ToString(), Hash = t.Hash, Error = t.Error })];

    public static IReadOnlyList<Comparison> ToComparisons(IReadOnlyList<RequestChoiceStatus> choices) =>
        [.. choices.Select(c => new Comparison(c.Replica, [.. c.Quotes.Select(ToQuote)], c.Others))];

    public static IReadOnlyList<RequestChoiceStatus> ToStatus(IReadOnlyList<Comparison> choices) =>
        [.. choices.Select(c => new RequestChoiceStatus { Replica = c.Slot, Quotes = [.. c.Quotes.Select(ToStatus)], Others = c.Others })];

    private static ComparedQuote ToQuote(ComparedQuoteStatus quote) =>
        new(quote.Provider, BigInteger.TryParse(quote.Price, NumberStyles.None, CultureInfo.InvariantCulture, out var price) ? price : (BigInteger?)null, quote.Reason ?? "", quote.Message ?? "")
        {
            IsChosen = quote.Chosen, IsAsked = quote.Asked,
        };

    private static ComparedQuoteStatus ToStatus(ComparedQuote quote) => new()
    {
        Provider = quote.Provider,
        Price = quote.Price?.ToString(CultureInfo.InvariantCulture) is { Length: <= MostDigits } price ? price : null,
        Chosen = quote.IsChosen,
        Asked = quote.IsAsked,
        Reason = NullIfEmpty(Said.Word(quote.Reason)),
        Message = NullIfEmpty(Said.Sentence(quote.Message, Said.MostRefusal)),
    };

    // Old servers take an empty text in a custom resource for null.
    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
