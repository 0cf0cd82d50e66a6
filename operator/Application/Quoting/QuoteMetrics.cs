using System.Diagnostics.Metrics;

namespace Federation.Application.Quoting;

/// <summary>What quoting counts; names are Prometheus names already.</summary>
public sealed class QuoteMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Quoting");
    private readonly Counter<long> quotes;

    public QuoteMetrics()
    {
        quotes = meter.CreateCounter<long>("federation_quotes_total", null, "Answers to who asked for a quote, by outcome (offered, refused) and reason of the refusal.");
        // What is there from the beginning shows its first rise: the first quote that is given ends what says that none is.
        Add(0, "offered", "");
    }

    public void Dispose() => meter.Dispose();

    internal void Count(QuoteResult result) => Add(1, result.Offer is null ? "refused" : "offered", result.Reason);

    private void Add(int count, string outcome, string reason) =>
        quotes.Add(count, new KeyValuePair<string, object?>("outcome", outcome), new KeyValuePair<string, object?>("reason", reason));
}
