using System.CommandLine;
using Federation.Chain;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Ledger;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Cli.Providing;

/// <summary>
/// What a provider has on chain to do: printed as commands that any signer takes, since a provider's own key is rarely where kubectl is; sent with
/// the wallet where that is asked for.
/// </summary>
internal static class ProviderCalls
{
    public static Option<bool> Send() => new("--send") { Description = "Send it with the wallet, which is the provider's own key then; else the commands are printed." };

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "With --send: do not ask." };

    /// <param name="question">What a person is asked before it is sent.</param>
    /// <param name="again">
    /// Where others may do the same, and no call rests on the one before: what to send instead of one that was refused, by what the chain says now; null when nothing is to be sent any more.
    /// </param>
    public static async Task DoAsync(
        Call call, Option<bool> send, Option<bool> yes, string question, IReadOnlyList<(string What, Address Contract, FunctionMessage Message)> calls, Func<int, Task<FunctionMessage?>>? again = null)
    {
        if (calls.Count == 0)
        {
            call.Progress.Done("The chain says so already: nothing is to be sent.");
            return;
        }

        if (!call.Of(send))
        {
            foreach (var (_, contract, message) in calls) call.Here.Out.Write(CastCommand.Of(contract, message) + "\n");
            return;
        }

        Confirmation.Require(call, call.Of(yes), question);
        using var purse = await Purse.OpenAsync(call);
        var failed = new List<(string What, ContractCallException Why)>();
        for (var i = 0; i < calls.Count; i++)
        {
            var (what, contract, message) = calls[i];
            try
            {
                await SendAsync(call, purse, what, contract, message);
            }
            catch (ContractCallException refused) when (again is not null)
            {
                if (await AgainAsync(call, purse, what, contract, refused, await again(i)) is { } why) failed.Add((what, why));
            }
        }

        if (failed is [var (_, first), ..])
            throw new CliException(CommandLine.CodeOf(first) ?? ExitCodes.Refused, $"{failed.Count} of {calls.Count} did not take effect:\n{string.Join("\n", failed.Select(f => $"  {f.What}: {Printable.Line(f.Why.Message)}"))}", first);
    }

    private static async Task<ContractCallException?> AgainAsync(Call call, Purse purse, string what, Address contract, ContractCallException refused, FunctionMessage? next)
    {
        if (next is null || IsDone(refused))
        {
            call.Progress.Done($"{what}: somebody else has just done it.");
            return null;
        }

        try
        {
            await SendAsync(call, purse, what, contract, next);
            return null;
        }
        catch (ContractCallException e)
        {
            if (!IsDone(e)) return e;
            call.Progress.Done($"{what}: somebody else has just done it.");
            return null;
        }
    }

    // A node that is a block behind may say that it is not.
    private static bool IsDone(ContractCallException refused) => refused.Message.Contains($"{NothingPendingError.Error.Name}(", StringComparison.Ordinal);

    private static async Task SendAsync(Call call, Purse purse, string what, Address contract, FunctionMessage message)
    {
        var receipt = await call.Progress.WhileAsync(what + "…", _ => purse.Writer.CallAsync(contract, message, call.Cancellation));
        call.Progress.Done($"{what}: block {receipt.BlockNumber}, transaction {receipt.TransactionHash}.");
    }
}
