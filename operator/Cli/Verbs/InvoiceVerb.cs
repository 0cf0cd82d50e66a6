using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Countersigning;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Tenancy;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum;

namespace Federation.Cli.Verbs;

/// <summary>
/// <c>invoice</c>: what a lease has cost, by its settlements and payments on chain, after the evidence behind the last settlement was fetched
/// and folded anew. Where that does not come to what was settled there is no invoice, and a code of its own. An amendment settles what both have signed
/// and names no evidence (0145): there the tenant's own signature stands for it.
/// </summary>
internal static class InvoiceVerb
{
    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        var unverified = new Option<bool>("--unverified") { Description = "Do not ask for the evidence; the invoice says that nobody checked it." };
        return new Command("invoice", "Show what a lease has cost, after its evidence was checked.") { lease, unverified }.Does(here, async call =>
        {
            var found = await call.LeaseAsync(call.Of(lease));
            var chain = await call.ChainAsync();
            var history = await chain.Archive.ReadHistoryAsync(found, call.Cancellation);
            var isChecked = !call.Of(unverified) && history.Settlements.Count > 0;
            if (isChecked)
            {
                var records = await Records.OfAsync(call, found);
                if (await call.Progress.WhileAsync("Checking the evidence…", _ => FaultOfAsync(found, history.Settlements, records, call.Cancellation)) is { } fault)
                    throw new CliException(ExitCodes.EvidenceDiffers, $"No invoice. {Printable.Line(fault)}");
            }

            var units = await chain.UnitsAsync(Address.Parse(found.Terms.Token), call.Cancellation);
            var sheet = new Sheet("invoice", [], [new Row(found.Id.Hex, Json(found, history, isChecked))], IsList: false);
            if (call.Format is OutputFormat.Table or OutputFormat.Wide) here.Out.Write(Text(found, history, units, isChecked));
            else call.Write(sheet);
        });
    }

    /// <returns>Why the settlements do not follow from their evidence and the terms; null when they do.</returns>
    internal static async Task<string?> FaultOfAsync(ArchivedLease lease, IReadOnlyList<ArchivedSettlement> settlements, ILeaseRecords records, CancellationToken cancellation)
    {
        var last = settlements[^1];
        if (last.EvidenceRoot == Receipt.NoEvidence && !last.IsCountersigned) return $"Settlement {last.Seq} names no evidence, and the tenant has not signed it.";
        var most = BigInteger.Max(Accrual.Due(lease.Terms, last.Usage, last.DownSeconds) + lease.Lease.DueOffset, lease.Terms.MinCharge);
        // What a dispute took from a claim stays in what was claimed.
        if (last.Claimed - lease.Lease.Disallowed > most) return $"By the lease's prices settlement {last.Seq} comes to {most}, and {last.Claimed} were claimed.";
        // Usage is cumulative: the last evidence shows all before it.
        return ArchivedSettlement.ShownOf(settlements) is { } shown && await DifferenceAsync(lease, shown, records, cancellation) is { } different ? $"Settlement {shown.Seq} is not what its evidence shows. {different}" : null;
    }

    private static async Task<string?> DifferenceAsync(ArchivedLease lease, ArchivedSettlement shown, ILeaseRecords records, CancellationToken cancellation)
    {
        var (measured, problem, _) = await new EvidenceTrail(lease.Id, records, null, new KeccakHasher()).FollowAsync(shown.EvidenceRoot, cancellation);
        return problem ?? CountersignRules.DifferenceOf(new Receipt(lease.Id, shown.Seq, shown.Through, shown.Usage, shown.DownSeconds, shown.EvidenceRoot, false), measured!);
    }

    // Null also where evidence was looked at of what came after it.
    private static ArchivedSettlement? SignedOf(IReadOnlyList<ArchivedSettlement> settlements) => settlements is [.., { EvidenceRoot: Receipt.NoEvidence, IsCountersigned: true } last] ? last : null;

    private static string WhatWasChecked(IReadOnlyList<ArchivedSettlement> settlements)
    {
        var shown = ArchivedSettlement.ShownOf(settlements) is { } evidenced ? $"Evidence checked: it comes to what settlement {evidenced.Seq} says, root {evidenced.EvidenceRoot}.\n" : "";
        return SignedOf(settlements) is { } signed ? $"{shown}Settlement {signed.Seq} rests on the tenant's own signature, as extend --duration gives one: it names no evidence.\n" : shown;
    }

    private static string Text(ArchivedLease lease, LeaseHistory history, TokenUnits units, bool isChecked)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Invoice of lease {lease.Id.Hex}\nDatacenter {lease.Terms.Provider}\nTenant     {lease.Terms.Tenant}\n\n");
        if (history.Settlements is [.., var last])
        {
            foreach (var meter in Meter.Of(lease.Terms.Prices, last.Usage).Where(m => m.Raw > 0)) text.Append(CultureInfo.InvariantCulture, $"  {meter.Used,-36} {units.Show(meter.Cost),20}\n");
            if (lease.Terms.StartFee > 0) text.Append(CultureInfo.InvariantCulture, $"  {"start fee",-36} {units.Show(lease.Terms.StartFee),20}\n");
            if (Accrual.DowntimeCredit(lease.Terms, last.DownSeconds) is { IsZero: false } credit) text.Append(CultureInfo.InvariantCulture, $"  {$"credit for {last.DownSeconds} s of downtime",-36} {units.Show(-credit),20}\n");
            if (lease.Lease.Amendments > 0) text.Append(CultureInfo.InvariantCulture, $"  {"by earlier terms of the lease",-36} {units.Show(lease.Lease.DueOffset),20}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\n  {"claimed",-36} {units.Show(lease.Lease.Claimed),20}\n  {"  of it paid",-36} {units.Show(lease.Lease.Paid),20}\n");
        text.Append(CultureInfo.InvariantCulture, $"  {"put into escrow",-36} {units.Show(lease.Deposit + history.ToppedUp),20}\n");
        text.Append(history.Close is { } close
            ? string.Create(CultureInfo.InvariantCulture, $"  {"refunded",-36} {units.Show(close.Refund),20}\n")
            : string.Create(CultureInfo.InvariantCulture, $"  {"in escrow",-36} {units.Show(lease.Lease.Escrow),20}\n"));
        text.Append(CultureInfo.InvariantCulture, $"\n{history.Settlements.Count} settlements, {history.Payments.Count} payments. ");
        return text.Append(isChecked ? WhatWasChecked(history.Settlements) : history.Settlements.Count == 0 ? "Nothing is settled yet.\n" : "Evidence NOT checked.\n").ToString();
    }

    private static JsonObject Json(ArchivedLease lease, LeaseHistory history, bool isChecked) => new()
    {
        ["kind"] = "invoice", ["lease"] = lease.Id.Hex, ["provider"] = lease.Terms.Provider, ["tenant"] = lease.Terms.Tenant, ["token"] = lease.Terms.Token, ["evidenceChecked"] = isChecked && ArchivedSettlement.ShownOf(history.Settlements) is not null,
        ["evidenceOf"] = ArchivedSettlement.ShownOf(history.Settlements)?.Seq, ["countersignedAlone"] = SignedOf(history.Settlements)?.Seq,
        ["deposit"] = Shown.Text(lease.Deposit), ["toppedUp"] = Shown.Text(history.ToppedUp), ["claimed"] = Shown.Text(lease.Lease.Claimed), ["paid"] = Shown.Text(lease.Lease.Paid),
        ["startFee"] = Shown.Text(lease.Terms.StartFee), ["prices"] = LeaseSheet.Json(lease.Terms.Prices),
        ["settlements"] = new JsonArray([.. history.Settlements.Select(s => new JsonObject
        {
            ["seq"] = s.Seq, ["through"] = Shown.Time(s.Through), ["amount"] = Shown.Text(s.Amount), ["claimed"] = Shown.Text(s.Claimed), ["downSeconds"] = s.DownSeconds, ["countersigned"] = s.IsCountersigned,
            ["evidenceRoot"] = s.EvidenceRoot, ["transaction"] = s.Transaction, ["usage"] = new JsonObject(CountersignRules.Meters(s.Usage).Select(m => KeyValuePair.Create(m.Name, (JsonNode?)Shown.Text(m.Value)))),
        })]),
        ["payments"] = new JsonArray([.. history.Payments.Select(p => new JsonObject
        {
            ["amount"] = Shown.Text(p.Amount), ["toProvider"] = Shown.Text(p.ToProvider), ["royalty"] = Shown.Text(p.Royalty), ["fee"] = Shown.Text(p.Fee), ["transaction"] = p.Transaction,
        })]),
        ["refund"] = history.Close is { } close ? Shown.Text(close.Refund) : null,
    };
}
