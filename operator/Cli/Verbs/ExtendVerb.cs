using System.CommandLine;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Gateway;

namespace Federation.Cli.Verbs;

/// <summary><c>extend</c>: more escrow, or a longer term, which the datacenter signs.</summary>
internal static class ExtendVerb
{
    private static readonly TimeSpan RequestLife = TimeSpan.FromSeconds(90);

    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        var amount = new Option<string>("--amount") { HelpName = "AMOUNT", Description = "More escrow, such as 5.5." };
        var duration = new Option<string>("--duration") { HelpName = "TIME", Description = "So much longer a term, such as 2h; the datacenter has to agree." };
        var anyPrice = new Option<bool>("--new-prices") { Description = "With --duration: take the datacenter's prices of now, also where they are higher." };
        var approve = new Option<bool>("--approve") { Description = "Let the Vault pull the amount from the wallet: that sum, and no more." };
        return new Command("extend", "Put more into a lease's escrow, or make its term longer.") { lease, amount, duration, anyPrice, approve }.Does(here, async call =>
        {
            if (call.Of(amount) is null && call.Of(duration) is null) throw new CliException(ExitCodes.Usage, "Give --amount, --duration, or both.");
            var longer = call.Of(duration) is { } text ? Shown.Seconds(text, "--duration") : 0;
            var found = await call.LeaseAsync(call.Of(lease));
            if (found.Lease.State is not (LeaseState.Active or LeaseState.Reserved)) throw new CliException(ExitCodes.Refused, $"The lease is {found.Lease.State}: nothing extends it any more. kubectl compute create rents another one.");
            using var purse = await Purse.OpenAsync(call);
            if (call.Of(amount) is { } more) await TopUpAsync(call, purse, found, more, call.Of(approve));
            if (longer > 0) await RenewAsync(call, purse, found, longer, call.Of(anyPrice));
            var chain = await call.ChainAsync();
            call.Write(await LeaseSheet.OfAsync(chain, [(await chain.Archive.FindAsync(found.Id, call.Cancellation))!], isList: false, call.Cancellation));
        });
    }

    private static async Task TopUpAsync(Call call, Purse purse, ArchivedLease lease, string text, bool mayApprove)
    {
        var token = Address.Parse(lease.Terms.Token);
        var units = await (await call.ChainAsync()).UnitsAsync(token, call.Cancellation);
        var amount = units.Parse(text, "--amount");
        if (amount.IsZero) throw new CliException(ExitCodes.Usage, "--amount is nothing.");
        await purse.FundAsync(call, token, amount, mayApprove);
        await purse.SendAsync(call, $"Putting in {units.Show(amount)}", new TopUpIntent(lease.Id, lease.Terms, amount, lease.Lease.Given + amount));
        call.Progress.Done($"{units.Show(amount)} are in escrow more.");
    }

    private static async Task RenewAsync(Call call, Purse purse, ArchivedLease lease, uint longer, bool takesAnyPrice)
    {
        var (chain, terms) = (await call.ChainAsync(), lease.Terms);
        if (terms.DurationSeconds > uint.MaxValue - longer) throw new CliException(ExitCodes.Usage, "--duration: no term is that long.");
        var entry = await chain.EntryAsync(Address.Parse(terms.Provider), call.Cancellation);
        var most = takesAnyPrice ? Manifest.Anything : new Ceiling(terms.Prices, PriceBook.Most, PriceBook.Most, PriceBook.Most);
        var wish = new Wish(new System.Text.Json.Nodes.JsonObject(), terms.SpecHash, terms.Resources, [], most, PlacementRules.None, null, null, terms.Token, terms.Arbiter, terms.NoticeSeconds);
        var expires = Math.Max(await chain.TimeAsync(call.Cancellation), call.Here.Clock.GetUtcNow().ToUnixTimeSeconds()) + (long)RequestLife.TotalSeconds;
        var order = await purse.Orders.PrepareAsync(
            lease.Id, Market.Draft(wish, Address.Zero.ToString(), terms.Token, terms.DurationSeconds + longer, BigInteger.Max(1, lease.Lease.Escrow), expires), call.Cancellation);
        using var desk = new HttpQuoteDesk(call.Settings.CheckedGateways(), call.Here.Clock);
        var answer = await call.Progress.WhileAsync("Asking the datacenter for a longer term…", _ => desk.AmendAsync(call.Gateways.Checked(entry.Endpoint).AbsoluteUri, order, call.Cancellation));
        if (answer.Answer is not { } amendment)
            throw new CliException(answer.Reason == "NoAnswer" ? ExitCodes.GatewayUnreachable : ExitCodes.Refused, $"The datacenter does not make the term longer: {Printable.Line(answer.Reason)}: {Printable.Line(answer.Message)}");
        if (purse.Orders.FaultOf(amendment, lease.Id, terms, order.Request, entry.Operator.ToString()) is { } fault) throw new CliException(ExitCodes.Refused, $"What the datacenter signed is not what was asked for: {Printable.Line(fault)}");
        await purse.SendAsync(call, $"Making the term {Shown.Span(longer)} longer", new AmendIntent(lease.Id, amendment));
        call.Progress.Done($"The term is {Shown.Span(terms.DurationSeconds + longer)} now.");
    }
}
