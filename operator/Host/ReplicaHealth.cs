using System.Diagnostics.Metrics;
using Federation.Application.Reconciling;
using Federation.Host.Options;

namespace Federation.Host;

/// <summary>What this replica is good for now. Each answer is null when it is, and else says why not.</summary>
internal sealed class ReplicaHealth : IDisposable
{
    // A watch ends after five minutes, and one that says nothing counts as dead soon after: of a term that still leads, and so
    // reaches its API server, twice that is no outage but a watch that hangs.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(12);

    private readonly CurrentTerm term;
    private readonly OperatorHealth health;
    private readonly OperatorOptions options;
    private readonly TimeProvider clock;
    private readonly Meter meter = new("Federation.Host");

    public ReplicaHealth(CurrentTerm term, OperatorHealth health, OperatorOptions options, TimeProvider clock)
    {
        (this.term, this.health, this.options, this.clock) = (term, health, options, clock);
        meter.CreateObservableGauge("federation_leading", () => term.IsLeading ? 1 : 0, null, "1 at the replica that leads, 0 at one that stands by.");
    }

    /// <summary>Null: to start it again would not help.</summary>
    public string? WhyDead => term.Silence is var silence && silence > LongestSilence
        ? $"a watch of the cluster has been silent for {silence.TotalMinutes:0} min: start again"
        : null;

    /// <summary>Null: it serves tenants, caches filled and chain read.</summary>
    public string? WhyNotServing => term switch
    {
        { IsLeading: false } => "another replica leads, or none yet",
        { HasSynced: false } => "waiting for the cluster",
        _ => health.ChainError ?? Lag,
    };

    /// <summary>Null: it serves, or would as soon as it has to lead. A rollout goes on then.</summary>
    public string? WhyNotReady => term switch
    {
        { IsLeading: true } => WhyNotServing,
        { ElectionSilence: null } or { IsChainRead: false } => "waiting for the chain or the API server, see the log",
        { ElectionSilence: var silence } => silence > OperatorService.LeaseDuration ? $"the API server has not answered for {silence.Value.TotalSeconds:0} s" : null,
    };

    private string? Lag => options.Times.LongestLag is var most && most > TimeSpan.Zero && health.Head is { } head
        && clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(head.ConfirmedTime) is var lag && lag > most
        ? $"the chain's newest confirmed block is {lag.TotalMinutes:0} min old: its node lags, or this machine's clock is wrong"
        : null;

    public void Dispose() => meter.Dispose();
}
