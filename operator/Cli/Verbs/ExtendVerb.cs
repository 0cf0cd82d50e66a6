using System.CommandLine;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Gateway;
using Federation.Kubernetes.Client;

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
        var anyPrice = new Option<bool>("--new-prices") { Description = "With --duration: take the datacenter's prices of now, also where they are higher; they are shown and asked about." };
        var maxPrice = new Option<string>("--max-price") { HelpName = "AMOUNT", Description = "With --new-prices: the most that an hour at full load may cost in all." };
        var anyUsage = new Option<bool>("--accept-usage") { Description = "With --duration: countersign the datacenter's usage also where it is more than what is reserved comes to." };
        var approve = new Option<bool>("--approve") { Description = "Let the Vault pull the amount from the wallet: that sum, and no more." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask whether the longer term is wanted, with the usage that it settles and its prices." };
        return new Command("extend", "Put more into a lease's escrow, or make its term longer.") { lease, amount, duration, anyPrice, maxPrice, anyUsage, approve, yes }.Does(here, async call =>
        {
            // 1. What is wrong with the command line is said before anything is sent.
            if (call.Of(amount) is null && call.Of(duration) is null) throw new CliException(ExitCodes.Usage, "Give --amount, --duration, or both.");
            var longer = call.Of(duration) is { } text ? Shown.Seconds(text, "--duration") : 0;
            var found = await call.LeaseAsync(call.Of(lease));
            if (found.Lease.State is not (LeaseState.Active or LeaseState.Reserved)) throw new CliException(ExitCodes.Refused, $"The lease is {found.Lease.State}: nothing extends it any more. kubectl compute create rents another one.");
            if (longer > 0 && found.Lease.State == LeaseState.Reserved) throw new CliException(ExitCodes.Refused, "The lease is Reserved: its term can be made longer once it is active.");
            var chain = await call.ChainAsync();
            var units = await chain.UnitsAsync(Address.Parse(found.Terms.Token), call.Cancellation);
            var more = call.Of(amount) is { } sum ? units.Parse(sum, "--amount") : 0;
            if (call.Of(amount) is not null && more.IsZero) throw new CliException(ExitCodes.Usage, "--amount is nothing.");
            var most = call.Of(maxPrice) is { Length: > 0 } price ? units.Parse(price, "--max-price") : (BigInteger?)null;

            // 2. The datacenter's word first: where it says no, or what it says is not wanted, nothing was sent.
            using var purse = await Purse.OpenAsync(call);
            var amendment = longer > 0 ? await AskAsync(call, purse, found, longer, call.Of(anyPrice), units, most) : null;
            if (amendment is not null) await ConfirmAsync(call, found, amendment, units, call.Of(anyUsage), call.Of(yes));

            // 3. The money, then the term.
            if (more > 0) await TopUpAsync(call, purse, found, units, more, call.Of(approve));
            if (amendment is not null) await RenewAsync(call, purse, found, amendment, longer, more > 0 ? $"The {units.Show(more)} are in escrow all the same: extend again with --duration alone." : "");
            call.Write(await LeaseSheet.OfAsync(chain, [await chain.Archive.FindAsync(found.Id, call.Cancellation) ?? found], isList: false, call.Cancellation));
        });
    }

    private static async Task TopUpAsync(Call call, Purse purse, ArchivedLease lease, TokenUnits units, BigInteger amount, bool mayApprove)
    {
        await purse.FundAsync(call, Address.Parse(lease.Terms.Token), amount, mayApprove);
        await purse.SendAsync(call, $"Putting in {units.Show(amount)}", new TopUpIntent(lease.Id, lease.Terms, amount, lease.Lease.Given + amount));
        call.Progress.Done($"{units.Show(amount)} are in escrow more.");
    }

    private static async Task<SignedAmendment> AskAsync(Call call, Purse purse, ArchivedLease lease, uint longer, bool takesAnyPrice, TokenUnits units, BigInteger? maxPrice)
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
            throw new CliException(answer.Reason == "NoAnswer" ? ExitCodes.GatewayUnreachable : ExitCodes.Refused, $"Nothing was sent: the datacenter does not make the term longer: {Printable.Line(answer.Reason)}: {Printable.Line(answer.Message)}");
        if (purse.Orders.FaultOf(amendment, lease.Id, terms, order.Request, entry.Operator.ToString()) is { } fault) throw new CliException(ExitCodes.Refused, $"Nothing was sent: what the datacenter signed is not what was asked for: {Printable.Line(fault)}");
        var hour = LeaseSheet.PerHour(amendment.Terms.New.Prices, amendment.Terms.New.Resources);
        return hour > maxPrice ? throw new CliException(ExitCodes.Refused, $"Nothing was sent: an hour would cost {units.Show(hour)}, --max-price is {units.Show(maxPrice.Value)}.") : amendment;
    }

    private static async Task ConfirmAsync(Call call, ArchivedLease lease, SignedAmendment amendment, TokenUnits units, bool takesAnyUsage, bool isSure)
    {
        var (chain, next) = (await call.ChainAsync(), amendment.Terms.New);
        var last = (await chain.Archive.ReadHistoryAsync(lease, call.Cancellation)).Settlements is [.., var receipt] ? receipt : null;
        var claim = new UsageClaim(amendment.Terms, lease, last, await StatusAsync(call, lease));
        var now = Math.Max(await chain.TimeAsync(call.Cancellation), call.Here.Clock.GetUtcNow().ToUnixTimeSeconds());
        var (before, after) = (LeaseSheet.PerHour(lease.Terms.Prices, lease.Terms.Resources), LeaseSheet.PerHour(next.Prices, next.Resources));
        var price = after == before ? $"{units.Show(after)} an hour at full load, as before" : $"{units.Show(after)} an hour at full load from now on, {units.Show(before)} before";
        var text = $"{claim.Text(units)}\nThe term becomes {Shown.Span(next.DurationSeconds)}, for {price}, with {Shown.Span(next.NoticeSeconds)} notice.";
        if (claim.FaultOf(now) is { } fault && !takesAnyUsage)
            throw new CliException(ExitCodes.Refused, $"Nothing was sent: the longer term comes with usage that would be countersigned, and nobody can have used so much. {fault}\n{text}\nHave the datacenter explain it; --accept-usage takes it as it is.");
        Confirmation.Require(call, isSure, $"{text}\nCountersign that?");
        if (isSure) call.Progress.Done(text);
    }

    // For comparison alone: without it the chain's last receipt and what is reserved are what there is.
    private static async Task<UsageVector?> StatusAsync(Call call, ArchivedLease lease)
    {
        try
        {
            using var door = new LeaseDoor(await (await call.SignInAsync()).EnterAsync(Address.Parse(lease.Terms.Provider), isFresh: false, call.Cancellation), call.Here.Clock);
            return UsageClaim.OfStatus(await door.ReadAsync(lease.Id, call.Cancellation));
        }
        catch (Exception e) when (e is GatewayException or GatewayRefusalException or KubernetesException or HttpRequestException or TimeoutException or FormatException or CliException)
        {
            call.Progress.Done($"The lease's status cannot be read: {Printable.Line(e.Message)}");
            return null;
        }
    }

    private static async Task RenewAsync(Call call, Purse purse, ArchivedLease lease, SignedAmendment amendment, uint longer, string already)
    {
        try
        {
            await purse.SendAsync(call, $"Making the term {Shown.Span(longer)} longer", new AmendIntent(lease.Id, amendment));
        }
        catch (CliException e) when (already.Length > 0)
        {
            throw new CliException(e.Code, $"{e.Message}\n{already}", e);
        }

        call.Progress.Done($"The term is {Shown.Span(lease.Terms.DurationSeconds + longer)} now.");
    }
}
