using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Countersigning;
using Federation.Chain;
using Federation.Chain.Ledger;
using Federation.Chain.Tenancy;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Settlement;
using Federation.Ethereum;

namespace Federation.Cli.Verbs;

/// <summary>
/// <c>evidence</c>: what a settlement rests on, fetched from the datacenter by tenant or arbiter, written to a file, and checked from such a file by anybody who
/// has a node of the chain. Says what a dispute over it comes to.
/// </summary>
internal static class EvidenceVerb
{
    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        var export = new Option<string>("--export") { HelpName = "FILE", Description = "Write it to this file as well, also where it does not show what was claimed." };
        var verify = new Option<string>("--verify") { HelpName = "FILE", Description = "Check what --export has written to this file; no datacenter is asked, and no wallet needed." };
        var settlement = new Option<uint?>("--settlement") { HelpName = "NUMBER", Description = "Look at this settlement, instead of the last one that names evidence." };
        var dispute = new Option<ulong?>("--dispute") { HelpName = "NUMBER", Description = "Look at what this dispute is about, and say what of it is the datacenter's." };
        return new Command("evidence", "Check what a settlement rests on, and hand it to who rules on a dispute.") { lease, export, verify, settlement, dispute }.Does(here, async Task<int> (call) =>
        {
            if (call.Of(export) is not null && call.Of(verify) is not null) throw new CliException(ExitCodes.Usage, $"{export.Name} writes what the datacenter hands over, {verify.Name} asks no datacenter: give one of them.");
            if (call.Of(settlement) is not null && call.Of(dispute) is not null) throw new CliException(ExitCodes.Usage, $"Which settlement it is, {dispute.Name} says: {settlement.Name} has no use beside it.");
            var kept = call.Of(verify) is { } file ? await EvidenceFile.ReadAsync(verify, file, call.Cancellation) : null;
            if (call.Of(export) is { } target) EvidenceFile.CheckTarget(export, target);
            var found = await call.LeaseAsync(call.Of(lease));
            var chain = await call.ChainAsync();
            var settlements = (await chain.Archive.ReadHistoryAsync(found, call.Cancellation)).Settlements;
            var contested = call.Of(dispute) is { } number
                ? await chain.Archive.FindDisputeAsync(found, number, call.Cancellation) ?? throw new CliException(ExitCodes.NotFound, $"There is no dispute {number} over lease {found.Id}.")
                : null;
            var looked = Pick(settlements, call.Of(settlement), contested);
            if (looked.EvidenceRoot == Receipt.NoEvidence) throw new CliException(ExitCodes.EvidenceDiffers, EvidenceFinding.NoEvidence(looked));

            var lines = kept ?? await FetchAsync(call, found, looked);
            if (call.Of(export) is { } into) await EvidenceFile.WriteAsync(export, into, lines, call.Cancellation);
            var (finding, problem) = EvidenceFinding.Of(found, looked, lines);
            if (problem is not null) throw new CliException(ExitCodes.EvidenceDiffers, $"This is no evidence of what was settled. {Printable.Line(problem)}");
            if (call.Format is OutputFormat.Table or OutputFormat.Wide) here.Out.Write(Text(found, finding!, contested, chain.Contracts, await chain.UnitsAsync(Address.Parse(found.Terms.Token), call.Cancellation)));
            else call.Write(new Sheet("evidence", [], [new Row(found.Id.Hex, Json(found, finding!, contested, chain.Contracts))], IsList: false));
            return finding!.Holds ? ExitCodes.Ok : ExitCodes.EvidenceDiffers;
        });
    }

    private static ArchivedSettlement Pick(IReadOnlyList<ArchivedSettlement> settlements, uint? number, ArchivedDispute? dispute)
    {
        if (number is { } seq) return settlements.FirstOrDefault(s => s.Seq == seq) ?? throw new CliException(ExitCodes.NotFound, $"The lease has no settlement {seq}: kubectl compute invoice -o json lists those that it has.");
        if (dispute is not null) return settlements.LastOrDefault(dispute.IsAfter) ?? throw new CliException(ExitCodes.NotFound, $"Nothing was settled before dispute {dispute.Number}.");
        return ArchivedSettlement.ShownOf(settlements) ?? throw new CliException(ExitCodes.NotFound, "No settlement of the lease names evidence yet.");
    }

    private static async Task<string[]> FetchAsync(Call call, ArchivedLease lease, ArchivedSettlement settlement)
    {
        var records = await Records.OfAsync(call, lease);
        var (lines, problem, _) = await call.Progress.WhileAsync("Fetching the evidence…", _ => new EvidenceTrail(lease.Id, records, null, new KeccakHasher()).CollectAsync(settlement.EvidenceRoot, call.Cancellation));
        return problem is null ? [.. lines] : throw new CliException(ExitCodes.EvidenceDiffers, Printable.Line(problem));
    }

    private static string Text(ArchivedLease lease, EvidenceFinding finding, ArchivedDispute? dispute, ContractAddresses contracts, TokenUnits units)
    {
        var settled = finding.Settlement;
        var text = new StringBuilder($"Evidence of lease {lease.Id.Hex}: windows 1 to {finding.Windows}, which hash to the root of settlement {settled.Seq}, {settled.EvidenceRoot}.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"  {"METER",-20} {"CLAIMED",20} {"SHOWN",20}\n");
        foreach (var (claimed, shown) in CountersignRules.Meters(settled.Usage).Zip(CountersignRules.Meters(finding.Measured.ToVector())).Where(m => m.First.Value > 0 || m.Second.Value > 0))
            text.Append(CultureInfo.InvariantCulture, $"  {claimed.Name,-20} {Shown.Text(claimed.Value),20} {Shown.Text(shown.Value),20}\n");
        text.Append(finding.Difference is { } difference ? $"\nIt is not what was claimed. {difference}\n" : "\nIt is what was claimed.\n");
        if (finding.Worth is { } worth) text.Append(CultureInfo.InvariantCulture, $"Claimed in all {units.Show(settled.Claimed)}, shown {units.Show(worth)}: {(finding.Above.IsZero ? "nothing too much" : $"{units.Show(finding.Above)} too much")}.\n");
        else text.Append("The lease has other terms since: what it costs by those of then is not said here.\n");
        if (dispute is not null && finding.ToProvider(dispute.Gap) is { } just)
            text.Append(CultureInfo.InvariantCulture, $"\nDispute {dispute.Number} is over {units.Show(dispute.Gap)}. By this evidence {units.Show(just)} of that are the datacenter's. Its arbiter, {lease.Terms.Arbiter}, rules so by\n{DisputeCommands.Rule(contracts, dispute.Number, lease.Terms, just)}\n");
        else if (dispute is null && !finding.Above.IsZero)
            text.Append(CultureInfo.InvariantCulture, $"\nWhat has not matured of it can be disputed, by the tenant or a session key, with\n{Open(lease, finding, contracts)}\n");
        return text.ToString();
    }

    // The bond is a twentieth of what is in dispute, and not less than the terms say.
    private static string Open(ArchivedLease lease, EvidenceFinding finding, ContractAddresses contracts) => DisputeCommands.Open(
        contracts, lease.Id, lease.Terms, finding.Measured.ToVector(), finding.Settlement.DownSeconds, lease.Terms.Parameters.DisputeBond + (finding.Above / 20) + 1);

    private static JsonObject Json(ArchivedLease lease, EvidenceFinding finding, ArchivedDispute? dispute, ContractAddresses contracts) => new()
    {
        ["kind"] = "evidence", ["lease"] = lease.Id.Hex, ["settlement"] = finding.Settlement.Seq, ["transaction"] = finding.Settlement.Transaction, ["root"] = finding.Settlement.EvidenceRoot,
        ["windows"] = finding.Windows, ["holds"] = finding.Holds, ["difference"] = finding.Difference, ["arbiter"] = lease.Terms.Arbiter,
        ["usageClaimed"] = Usage(finding.Settlement.Usage), ["usageShown"] = Usage(finding.Measured.ToVector()),
        ["claimed"] = Shown.Text(finding.Settlement.Claimed), ["shown"] = finding.Worth is { } worth ? Shown.Text(worth) : null, ["tooMuch"] = finding.Worth is null ? null : Shown.Text(finding.Above),
        ["dispute"] = dispute is null ? null : Shown.Text(dispute.Number), ["inDispute"] = dispute is null ? null : Shown.Text(dispute.Gap),
        ["toProvider"] = dispute is not null && finding.ToProvider(dispute.Gap) is { } just ? Shown.Text(just) : null,
        ["command"] = dispute is not null && finding.ToProvider(dispute.Gap) is { } ruled ? DisputeCommands.Rule(contracts, dispute.Number, lease.Terms, ruled) : dispute is null && !finding.Above.IsZero ? Open(lease, finding, contracts) : null,
    };

    private static JsonObject Usage(Domain.Pricing.UsageVector usage) => new(CountersignRules.Meters(usage).Select(m => KeyValuePair.Create(m.Name, (JsonNode?)Shown.Text(m.Value))));
}
