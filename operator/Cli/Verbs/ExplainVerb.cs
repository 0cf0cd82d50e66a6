using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Gateway;
using Federation.Kubernetes.Client;

namespace Federation.Cli.Verbs;

/// <summary><c>explain</c>: why a lease is pending, and why it costs what it costs.</summary>
internal static class ExplainVerb
{
    // What has to be well before the next can be.
    private static readonly string[] Order = ["Verified", "Scheduled", "Ready", "Metered", "Settled"];

    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        return new Command("explain", "Say why a lease is pending, and why it costs what it costs.") { lease }.Does(here, async call =>
        {
            var found = await call.LeaseAsync(call.Of(lease));
            var chain = await call.ChainAsync();
            var units = await chain.UnitsAsync(Address.Parse(found.Terms.Token), call.Cancellation);
            var (why, conditions) = await WhyPendingAsync(call, found, await chain.TimeAsync(call.Cancellation));
            var price = await WhyThisPriceAsync(call, found, units);
            if (call.Format is OutputFormat.Table or OutputFormat.Wide)
            {
                here.Out.Write($"Why pending?\n{Lines(why)}\nWhy this price?\n{Lines(price)}");
                return;
            }

            var json = new JsonObject
            {
                ["kind"] = "explanation", ["lease"] = found.Id.Hex, ["state"] = found.Lease.State.ToString(), ["pending"] = new JsonArray([.. why.Select(w => (JsonNode)w)]),
                ["conditions"] = conditions.DeepClone(), ["perHour"] = Shown.Text(LeaseSheet.PerHour(found.Terms.Prices, found.Terms.Resources)), ["price"] = new JsonArray([.. price.Select(p => (JsonNode)p)]),
            };
            call.Write(new Sheet("explanation", [], [new Row(found.Id.Hex, json)], IsList: false));
        });
    }

    private static async Task<(IReadOnlyList<string> Why, JsonArray Conditions)> WhyPendingAsync(Call call, ArchivedLease lease, long now)
    {
        if (lease.Lease.State == LeaseState.Closed) return ([$"It is not: the lease is closed ({lease.Lease.Reason}). kubectl compute describe {LeaseSheet.Short(lease.Id)} shows the refund."], []);
        List<string> why = [OnChain(lease, now)];
        try
        {
            using var door = new LeaseDoor(await (await call.SignInAsync()).EnterAsync(Address.Parse(lease.Terms.Provider), isFresh: false, call.Cancellation), call.Here.Clock);
            var seen = await door.ReadAsync(lease.Id, call.Cancellation);
            var conditions = seen?["status"]?["conditions"] as JsonArray ?? [];
            why.AddRange(Said(conditions));
            return (why, conditions);
        }
        catch (GatewayRefusalException e) when (e.Reason == "LeaseMissing")
        {
            why.Add("The datacenter does not know the lease yet: it waits for some blocks after the match before it believes it.");
        }
        catch (KubernetesException e) when (e.IsForbidden)
        {
            why.Add("The datacenter has not made the lease's namespace yet; that takes some seconds.");
        }
        catch (Exception e) when (e is GatewayException or GatewayRefusalException or KubernetesException or HttpRequestException or TimeoutException || (e is CliException { Code: ExitCodes.Refused or ExitCodes.NotFound }))
        {
            why.Add($"The datacenter cannot be asked: {Printable.Line(e.Message)}");
        }

        return (why, []);
    }

    private static string OnChain(ArchivedLease lease, long now) => lease.Lease.State switch
    {
        LeaseState.Reserved when lease.Terms.ActivateBy > now => $"On chain it is reserved: the datacenter activates it when it has the workload, within {Shown.Span(lease.Terms.ActivateBy - now)}; else the escrow comes back.",
        LeaseState.Reserved => $"On chain its reservation is over, and the datacenter has not activated it: kubectl compute close {LeaseSheet.Short(lease.Id)} gets the escrow back.",
        LeaseState.Closing => $"On chain it is closing ({lease.Lease.Reason}); it ends at {Shown.Time(lease.Lease.EndsAt)}.",
        _ => lease.Lease.Escrow <= Accrual.ClosingReserve(lease.Terms)
            ? $"On chain it is active, and its escrow is down to the closing reserve: it is suspended until kubectl compute extend {LeaseSheet.Short(lease.Id)} --amount puts more in."
            : $"On chain it is active until {Shown.Time(lease.Lease.EndsAt)}.",
    };

    private static IEnumerable<string> Said(JsonArray conditions)
    {
        var all = conditions.OfType<JsonObject>().ToDictionary(c => (string?)c["type"] ?? "", c => c);
        if (all.Count == 0) return ["The datacenter says nothing of it yet."];
        var open = Order.Where(t => all.TryGetValue(t, out var c) && (string?)c["status"] != "True").Select(t => all[t]).ToArray();
        return open.Length == 0
            ? ["At the datacenter all is well: it is ready, metered and settled."]
            : open.Select(c => Printable.Line($"{c["type"]} is {c["status"]} ({c["reason"]}): {c["message"]}"));
    }

    private static async Task<IReadOnlyList<string>> WhyThisPriceAsync(Call call, ArchivedLease lease, TokenUnits units)
    {
        var (terms, r) = (lease.Terms, lease.Terms.Resources);
        List<string> lines = [$"At full load an hour costs {units.Show(LeaseSheet.PerHour(terms.Prices, r))}; less use costs less:"];
        (string What, Resources Part)[] parts =
        [
            ($"cpu {r.CpuMilli}m", Resources.None with { CpuMilli = r.CpuMilli }), ($"memory {r.MemoryMiB}Mi", Resources.None with { MemoryMiB = r.MemoryMiB }),
            ($"disk {r.StorageMiB}Mi", Resources.None with { StorageMiB = r.StorageMiB }), ($"egress {r.EgressKiBps} KiB/s", Resources.None with { EgressKiBps = r.EgressKiBps }),
            ($"{r.GpuA.Count} GPU", Resources.None with { GpuA = r.GpuA }), ($"{r.GpuB.Count} GPU", Resources.None with { GpuB = r.GpuB }),
        ];
        lines.AddRange(parts.Where(p => p.Part != Resources.None).Select(p => $"  {p.What}: {units.Show(LeaseSheet.PerHour(terms.Prices, p.Part))} an hour"));
        lines.Add($"Once: start fee {units.Show(terms.StartFee)}; at least {units.Show(terms.MinCharge)} in all. A second of downtime is credited with {terms.DowntimeBps / 100m:0.##} % of the full rate.");
        lines.Add($"These prices are of the signed offer that was taken and hold until the lease ends or is amended. {await BookAsync(call, terms, units)}");
        return lines;
    }

    private static async Task<string> BookAsync(Call call, LeaseTerms terms, TokenUnits units)
    {
        try
        {
            var chain = await call.ChainAsync();
            var entry = await chain.EntryAsync(Address.Parse(terms.Provider), call.Cancellation);
            var info = await call.Gateways.Ask(call.Gateways.Checked(entry.Endpoint)).ReadInfoAsync(call.Cancellation);
            if (OfferRules.FaultOf(info, terms.Provider, entry.PriceBook.ToString(), chain, terms.Token) is { } fault) return $"The datacenter's price book of today says nothing: {Printable.Line(fault)}.";
            var book = info.Prices;
            var least = LeaseSheet.PerHour(new Prices(book.Cpu, book.Memory, book.Storage, book.Egress, terms.Prices.GpuA, terms.Prices.GpuB), terms.Resources);
            var own = LeaseSheet.PerHour(terms.Prices, terms.Resources);
            return own > least ? $"The datacenter's price book comes to {units.Show(least)} an hour today: it asked for {units.Show(own - least)} more when it was fuller, or by a program of its own."
                : $"The datacenter's price book comes to {units.Show(least)} an hour today{(own < least ? ", which is more than you pay" : "")}.";
        }
        catch (Exception e) when (e is GatewayException or CliException)
        {
            return "The datacenter's price book of today cannot be read.";
        }
    }

    private static string Lines(IEnumerable<string> lines) => lines.Aggregate(new StringBuilder(), (text, line) => text.Append("  ").Append(line).Append('\n')).ToString();
}
