using System.CommandLine;
using Federation.Application.Ports;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;

namespace Federation.Cli.Verbs;

/// <summary><c>create</c>: quotes, the cheapest, one transaction, the workload delivered.</summary>
internal static class CreateVerb
{
    public static Command Create(Surroundings here)
    {
        var flags = new WishFlags();
        var lease = new Option<string>("--lease") { HelpName = "LEASE", Description = "Deliver to this lease and buy nothing: to go on where an earlier command ended." };
        var approve = new Option<bool>("--approve") { Description = "Let the Vault pull the escrow from the wallet: that sum, and no more." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask whether it costs too much." };
        var wait = new Option<bool>("--wait") { Description = "Wait until the workload is ready." };
        var timeout = new Option<string>("--timeout") { HelpName = "TIME", Description = "How long to wait for the delivery, and until it is ready; 5m when left out." };
        var command = new Command("create", "Rent the cheapest datacenter that fits, and run a workload there.");
        foreach (var option in flags.All.Concat([lease, approve, yes, wait, timeout])) command.Options.Add(option);
        return command.Does(here, async call =>
        {
            var patience = TimeSpan.FromSeconds(Shown.Seconds(call.Of(timeout) ?? "5m", "--timeout"));
            var (wish, id, provider) = call.Of(lease) is { Length: > 0 } known ? await KnownAsync(call, flags, known) : await BuyAsync(call, flags, call.Of(approve), call.Of(yes));
            var delivery = new Delivery(call, patience);
            var at = await delivery.DeliverAsync(id, provider, wish.Workload);
            if (call.Of(wait)) await delivery.WaitAsync(id, at);
            var chain = await call.ChainAsync();
            call.Write(await LeaseSheet.OfAsync(chain, [(await chain.Archive.FindAsync(id, call.Cancellation))!], isList: false, call.Cancellation));
        });
    }

    private static async Task<(Wish Wish, LeaseId Id, string Provider)> KnownAsync(Call call, WishFlags flags, string named)
    {
        var (wish, found) = (flags.Read(call), await call.LeaseAsync(named));
        return found.Terms.SpecHash == wish.SpecHash
            ? (wish, found.Id, found.Terms.Provider)
            : throw new CliException(ExitCodes.Usage, $"The workload hashes to {wish.SpecHash}, the lease is for {found.Terms.SpecHash}: it would not be run. Deliver the one that was rented for.");
    }

    private static async Task<(Wish Wish, LeaseId Id, string Provider)> BuyAsync(Call call, WishFlags flags, bool mayApprove, bool isSure)
    {
        // 1. What it costs, and where.
        using var purse = await Purse.OpenAsync(call);
        var asked = await flags.AskAsync(call, purse);
        if (asked.Cheapest is not { } chosen) throw new CliException(ExitCodes.Refused, asked.Refusals());
        var (units, place) = (asked.Units, chosen.From.Place);
        call.Progress.Done($"{asked.Answers.Count(a => a.Offer is not null)} of {asked.Answers.Count} datacenters made an offer; the cheapest is {place.Provider} ({Printable.Line(place.Region)}).");

        // 2. Whether it is wanted, and can be paid.
        Confirmation.Require(call, isSure, $"Rent it for {units.Show(LeaseSheet.PerHour(chosen.Offer!.Terms.Prices, asked.Wish.Resources))} an hour at full load, with {units.Show(chosen.Deposit)} in escrow?");
        await purse.FundAsync(call, asked.Token, chosen.Deposit, mayApprove);
        var match = new MatchIntent(chosen.Order!.Lease, chosen.Order.Request, chosen.Offer);
        await purse.TryAsync(match, call.Cancellation);

        // 3. One transaction. Who interrupts it from here on has to know what to look for.
        try
        {
            await purse.SendAsync(call, $"Renting lease {LeaseSheet.Short(match.Lease)}", match);
        }
        catch (OperationCanceledException e)
        {
            throw new CliException(ExitCodes.Interrupted, $"Interrupted while lease {match.Lease} was being rented: the transaction may be mined still. kubectl compute get {LeaseSheet.Short(match.Lease)} shows whether it was.", e);
        }

        call.Progress.Done($"Lease {match.Lease} is rented.");
        return (asked.Wish, match.Lease, place.Provider);
    }
}
