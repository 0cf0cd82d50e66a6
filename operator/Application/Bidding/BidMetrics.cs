using System.Diagnostics.Metrics;

namespace Federation.Application.Bidding;

/// <summary>What bidding counts; names are Prometheus names already.</summary>
public sealed class BidMetrics : IDisposable
{
    private readonly Meter meter = new("Federation.Bidding");
    private readonly Counter<long> bids;

    public BidMetrics() => bids = meter.CreateCounter<long>(
        "federation_bids_total", null, "Posted Requests that were looked at, by outcome (wanted, refused) and reason of the refusal; each when it is first seen, and when its outcome changes.");

    public void Dispose() => meter.Dispose();

    internal void Wanted() => Count("wanted", "");

    internal void Refused(string reason) => Count("refused", reason);

    private void Count(string outcome, string reason) =>
        bids.Add(1, new KeyValuePair<string, object?>("outcome", outcome), new KeyValuePair<string, object?>("reason", reason));
}
