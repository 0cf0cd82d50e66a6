using System.Diagnostics.Metrics;

namespace Federation.Chain;

/// <summary>What this room counts; names are Prometheus names already.</summary>
public sealed class ChainMetrics : IDisposable
{
    public const string MeterName = "Federation.Chain";

    private readonly Meter meter = new(MeterName);

    public ChainMetrics()
    {
        Head = meter.CreateGauge<long>("federation_chain_head_block", null, "Block number, by depth (latest, confirmed, finalized).");
        Wallet = meter.CreateGauge<double>("federation_wallet_wei", null, "Ether of the operator's key, wei.");
        Errors = meter.CreateCounter<long>("federation_chain_errors_total", null, "Chain reads that failed, by kind (transient, permanent).");
        QuarantinedLogs = meter.CreateCounter<long>("federation_chain_quarantined_logs_total", null, "Logs of the lease manager that could not be taken for what they claim to be.");
        Transactions = meter.CreateCounter<long>("federation_transactions_total", null, "Transactions, by outcome (mined, reverted, refused, failed).");
        Bumps = meter.CreateCounter<long>("federation_transaction_bumps_total", null, "Fee bumps of transactions that were not mined in time.");
        Reorged = meter.CreateCounter<long>("federation_transactions_reorged_total", null, "Mined transactions whose block a reorg took away; they are done once more.");
        GasUsed = meter.CreateCounter<long>("federation_gas_used_total", null, "Gas that mined transactions used.");
        Intents = meter.CreateCounter<long>("federation_intents_total", null, "Intents, by kind (activate, refuse, close, award, bid, settle, collect, postresult) and outcome (done, failed).");
        // What is there from the beginning shows its first rise: three that fail between two scrapes are not one that was always there.
        foreach (var outcome in new[] { "mined", "reverted", "refused", "failed" }) Transactions.Add(0, Tag("outcome", outcome));
        foreach (var kind in new[] { "activate", "refuse", "close", "award", "bid", "settle", "collect", "postresult" })
            foreach (var outcome in new[] { "done", "failed" })
                Intents.Add(0, Tag("kind", kind), Tag("outcome", outcome));
        Bumps.Add(0);
        Reorged.Add(0);
    }

    public Gauge<long> Head { get; }

    public Gauge<double> Wallet { get; }

    public Counter<long> Errors { get; }

    public Counter<long> QuarantinedLogs { get; }

    public Counter<long> Transactions { get; }

    public Counter<long> Bumps { get; }

    public Counter<long> Reorged { get; }

    public Counter<long> GasUsed { get; }

    public Counter<long> Intents { get; }

    public void Dispose() => meter.Dispose();

    internal static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
