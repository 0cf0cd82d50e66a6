using System.CommandLine;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Ethereum;

namespace Federation.Cli.Verbs;

/// <summary><c>extend</c>: more escrow, or a longer term, which the datacenter signs.</summary>
internal static class ExtendVerb
{
    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        var amount = new Option<string>("--amount") { HelpName = "AMOUNT", Description = "More escrow, such as 5.5." };
        var duration = new Option<string>("--duration") { HelpName = "TIME", Description = "So much longer a term, such as 2h; the datacenter has to agree." };
        var anyPrice = new Option<bool>("--new-prices") { Description = "With --duration: take the datacenter's prices of now, also where they are higher; they are shown and asked about." };
        var maxPrice = new Option<string>("--max-price") { HelpName = "AMOUNT", Description = "With --new-prices: the most that an hour at full load may cost in all." };
        var anyUsage = new Option<bool>("--accept-usage") { Description = "With --duration: countersign the datacenter's usage also where its evidence or what is reserved speaks against it, or nothing shows it." };
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
            var renewal = new Renewal(call, purse, units, longer, new RenewalRules(call.Of(anyPrice), most, call.Of(anyUsage), call.Of(yes)), ReadAsync);
            var proposal = longer > 0 ? await renewal.AskAsync() : null;
            if (longer > 0 && proposal is null && more.IsZero) throw new CliException(ExitCodes.Refused, $"{renewal.Refusal} --amount puts it in by the way.");
            if (proposal is not null) await renewal.ConfirmAsync(proposal);

            // 3. The money, then the term. By the time that the money is in, what was signed before is old.
            if (more > 0) await OrWhatIsDoneAsync(() => TopUpAsync(call, purse, found, units, more, call.Of(approve)), longer > 0 ? "The term is as it was: nothing was sent for it." : "");
            if (longer > 0)
                await OrWhatIsDoneAsync(
                    async () =>
                    {
                        if (more > 0)
                        {
                            renewal.Sent();
                            proposal = await renewal.AskPaidAsync();
                            await renewal.ConfirmAsync(proposal);
                        }

                        await renewal.SendAsync(proposal!);
                    }, more > 0 ? $"The {units.Show(more)} are in escrow all the same: extend again with --duration alone." : "");
            call.Write(await LeaseSheet.OfAsync(chain, [await ReadAsync()], isList: false, call.Cancellation));

            async Task<ArchivedLease> ReadAsync() => await chain.Archive.FindAsync(found.Id, call.Cancellation) ?? found;
        });
    }

    // Whatever ends it in the middle, what is done is said.
    private static async Task OrWhatIsDoneAsync(Func<Task> act, string done)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (done.Length > 0 && CommandLine.CodeOf(e) is { } code)
        {
            throw new CliException(code, $"{CommandLine.WordsOf(e)}\n{done}", e);
        }
    }

    private static async Task TopUpAsync(Call call, Purse purse, ArchivedLease lease, TokenUnits units, BigInteger amount, bool mayApprove)
    {
        await purse.FundAsync(call, Address.Parse(lease.Terms.Token), amount, mayApprove);
        await purse.SendAsync(call, $"Putting in {units.Show(amount)}", new TopUpIntent(lease.Id, lease.Terms, amount, lease.Lease.Given + amount));
        call.Progress.Done($"{units.Show(amount)} are in escrow more.");
    }
}
