using System.CommandLine;
using System.Text.Json.Nodes;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Pricing;
using Federation.Ethereum;

namespace Federation.Cli.Verbs;

/// <summary><c>usage</c>: what a lease has used by its last settlement, and what the next one will say.</summary>
internal static class UsageVerb
{
    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        var next = new Option<bool>("--unsettled") { Description = "By the datacenter's next receipt, which is not on chain yet: it is asked, and the wallet signs that." };
        return new Command("usage", "Show what a lease has used, by meter.") { lease, next }.Does(here, async call =>
        {
            var found = await call.LeaseAsync(call.Of(lease));
            var chain = await call.ChainAsync();
            var units = await chain.UnitsAsync(Address.Parse(found.Terms.Token), call.Cancellation);
            var (usage, through, source) = (UsageVector.Zero, 0L, "Nothing is settled yet.");
            if (call.Of(next) && await (await Records.OfAsync(call, found)).ReadReceiptAsync(call.Cancellation) is { } handed)
                (usage, through, source) = (handed.Receipt.Usage, handed.Receipt.Through, $"By receipt {handed.Receipt.Seq} of the datacenter, which is not settled yet.");
            else if ((await chain.Archive.ReadHistoryAsync(found, call.Cancellation)).Settlements is [.., var last])
                (usage, through, source) = (last.Usage, last.Through, $"By settlement {last.Seq} on chain.");

            var meters = Meter.Of(found.Terms.Prices, usage);
            if (call.Format is OutputFormat.Table or OutputFormat.Wide) here.Error.Write($"{source} Measured through {Shown.Time(through)}; claimed in all {units.Show(found.Lease.Claimed)}, start fee included.\n");
            call.Write(new Sheet(
                "meter", [new("METER"), new("USED"), new("COST"), new("RAW", IsWide: true), new("PRICE", IsWide: true)],
                [
                    .. meters.Select(m => new Row(
                        m.Name, new JsonObject { ["kind"] = "meter", ["lease"] = found.Id.Hex, ["name"] = m.Name, ["used"] = Shown.Text(m.Raw), ["price"] = Shown.Text(m.Price), ["cost"] = Shown.Text(m.Cost), ["through"] = Shown.Time(through) },
                        m.Name, m.Used, units.Show(m.Cost), Shown.Text(m.Raw), Shown.Text(m.Price))),
                ]));
        });
    }
}
