using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Application.Countersigning;

/// <param name="Lease">Whose receipts are signed.</param>
/// <param name="Tolerance">0.02: two parts of a hundred more than was read are signed.</param>
/// <param name="Trusted">Meters that are not read here, and that the evidence's word is taken for.</param>
/// <param name="DownGrace">So much less downtime than was read, in all, is signed as well.</param>
public sealed record CountersignTerms(LeaseId Lease, double Tolerance, IReadOnlyCollection<string> Trusted, TimeSpan DownGrace);

/// <summary>What one round came to.</summary>
/// <param name="Receipt">That was signed and handed over; null: none was.</param>
/// <param name="Message">For people: what was signed, or why nothing was.</param>
public sealed record CountersignRound(Receipt? Receipt, string Message);

/// <summary>
/// A tenant's agent: gets its lease's next receipt and all evidence behind it, folds that anew, compares it with what the tenant
/// itself read, and signs what holds. It keeps the evidence: who disputes later has its own copy.
/// </summary>
/// <param name="copies">The tenant's own copy of the evidence.</param>
public sealed class Countersigner(
    CountersignTerms terms, ILeaseRecords records, ITenantMeter meter, ITenantKey key, ISignedReceipts signed, IEvidenceStore copies, IHasher hasher, TimeProvider clock)
{
    private readonly EvidenceTrail trail = new(terms.Lease, records, copies, hasher);

    private bool isDownCompared;

    public async Task<CountersignRound> RoundAsync(CancellationToken cancellation)
    {
        if (await records.ReadReceiptAsync(cancellation) is not { } handed) return No("The datacenter has no receipt of this lease to sign now.");
        var receipt = handed.Receipt;
        // 1. Is it one of this lease, on this chain, and none that goes back?
        if (receipt.Id != terms.Lease) return No($"The receipt is of lease {receipt.Id}.");
        if (key.FaultOf(handed) is { } foreign) return No(foreign);
        var last = signed.Last();
        if (CountersignRules.FaultOf(receipt, last, clock.GetUtcNow().ToUnixTimeSeconds()) is { } wrong) return No(wrong);
        // 2. Does its evidence give what it claims, and did the tenant read as much? What was signed before is not asked again.
        if (receipt != last && await CheckAsync(receipt, cancellation) is { } unproved) return No(unproved);
        // 3. Signed only once that is written down.
        signed.Keep(receipt);
        await records.CountersignAsync(handed.Digest, await key.SignAsync(receipt, cancellation), cancellation);
        return new CountersignRound(receipt, $"Receipt {receipt.Seq} is countersigned.{Note(receipt)}");
    }

    private async Task<string?> CheckAsync(Receipt receipt, CancellationToken cancellation)
    {
        var (measured, problem, _) = await trail.FollowAsync(receipt.EvidenceRoot, cancellation);
        if (problem is not null) return problem;
        if (CountersignRules.DifferenceOf(receipt, measured!) is { } different) return different;
        try
        {
            var own = await meter.ReadAsync(measured!.ThroughMs, cancellation);
            isDownCompared = own.ContainsKey(CountersignRules.Down);
            // What was down after the receipt's end is in the next one.
            var later = TimeSpan.FromMilliseconds(measured.ThroughMs - (receipt.Through * 1000));
            return CountersignRules.ExcessOf(receipt, own, terms.Trusted, terms.Tolerance) ?? CountersignRules.ShortfallOf(receipt, own, terms.Tolerance, terms.DownGrace + later);
        }
        catch (UsageUnavailableException e)
        {
            return $"What was used cannot be read here: {e.Message}";
        }
    }

    // The one thing in a receipt that no evidence proves.
    private string Note(Receipt receipt) => isDownCompared || terms.Trusted.Contains(CountersignRules.Down) ? ""
        : $" That the workload was down for {receipt.DownSeconds} s is the datacenter's word: nothing here reads {CountersignRules.Down}.";

    private static CountersignRound No(string why) => new(null, why);
}
