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
/// and folded anew. Where that does not come to what was settled there is no invoice, and a code of its own.
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
            if (!call.Of(unverified) && history.Settlements is [.., var last])
            {
                var records = await Records.OfAsync(call, found);
                if (await call.Progress.WhileAsync("Checking the evidence…", _ => FaultOfAsync(found, last, records, call.Cancellation)) is { } fault)
                    throw new CliException(ExitCodes.EvidenceDiffers, $"No invoice: settlement {last.Seq} is not what its evidence shows. {Printable.Line(fault)}");
            }

            var isChecked = !call.Of(unverified) && history.Settlements.Count > 0;
            var units = await chain.UnitsAsync(Address.Parse(found.Terms.Token), call.Cancellation);
            var sheet = new Sheet("invoice", [], [new Row(found.Id.Hex, Json(found, history, isChecked))], IsList: false);
            if (call.Format is OutputFormat.Table or OutputFormat.Wide) here.Out.Write(Text(found, history, units, isChecked));
            else call.Write(sheet);
        });
    }

    /// <returns>Why the settlement does not follow from its evidence and the terms; null when it does.</returns>
    internal static async Task<string?> FaultOfAsync(ArchivedLease lease, ArchivedSettlement last, ILeaseRecords records, CancellationToken cancellation)
    {
        if (last.EvidenceRoot == Receipt.NoEvidence) return "It names no evidence.";
        var (measured, problem) = await new EvidenceTrail(lease.Id, records, null, new KeccakHasher()).FollowAsync(last.EvidenceRoot, cancellation);
        if (problem is not null) return problem;
        var receipt = new Receipt(lease.Id, last.Seq, last.Through, last.Usage, last.DownSeconds, last.EvidenceRoot, false);
        if (CountersignRules.DifferenceOf(receipt, measured!) is { } different) return different;
        var most = BigInteger.Max(Accrual.Due(lease.Terms, last.Usage, last.DownSeconds) + lease.Lease.DueOffset, lease.Terms.MinCharge);
        return last.Claimed <= most ? null : $"By the lease's prices it comes to {most}, and {last.Claimed} were claimed.";
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
        return text.Append(isChecked ? $"Evidence checked: it comes to what was settled, root {history.Settlements[^1].EvidenceRoot}.\n" : history.Settlements.Count == 0 ? "Nothing is settled yet.\n" : "Evidence NOT checked.\n").ToString();
    }

    private static JsonObject Json(ArchivedLease lease, LeaseHistory history, bool isChecked) => new()
    {
        ["kind"] = "invoice", ["lease"] = lease.Id.Hex, ["provider"] = lease.Terms.Provider, ["tenant"] = lease.Terms.Tenant, ["token"] = lease.Terms.Token, ["evidenceChecked"] = isChecked,
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
