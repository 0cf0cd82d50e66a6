using System.CommandLine;
using Federation.Chain;
using Federation.Chain.Ledger;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
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
    /// <param name="done">Of what others may do too: the error by which the contract says that they have.</param>
    public static async Task DoAsync(Call call, Option<bool> send, Option<bool> yes, string question, IReadOnlyList<(string What, Address Contract, FunctionMessage Message)> calls, string? done = null)
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
        foreach (var (what, contract, message) in calls)
        {
            try
            {
                var receipt = await call.Progress.WhileAsync(what + "…", _ => purse.Writer.CallAsync(contract, message, call.Cancellation));
                call.Progress.Done($"{what}: block {receipt.BlockNumber}, transaction {receipt.TransactionHash}.");
            }
            catch (ContractCallException refused) when (done is not null && refused.Message.Contains($"{done}(", StringComparison.Ordinal))
            {
                call.Progress.Done($"{what}: somebody else has just done it.");
            }
        }
    }
}
