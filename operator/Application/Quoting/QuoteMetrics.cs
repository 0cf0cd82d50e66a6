using System.Diagnostics.Metrics;

namespace Federation.Application.Quoting;

/// <summary>What quoting counts; names are Prometheus names already.</summary>
public sealed class QuoteMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Quoting");
    private readonly Counter<long> quotes;

    public QuoteMetrics() => quotes = meter.CreateCounter<long>(
        "federation_quotes_total", null, "Answers to who asked for a quote, by outcome (offered, refused) and reason of the refusal.");

    public void Dispose() => meter.Dispose();

    internal void Count(QuoteResult result) => quotes.Add(
        1, new KeyValuePair<string, object?>("outcome", result.Offer is null ? "refused" : "offered"), new KeyValuePair<string, object?>("reason", result.Reason));
}
