using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Application.Requesting;

/// <summary>What a tenant's operator shows of the requests that it serves. Amounts are of its own token: those of others add up to nothing.</summary>
public sealed class RequestMetrics : IDisposable
{
    /// <summary>In the place of a word that a datacenter chose: it could say another one each time.</summary>
    public const string Theirs = "DatacenterSays";

    // What the operator itself says of a request that does not serve.
    private static readonly HashSet<string> Own =
    [
        "Activating", "Amending", "AmendFailed", "AmendSpecFailed", "AccessBroken", "Asking", "AwaitingFinality", "ChainUnreadable", "CloseFailed", "Closing", "DatacenterSilent", "DeliverFailed", "Delivering",
        "DirectoryUnreadable", "MatchFailed", "Matching", "NamespacePending", "NoDatacenter", "NoQuote", "NotActivated", "NotReadyTooLong", "NotRenewed", "NotSeen", "OfferOver", "OrderExpiring", "RecordForeign", "RenewFailed", "Renewing",
        "SettlingAlone", "Starting", "TermsUnknown", "TopUpFailed", "ToppingUp", "WalletShort", "WalletUnavailable", "WorkloadInvalid",
        .. Enum.GetNames<CloseReason>().Select(r => $"Closed{r}"),
    ];

    private static readonly string[] Kinds = ["match", "topup", "amend", "end"];
    // Of what the tenant brought about nothing is replaced.
    private static readonly string[] Failures =
        ["DatacenterSilent", "NotReadyTooLong", RequestMachine.RenewFailed, .. Enum.GetValues<CloseReason>().Where(r => r is not (CloseReason.Escrow or CloseReason.Tenant)).Select(r => $"Closed{r}")];

    private readonly Meter meter = new("Federation.Requests");
    private readonly ConcurrentDictionary<string, Standing> standing = [];
    private readonly Counter<long> intents, failovers;
    private readonly Counter<double> funded;
    private readonly TimeProvider clock;
    private readonly string token;
    private TenantFunds? funds;

    /// <param name="token">That is paid with where a request names none.</param>
    public RequestMetrics(string token, TimeProvider clock)
    {
        (this.token, this.clock) = (token, clock);
        meter.CreateObservableGauge("federation_tenant_requests", Counted, null, "ComputeRequests, by state (serving, pending, ending, over) and reason of those that are pending.");
        meter.CreateObservableGauge("federation_tenant_pending_seconds", Waiting, null, "How long this process has seen the oldest ComputeRequest pending, by reason of that: not serving, or serving to a term that could not be made longer (NotRenewed).");
        meter.CreateObservableGauge("federation_tenant_unfunded_requests", () => standing.Values.Count(s => !s.IsFunded), null, "ComputeRequests of which a lease ends before its term for lack of escrow, and no policy tops it up, or none could.");
        meter.CreateObservableGauge("federation_tenant_escrow_units", () => standing.Values.Sum(s => (double)s.Escrow), null, "What was put into the escrow of the leases that live.");
        meter.CreateObservableGauge("federation_tenant_spendable_units", Spendable, null, "What the wallet has in the Vault, and what the Vault may pull out of the wallet: the most that goes into escrow from here on.");
        intents = meter.CreateCounter<long>("federation_tenant_intents_total", null, "What the tenant's operator wanted on chain, by kind (match, topup, amend, end) and outcome (done, failed).");
        failovers = meter.CreateCounter<long>("federation_tenant_failovers_total", null, "Leases that were given up for others, by reason of that.");
        funded = meter.CreateCounter<double>("federation_tenant_funded_units_total", null, "What went into escrow, by kind (match, topup).");
        // What is there from the beginning shows its first rise.
        foreach (var kind in Kinds)
            foreach (var outcome in new[] { "done", "failed" })
                intents.Add(0, Tag("kind", kind), Tag("outcome", outcome));
        foreach (var reason in Failures) failovers.Add(0, Tag("reason", reason));
        foreach (var kind in Kinds[..2]) funded.Add(0, Tag("kind", kind));
    }

    internal Meter Meter => meter;

    public void Dispose() => meter.Dispose();

    /// <summary>Another one leads, and shows them.</summary>
    public void Clear()
    {
        standing.Clear();
        Volatile.Write(ref funds, null);
    }

    public void Has(TenantFunds now) => Volatile.Write(ref funds, now);

    /// <summary>It is no more.</summary>
    public void Gone(string request) => standing.TryRemove(request, out _);

    /// <param name="before">What was written down before the pass.</param>
    internal void Passed(RequestDemand demand, RequestRecord before, RequestReport report)
    {
        CountFailovers(before.Book, report.Record.Book);
        if (demand.IsDeleted && report.IsSettled)
        {
            Gone(demand.Key);
            return;
        }

        var (ready, fundedNow) = (report.Conditions.First(c => c.Type == "Ready"), report.Conditions.First(c => c.Type == "Funded"));
        var (state, reason) = demand.IsDeleted ? ("ending", "")
            : ready.Status == ConditionStatus.True && report.Conditions.FirstOrDefault(c => c.Type == "Renewed") is { Status: ConditionStatus.False } ending ? ("pending", ending.Reason)
            : ready.Status == ConditionStatus.True ? ("serving", "")
            : ready.Reason == RequestMachine.TermOver ? ("over", "")
            : ("pending", Own.Contains(ready.Reason) ? ready.Reason : Theirs);
        var escrow = IsOwn(demand.Token) ? report.Record.Book.Purchases.Aggregate(BigInteger.Zero, (sum, p) => sum + p.Funded) : 0;
        var since = state == "pending" && standing.GetValueOrDefault(demand.Key) is { State: "pending" } known ? known.Since : clock.GetTimestamp();
        standing[demand.Key] = new Standing(state, reason, since, fundedNow.Status != ConditionStatus.False, escrow);
    }

    internal void Sent(TenantIntent intent, string itsToken, bool isDone)
    {
        var kind = intent switch { MatchIntent => "match", TopUpIntent => "topup", EndIntent => "end", _ => "amend" };
        intents.Add(1, Tag("kind", kind), Tag("outcome", isDone ? "done" : "failed"));
        if (isDone && IsOwn(itsToken) && intent switch { MatchIntent match => match.Request.Deposit, TopUpIntent more => more.Amount, _ => 0 } is var units and { IsZero: false })
            funded.Add((double)units, Tag("kind", kind));
    }

    // An order that was void, and a term that is over, are no failure of a lease.
    private void CountFailovers(RequestBook before, RequestBook after)
    {
        if (after.Replacements <= (after.Generation == before.Generation ? before.Replacements : 0)) return;
        var stayed = before.Purchases.Where(p => !p.IsLeaving).Select(p => p.Id).ToHashSet();
        foreach (var left in after.Purchases.Where(p => stayed.Contains(p.Id) && Failures.Contains(p.Leaving))) failovers.Add(1, Tag("reason", left.Leaving!));
    }

    private bool IsOwn(string asked) => asked.Length == 0 || Addresses.Same(asked, token);

    private IEnumerable<Measurement<double>> Spendable() => Volatile.Read(ref funds) is { } known ? [new Measurement<double>((double)known.Spendable)] : [];

    private IEnumerable<Measurement<int>> Counted() =>
        standing.Values.GroupBy(s => (s.State, s.Reason)).Select(g => new Measurement<int>(g.Count(), Tag("state", g.Key.State), Tag("reason", g.Key.Reason)));

    private IEnumerable<Measurement<double>> Waiting() => standing.Values.Where(s => s.State == "pending").GroupBy(s => s.Reason)
        .Select(g => new Measurement<double>(g.Max(s => clock.GetElapsedTime(s.Since)).TotalSeconds, Tag("reason", g.Key)));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    /// <param name="Reason">Empty where it is not pending.</param>
    /// <param name="Since">Timestamp since when it is pending.</param>
    private sealed record Standing(string State, string Reason, long Since, bool IsFunded, BigInteger Escrow);
}
