using System.CommandLine;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;

namespace Federation.Cli.Verbs;

/// <summary><c>create</c>: quotes, the cheapest, one transaction, the workload delivered.</summary>
internal static class CreateVerb
{
    // Less than that is left of an offer, and a block may come after it.
    private const long ShortestLifeSeconds = 20;

    private const int MostOvertaken = 2;

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
            var (wish, found) = call.Of(lease) is { Length: > 0 } known ? await KnownAsync(call, flags, known) : await BuyAsync(call, flags, call.Of(approve), call.Of(yes));
            var delivery = new Delivery(call, patience);
            await delivery.RunAsync(found, wish.Workload, call.Of(wait));
            var chain = await call.ChainAsync();
            call.Write(await LeaseSheet.OfAsync(chain, [await chain.Archive.FindAsync(found.Id, call.Cancellation) ?? found], isList: false, call.Cancellation));
        });
    }

    private static async Task<(Wish Wish, ArchivedLease Lease)> KnownAsync(Call call, WishFlags flags, string named)
    {
        var (wish, found) = (flags.Read(call), await call.LeaseAsync(named));
        if (found.Terms.SpecHash != wish.SpecHash)
            throw new CliException(ExitCodes.Usage, $"The workload hashes to {wish.SpecHash}, the lease is for {found.Terms.SpecHash}: it would not be run. Deliver the one that was rented for.");
        var isLate = found.Lease.State == LeaseState.Reserved && await (await call.ChainAsync()).TimeAsync(call.Cancellation) > found.Terms.ActivateBy;
        return found.Lease.State is LeaseState.Active or LeaseState.Reserved && !isLate
            ? (wish, found)
            : throw new CliException(ExitCodes.Refused, isLate
                ? $"The reservation of lease {found.Id} is over and its datacenter did not activate it: kubectl compute close {LeaseSheet.Short(found.Id)} gets the escrow back."
                : $"Lease {found.Id} is {found.Lease.State}: nothing runs on it any more. kubectl compute create without --lease rents another one.");
    }

    private static async Task<(Wish Wish, ArchivedLease Lease)> BuyAsync(Call call, WishFlags flags, bool mayApprove, bool isSure)
    {
        // 1. What it costs, and where. What is wrong with the file needs no wallet to be said.
        var wish = flags.Read(call);
        using var purse = await Purse.OpenAsync(call);
        var asked = await flags.AskAsync(call, purse, wish);
        if (asked.Cheapest is not { } chosen) throw new CliException(ExitCodes.Refused, asked.Refusals());
        var place = chosen.From.Place;
        call.Progress.Done($"{asked.Answers.Count(a => a.Offer is not null)} of {asked.Answers.Count} datacenters made an offer; the cheapest is {place.Provider} ({Printable.Line(place.Region)}).");

        // 2. Whether it is wanted, and can be paid.
        Confirmation.Require(call, isSure, $"Rent {asked.TermsOf(chosen)}?");
        if (isSure) call.Progress.Done($"Renting {asked.TermsOf(chosen)}.");
        var isJustFunded = await purse.FundAsync(call, asked.Token, chosen.Deposit, mayApprove);

        // 3. One transaction.
        MatchIntent? match = null;
        for (var left = MostOvertaken; match is null; left--)
        {
            if (await IsAllButOverAsync(call, chosen))
            {
                (asked, chosen, var isOther) = await AskAgainAsync(call, flags, purse, asked, chosen, isSure);
                if (isOther) isJustFunded |= await purse.FundAsync(call, asked.Token, chosen.Deposit, mayApprove);
            }

            match = await TakeAsync(call, purse, chosen, isJustFunded, isLast: left == 0);
        }

        call.Progress.Done($"Lease {match.Lease} is rented.");
        var chain = await call.ChainAsync();
        return (asked.Wish, await FoundAsync(chain, match.Lease, call.Cancellation));
    }

    // A person who reads, and an approval that waits for its block, may take as long as an offer holds.
    private static async Task<bool> IsAllButOverAsync(Call call, Answer chosen) => chosen.ExpiresAt - Math.Max(await (await call.ChainAsync()).TimeAsync(call.Cancellation), call.Here.Clock.GetUtcNow().ToUnixTimeSeconds()) < ShortestLifeSeconds;

    /// <summary>The same datacenter's offer of now, where it is in nothing dearer; else who said yes to another one is asked again.</summary>
    private static async Task<(Asked Asked, Answer Chosen, bool IsOther)> AskAgainAsync(Call call, WishFlags flags, Purse purse, Asked before, Answer agreed, bool isSure)
    {
        call.Progress.Done("The offer is all but over: the datacenters are asked again.");
        var asked = await flags.AskAgainAsync(call, purse, before);
        if (asked.NoWorseThan(agreed) is { } same) return (asked, same, false);
        if (asked.Cheapest is not { } other) throw new CliException(ExitCodes.Refused, asked.Refusals());
        Confirmation.Require(call, isSure, $"It is not what it was. Rent {asked.TermsOf(other)}?");
        if (isSure) call.Progress.Done($"Renting {asked.TermsOf(other)}.");
        return (asked, other, true);
    }

    /// <returns>Null where the offer was over by then.</returns>
    private static async Task<MatchIntent?> TakeAsync(Call call, Purse purse, Answer chosen, bool isJustFunded, bool isLast)
    {
        var (match, isTried) = (new MatchIntent(chosen.Order!.Lease, chosen.Order.Request, chosen.Offer!), false);
        try
        {
            await purse.TryAsync(call, match, isJustFunded);
            isTried = true;
            await purse.SendAsync(call, $"Renting lease {LeaseSheet.Short(match.Lease)}", match);
            return match;
        }
        catch (CliException e) when (e.IsOvertaken && !isLast)
        {
            return null;
        }
        // Who interrupts it has to know what to look for.
        catch (OperationCanceledException e) when (isTried)
        {
            throw new CliException(ExitCodes.Interrupted, $"Interrupted while lease {match.Lease} was being rented: the transaction may be mined still. kubectl compute get {LeaseSheet.Short(match.Lease)} shows whether it was.", e);
        }
    }

    // Of several nodes behind one address one may be a block behind.
    private static async Task<ArchivedLease> FoundAsync(ChainDoor chain, LeaseId id, CancellationToken cancellation)
    {
        try
        {
            return await chain.Archive.FindAsync(id, cancellation) ?? throw new CliException(ExitCodes.ChainUnreachable, "The node does not show it yet.");
        }
        catch (Exception e) when (e is CliException or LedgerException or OperationCanceledException)
        {
            throw new CliException(
                e is OperationCanceledException ? ExitCodes.Interrupted : ExitCodes.ChainUnreachable,
                $"Lease {id} is rented, and its workload is not delivered: {Printable.Line(e.Message)}\nkubectl compute create -f FILE --lease {LeaseSheet.Short(id)} goes on; do not create another one.", e);
        }
    }
}
