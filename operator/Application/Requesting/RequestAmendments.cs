using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Application.Requesting;

/// <summary>Has the datacenters sign the other terms that leases are to have.</summary>
public sealed class RequestAmendments(ITenantAmendments orders, IDatacenterDirectory directory, IQuoteDesk desk, IWorkloadDelivery delivery, IUsageProofs proofs, RequestingOptions options, TimeProvider clock)
{
    // One more that takes all its time is let begin.
    private static readonly TimeSpan MostBetween = TimeSpan.FromSeconds(10);

    internal async Task AskAsync(RequestPass pass, string token, CancellationToken cancellation)
    {
        if (pass.Amended.ToArray() is not { Length: > 0 } amended) return;
        var paid = pass.Demand.Token.Length > 0 ? pass.Demand.Token : token;
        long? since = null;
        foreach (var purchase in amended)
        {
            // What was signed is void a minute later, and is sent when all were asked.
            if (since is { } first && clock.GetElapsedTime(first) > MostBetween)
            {
                pass.Failed(purchase.Id, PurchaseAction.Amend, "Another one's terms are signed and go first; it is asked at the next look.");
                continue;
            }

            try
            {
                var all = await directory.ReadAsync(paid, pass.Wish.Placement.Auditor, cancellation);
                var from = all.FirstOrDefault(c => Addresses.Same(c.Place.Provider, purchase.Place.Provider));
                if (from is null) pass.Failed(purchase.Id, PurchaseAction.Amend, "The registry does not know the datacenter any more.");
                else await AskAsync(pass, purchase, from, paid, cancellation);
            }
            catch (LedgerException e)
            {
                // The other leases' top-ups and ends do not wait for it.
                pass.Failed(purchase.Id, PurchaseAction.Amend, Said.Sentence(e.Message));
            }

            if (pass.HasSigned) since ??= clock.GetTimestamp();
        }
    }

    private async Task AskAsync(RequestPass pass, Purchase purchase, Candidate from, string token, CancellationToken cancellation)
    {
        var expires = Math.Max(pass.Seen.Time, clock.GetUtcNow().ToUnixTimeSeconds()) + (long)options.OrderLife.TotalSeconds;
        // An amendment leaves the credit as it was agreed on, whatever the datacenter sells with today.
        if (QuoteChoice.CreditFaultOf(purchase.Terms!.DowntimeBps, pass.Wish.Most) is { } low)
        {
            pass.Failed(purchase.Id, PurchaseAction.Amend, $"{QuoteChoice.CreditTooLow}: By the lease's terms {low}, and no amendment changes that.");
            return;
        }

        var (step, latest) = (pass.StepOf(purchase.Id), pass.Seen.Of[purchase.Id].Latest);
        var order = await PrepareAsync(step.DurationSeconds);
        // A receipt that comes after the signature says nothing of what was signed.
        var settled = await proofs.ReadSettledAsync(purchase.Id, latest, pass.Orders[purchase.Id].FromBlock, pass.Seen.Latest, cancellation);
        var answer = await desk.AmendAsync(from.Endpoint, order, cancellation);
        // A datacenter may sell no longer from now on than one such term: then what is over of this one is all that can be added.
        if (answer.Reason == QuoteRules.TermTooLong && RenewalRules.OneTermFromNow(purchase.Terms!, latest, pass.Wish, pass.Seen.Time) is { } shorter && shorter < step.DurationSeconds)
        {
            order = await PrepareAsync(shorter);
            answer = await desk.AmendAsync(from.Endpoint, order, cancellation);
        }

        if (answer.Answer is not { } amendment) pass.Failed(purchase.Id, PurchaseAction.Amend, $"{Said.Word(answer.Reason)}: {Said.Sentence(answer.Message, Said.MostRefusal)}");
        else if (orders.FaultOf(amendment, purchase.Id, purchase.Terms!, order.Request, from.OperatorKey) is { } fault) pass.Failed(purchase.Id, PurchaseAction.Amend, Said.Sentence(fault, Said.MostRefusal));
        else if (await UsageFaultAsync(pass, purchase, amendment.Terms, from.Endpoint, settled, cancellation) is { } claim) pass.Failed(purchase.Id, PurchaseAction.Amend, Said.Sentence(claim, Said.MostRefusal));
        else pass.Amend(purchase.Id, amendment);

        Task<PreparedOrder> PrepareAsync(uint seconds) => orders.PrepareAsync(purchase.Id, RequestReader.Draft(pass.Demand, pass.Wish, token, seconds, expires) with { MinDowntimeBps = 0 }, cancellation);
    }

    // What it has used is the datacenter's word, and whoever sends it countersigns it: it is paid at once, and nobody can dispute it any more. Its
    // status is read after it was signed: usage never falls, so what is signed is in it.
    private async Task<string?> UsageFaultAsync(RequestPass pass, Purchase purchase, AmendmentTerms terms, string endpoint, SettledProof? settled, CancellationToken cancellation)
    {
        var sight = await delivery.ReadAsync(purchase.Place.Provider, purchase.Id, pass.Seen.Time, cancellation);
        var shown = await proofs.ReadShownAsync(endpoint, purchase.Id, settled?.EvidenceRoot, cancellation);
        var claim = new ClaimedUsage(purchase.Terms!, pass.Seen.Of[purchase.Id].Latest, terms.Usage, terms.Through, terms.DownSeconds)
        {
            Status = sight.Answers ? sight.Usage : null, Next = terms.New, Last = settled?.Last, Measured = shown.Measured,
        };
        // Who could dispute it gives that up: the status is the datacenter's word as the claim is.
        var isDisputable = !Addresses.IsZero(purchase.Terms!.Arbiter);
        if (shown.IsFalse || (isDisputable && claim.IsUnproved)) return $"UsageUnproved: It comes with usage that would be countersigned, and no evidence stands for it. {shown.Why ?? WhyNot(shown.Measured)}";
        if (claim.IsUnseen) return $"UsageUnseen: It comes with usage that would be countersigned, and the lease's status does not show it. {sight.Message}";
        return claim.FaultOf(Math.Max(pass.Seen.Time, clock.GetUtcNow().ToUnixTimeSeconds())) is { } fault ? $"UsageInvalid: It comes with usage that would be countersigned, and that cannot be right. {fault}" : null;
    }

    private static string WhyNot(UsagePosition? measured) => measured is null
        ? "The datacenter shows none."
        : $"What the datacenter shows ends at {DateTimeOffset.FromUnixTimeMilliseconds(measured.ThroughMs):u}: before the last settlement, or hours before the usage.";
}
