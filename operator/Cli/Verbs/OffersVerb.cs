using System.CommandLine;
using System.Numerics;
using System.Text.Json.Nodes;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Gateway;

namespace Federation.Cli.Verbs;

/// <summary><c>offers</c>: what the datacenters sell, and for how much at least; for a provider, its own as tenants see them.</summary>
internal static class OffersVerb
{
    private const uint MilliOfACore = 1_000;
    private const uint MiBOfAGiB = 1_024;

    public static Command Create(Surroundings here)
    {
        var provider = new Option<string>("--provider") { HelpName = "ADDRESS", Description = "This datacenter alone; 'mine' for the wallet's own." };
        return new Command("offers", "Show what the datacenters sell and what they ask for it at least.") { provider }.Does(here, async call =>
        {
            var chain = await call.ChainAsync();
            var token = call.Settings.TokenOf(chain.Contracts);
            var asked = call.Of(provider) switch { "mine" => call.Wallet.Address.ToString(), var other => other };
            var all = (await chain.DatacentersAsync(token, "", call.Cancellation)).Where(d => asked is null ? d.IsActive : string.Equals(d.Place.Provider, asked, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (asked is not null && all.Length == 0) throw new CliException(ExitCodes.NotFound, $"The registry has no datacenter {asked}.");
            var units = await chain.UnitsAsync(token, call.Cancellation);
            var answers = await call.Progress.WhileAsync($"Asking {all.Length} datacenters…", _ => Task.WhenAll(all.Select(d => AskAsync(call, chain, d, token, units))));
            foreach (var (datacenter, _, fault) in answers.Where(a => a.Row is null)) here.Error.Write($"{datacenter.Place.Provider}: {Printable.Line(fault)}\n");
            var rows = answers.Where(a => a.Row is not null).Select(a => a.Row!).ToArray();

            if (rows.Length == 0 && all.Length > 0) throw new CliException(ExitCodes.GatewayUnreachable, "No datacenter answered.");
            call.Write(new Sheet(
                "offer",
                [
                    new("PROVIDER"), new("NAME"), new("REGION"), new("CORE/H"), new("GIB/H"), new("GPU/H"), new("NOTICE"), new("LONGEST"),
                    new("DISK GIB/H", IsWide: true), new("EGRESS/GIB", IsWide: true), new("START FEE", IsWide: true), new("LEAST CHARGE", IsWide: true), new("PUBLISHED", IsWide: true),
                ], rows) { Nothing = "No datacenter takes leases." });
        });
    }

    private static async Task<(Candidate Datacenter, Row? Row, string Fault)> AskAsync(Call call, ChainDoor chain, Candidate datacenter, Address token, TokenUnits units)
    {
        try
        {
            var info = await call.Gateways.Ask(call.Gateways.Checked(datacenter.Endpoint)).ReadInfoAsync(call.Cancellation);
            return OfferRules.FaultOf(info, datacenter.Place.Provider, datacenter.PriceBook, chain, token.ToString()) is { } fault ? (datacenter, null, fault) : (datacenter, RowOf(datacenter, info, units), "");
        }
        // What a stranger says may break in any way: it is missing from the table then, and the others are not.
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return (datacenter, null, e.Message);
        }
    }

    private static Row RowOf(Candidate datacenter, GatewayInfo info, TokenUnits units)
    {
        var book = info.Prices;
        var prices = new Prices(book.Cpu, book.Memory, book.Storage, book.Egress, 0, 0);
        BigInteger Hour(Resources resources) => LeaseSheet.PerHour(prices, resources);
        var gpus = info.GpuClasses.Where(book.Gpu.ContainsKey).Select(c => (Class: c, Price: book.Gpu[c] * 3_600 * 1_000 / Prices.Scale)).ToArray();
        var json = new JsonObject
        {
            ["kind"] = "offer", ["provider"] = datacenter.Place.Provider, ["name"] = info.Name, ["region"] = datacenter.Place.Region, ["endpoint"] = datacenter.Endpoint, ["token"] = book.Token,
            ["prices"] = LeaseSheet.Json(prices), ["gpuPrices"] = new JsonObject(book.Gpu.Select(g => KeyValuePair.Create(g.Key, (JsonNode?)Shown.Text(g.Value)))),
            ["startFee"] = Shown.Text(book.StartFee), ["minCharge"] = Shown.Text(book.MinCharge), ["reservationFee"] = Shown.Text(book.ReservationFee),
            ["noticeSeconds"] = info.NoticeSeconds, ["activationSeconds"] = info.ActivationSeconds, ["maxDurationSeconds"] = info.MaxDurationSeconds, ["isPublished"] = OfferRules.IsPublished(datacenter.PriceBook),
        };
        return new Row(
            datacenter.Place.Provider, json,
            datacenter.Place.Provider, Printable.Line(info.Name), Printable.Line(datacenter.Place.Region), units.Show(Hour(Resources.None with { CpuMilli = MilliOfACore })),
            units.Show(Hour(Resources.None with { MemoryMiB = MiBOfAGiB })), gpus.Length == 0 ? "-" : string.Join(", ", gpus.Select(g => $"{Printable.Line(g.Class)} {units.Number(g.Price)}")),
            Shown.Span(info.NoticeSeconds), Shown.Span(info.MaxDurationSeconds), units.Show(Hour(Resources.None with { StorageMiB = MiBOfAGiB })),
            units.Show(book.Egress * MiBOfAGiB * MiBOfAGiB / Prices.Scale), units.Show(book.StartFee), units.Show(book.MinCharge),
            OfferRules.IsPublished(datacenter.PriceBook) ? "yes" : "no");
    }
}
