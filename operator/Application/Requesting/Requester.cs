using Federation.Application.Ports;
using Federation.Application.Telemetry;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Requesting;

/// <summary>
/// One pass over a ComputeRequest: gather, decide, ask, write down, send. It can begin anywhere: what was bought is in the record, and
/// what became of it on chain.
/// </summary>
public sealed class Requester(
    RequestSights sights, ITenantOrders orders, RequestAmendments amendments, ITenantTransactions transactions, ISentTransactions earlier, IDatacenterDirectory directory, IQuoteDesk desk, IWorkloadDelivery delivery,
    IHasher hasher, string token, RequestingOptions options, RequestMetrics metrics, TimeProvider clock, ILogger<Requester> log)
{
    private readonly RequestReader reader = new(hasher);
    private readonly QuoteRound round = new(directory, orders, transactions, desk, delivery, options, clock);
    private readonly SentLog sent = new(earlier);
    private readonly AskPace pace = new(options.LongestAskPause, clock);

    /// <param name="demand">As it is now, read anew: what is old would be decided on twice.</param>
    /// <exception cref="ClusterException">The book could not be written: nothing was sent.</exception>
    public async Task<RequestReport> PassAsync(RequestDemand demand, RequestRecord record, IRequestStore store, CancellationToken cancellation)
    {
        var report = await LookAsync(demand, record, store, cancellation);
        metrics.Passed(demand, record, report);
        if (demand.IsDeleted && report.IsSettled) sent.Forget(demand.Key);
        return report;
    }

    /// <summary>There is no such request any more.</summary>
    /// <param name="request">Namespace and name.</param>
    public void Forget(string request)
    {
        metrics.Gone(request);
        sent.Forget(request);
    }

    private async Task<RequestReport> LookAsync(RequestDemand demand, RequestRecord record, IRequestStore store, CancellationToken cancellation)
    {
        using var span = Spans.Start("request.pass");
        span?.SetTag("federation.request", demand.Key.ToString()).About(record.Book.Purchases.Select(p => p.Id));
        var written = record;
        if (ForeignOrder(record) is { } foreign) return Stopped("RecordForeign", foreign);
        var (wish, fault) = reader.Read(demand, record);
        try
        {
            // 1. What is.
            await sent.BeginAsync(demand.Key, record, cancellation);
            var seen = await sights.ReadAsync(record, demand.IsDeleted, cancellation);

            // 2. What is to be done about it.
            var decision = RequestMachine.Decide(seen.Book, seen.Of, wish, demand.Generation, seen.Time);
            var pass = new RequestPass(demand, wish, seen, decision, Kept(record, decision.Book));

            // 3. Who gets the replicas that lack one, and what datacenters sign for those that change.
            if (fault is not null && !demand.IsDeleted) pass.Asking = ("WorkloadInvalid", fault);
            else await AskOrSayWhyNotAsync(pass, cancellation);
            await amendments.AskAsync(pass, token, cancellation);

            // 4. Written down first.
            if (pass.Intents.Any())
            {
                var report = Report(pass, record);
                await store.SaveAsync(report, cancellation);
                written = report.Record;
            }

            // 5. Sent, all at once: each waits for its block.
            await Task.WhenAll([.. pass.Intents.Select(i => SendAsync(pass, i, cancellation)), .. pass.Deliveries.Select(p => DeliverAsync(pass, p, cancellation))]);
            return Report(pass, record);
        }
        catch (LedgerException e)
        {
            return Stopped("ChainUnreadable", $"{e.Message} Nothing is bought, and nothing ended, until it can be read.");
        }
        catch (TenantKeyException e)
        {
            return Stopped("WalletUnavailable", $"{e.Message} Leases run on meanwhile.");
        }

        RequestReport Stopped(string reason, string message)
        {
            span?.Failed(message);
            log.LogWarning("{Request}: {Message}", demand.Key, message);
            return new RequestReport(
                written, orders.Wallet, [.. written.Book.Purchases.Select(p => new PurchaseReport(p, new PurchaseStep(PurchaseAction.Wait, reason, message), []))],
                RequestReporter.Unknown(reason, message), options.Look);
        }
    }

    // Who may write the status could name any lease: an order says itself which one it becomes, and who pays.
    private string? ForeignOrder(RequestRecord record) => record.Book.Purchases
        .Where(p => record.Orders.GetValueOrDefault(p.Id)?.Request is not { } request || orders.LeaseOf(request) != p.Id || !Addresses.Same(request.Tenant, orders.Wallet) || request.ExpiresAt != p.ExpiresAt)
        .Select(p => $"status.leases: the record of lease {p.Id} is not the order of wallet {orders.Wallet} that becomes this lease. Nothing is bought or ended for this request: put back the status that the operator wrote, or run the operator with the wallet that bought it.")
        .FirstOrDefault();

    // Orders live as long as their purchases.
    private static Dictionary<LeaseId, OrderRecord> Kept(RequestRecord record, RequestBook book) =>
        record.Orders.Where(o => book.Purchases.Any(p => p.Id == o.Key)).ToDictionary();

    // Who cannot be asked keeps nobody from what was bought before: top-ups, closes and deliveries go on.
    private async Task AskOrSayWhyNotAsync(RequestPass pass, CancellationToken cancellation)
    {
        try
        {
            await AskAsync(pass, cancellation);
        }
        catch (LedgerException e)
        {
            log.LogWarning("{Request}: nobody can be asked: {Error}", pass.Demand.Key, e.Message);
            pass.Asking = ("DirectoryUnreadable", Said.Sentence($"{e.Message} Datacenters are asked once the registry can be read; leases run on meanwhile."));
        }
    }

    // One after the other, so that each sees where those before it go.
    private async Task AskAsync(RequestPass pass, CancellationToken cancellation)
    {
        if (pass.Decision.FreeSlots.Count == 0) pace.Forget(pass.Demand.Key);
        foreach (var slot in pass.Decision.FreeSlots)
        {
            if (pace.Pause(pass.Demand.Key, pass.Demand.Generation) is { } waiting)
            {
                pass.Asking ??= (waiting.Reason, waiting.Message);
                continue;
            }

            var life = (long)options.OrderLife.TotalSeconds;
            var expires = Math.Max(pass.Seen.Time, clock.GetUtcNow().ToUnixTimeSeconds()) + life;
            var draft = RequestReader.Draft(pass.Demand, pass.Wish, TokenOf(pass.Demand), pass.Wish.DurationSeconds, expires);
            var result = await round.AskAsync(pass.Wish, draft, pass.Book, slot, pass.Seen.Time, cancellation);
            if (result.Compared.Count > 0) pass.Compare(Comparison.Of(slot, result.Compared));
            if (result.Order is not { } order)
            {
                log.LogInformation("{Request}: replica {Slot}: {Message}", pass.Demand.Key, slot, result.Message);
                pass.Asking = (result.Reason, result.Message);
                pace.Failed(pass.Demand.Key, pass.Demand.Generation, result.Reason, result.Message);
                continue;
            }

            log.LogInformation("{Request}: replica {Slot} goes to {Provider}, lease {Lease}", pass.Demand.Key, slot, result.From!.Place.Provider, order.Lease);
            pace.Forget(pass.Demand.Key);
            pass.Order(
                new Purchase(slot, order.Lease, result.From.Place, order.Request.ExpiresAt, result.Offer!.Terms.ExpiresAt, order.Request.Deposit),
                new OrderRecord(order.Request, result.Offer, pass.Seen.Latest));
        }
    }

    private string TokenOf(RequestDemand demand) => demand.Token.Length > 0 ? demand.Token : token;

    private async Task SendAsync(RequestPass pass, TenantIntent intent, CancellationToken cancellation)
    {
        // What the sender logs knows of no lease.
        using var scope = log.BeginLease(intent.Lease);
        log.LogInformation("{Request}: {Intent} {Lease}", pass.Demand.Key, intent.GetType().Name, intent.Lease);
        var outcome = await transactions.SubmitAsync(intent, cancellation);
        metrics.Sent(intent, pass.Demand.Token, outcome.Error is null);
        if (outcome.TransactionHash is { } hash) sent.Sent(pass.Demand.Key, new SentTransaction(intent.Lease, intent.Action, hash, outcome.Error is { } why ? Said.Sentence(why, Said.MostRefusal) : null));
        if (outcome.Error is not { } error) return;
        log.LogWarning("{Request}: {Intent} {Lease} failed: {Error}", pass.Demand.Key, intent.GetType().Name, intent.Lease, error);
        pass.Failed(intent.Lease, intent.Action, error);
        if (intent is TopUpIntent && !transactions.MayTakeEffect(intent)) pass.Unfund(intent.Lease);
        if (intent is MatchIntent match && await IsOursAsync(match, cancellation)) pass.Excuse(intent.Lease);
    }

    // What failed here is not held against the datacenter.
    private async Task<bool> IsOursAsync(MatchIntent match, CancellationToken cancellation)
    {
        try
        {
            return await transactions.TryAsync(match, cancellation) is { IsOurs: true };
        }
        catch (LedgerException)
        {
            return true;
        }
    }

    private async Task DeliverAsync(RequestPass pass, Purchase purchase, CancellationToken cancellation)
    {
        using var scope = log.BeginLease(purchase.Id);
        if (await delivery.DeliverAsync(purchase.Place.Provider, purchase.Id, pass.Demand.Workload!.Value, cancellation) is { } error) pass.Failed(purchase.Id, PurchaseAction.Deliver, error);
    }

    private RequestReport Report(RequestPass pass, RequestRecord before)
    {
        var purchases = pass.Reports();
        var isSteady = pass.Asking is null && purchases.All(p => p.Step is { Action: PurchaseAction.Wait, IsReady: true });
        var record = new RequestRecord(pass.Book, pass.Orders)
        {
            Transactions = sent.With(pass.Demand.Key, before.Transactions),
            Comparisons = Comparison.Together(before.Comparisons, pass.Compared, pass.Wish.Replicas),
        };
        return new RequestReport(record, orders.Wallet, purchases, RequestReporter.Conditions(pass.Wish, pass.Book, purchases, pass.Asking), isSteady ? options.SteadyLook : options.Look);
    }
}
