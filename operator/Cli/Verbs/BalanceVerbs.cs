using System.CommandLine;
using System.Numerics;
using System.Text.Json.Nodes;
using Federation.Chain.Accounts;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Ethereum;

namespace Federation.Cli.Verbs;

/// <summary>
/// <c>balance</c> and <c>withdraw</c>: refunds, earnings and royalties are the wallet's in the Vault until it takes them out; the next escrow
/// is taken from there first.
/// </summary>
internal static class BalanceVerbs
{
    public static IEnumerable<Command> Create(Surroundings here) => [Balance(here), Withdraw(here)];

    private static Command Balance(Surroundings here)
    {
        var token = Token();
        return new Command("balance", "Show what the wallet has: beside the Vault and in it, refunds and earnings included.") { token }.Does(here, async call =>
        {
            var (purse, wallet, asked) = await OpenAsync(call, token);
            using (purse) await WriteAsync(call, wallet, asked);
        });
    }

    private static Command Withdraw(Surroundings here)
    {
        var (token, amount) = (Token(), new Argument<string>("AMOUNT") { Description = "How much, such as 12.5; all of it when left out.", Arity = ArgumentArity.ZeroOrOne });
        return new Command("withdraw", "Take tokens out of the Vault to the wallet.") { amount, token }.Does(here, async call =>
        {
            var (purse, wallet, asked) = await OpenAsync(call, token);
            using var opened = purse;
            var (chain, has) = (await call.ChainAsync(), await wallet.ReadBalancesAsync(asked, null, call.Cancellation));
            var units = await chain.UnitsAsync(asked, call.Cancellation);
            var wanted = call.Of(amount) is { Length: > 0 } text ? units.Parse(text, "The amount") : has.Vault;
            if (wanted.IsZero) throw new CliException(ExitCodes.Underfunded, "There is nothing to take out of the Vault.");
            if (wanted > has.Vault) throw new CliException(ExitCodes.Underfunded, $"The wallet has {units.Show(has.Vault)} in the Vault, and not {units.Show(wanted)}. What is in the escrow of leases comes back when they end.");
            await call.Progress.WhileAsync($"Taking {units.Show(wanted)} out of the Vault…", async _ =>
            {
                await wallet.WithdrawAsync(asked, wanted, call.Cancellation);
                return true;
            });
            call.Progress.Done($"{units.Show(wanted)} are with the wallet.");
            await WriteAsync(call, wallet, asked);
        });
    }

    private static Option<string> Token() => new("--token") { HelpName = "ADDRESS", Description = "The token; the settings' or the deployment's when left out." };

    private static async Task<(Purse Purse, TenantWallet Wallet, Address Token)> OpenAsync(Call call, Option<string> token)
    {
        var chain = await call.ChainAsync();
        var asked = call.AddressOf(token) ?? call.Settings.TokenOf(chain.Contracts);
        var purse = await Purse.OpenAsync(call);
        return (purse, new TenantWallet(purse.Writer, chain.Contracts), asked);
    }

    private static async Task WriteAsync(Call call, TenantWallet wallet, Address token)
    {
        var (has, units) = (await wallet.ReadBalancesAsync(token, null, call.Cancellation), await (await call.ChainAsync()).UnitsAsync(token, call.Cancellation));
        var json = new JsonObject
        {
            ["kind"] = "balance", ["wallet"] = wallet.Address.ToString(), ["token"] = token.ToString(), ["symbol"] = units.Symbol, ["decimals"] = units.Decimals,
            ["beside"] = Shown.Text(has.Token), ["vault"] = Shown.Text(has.Vault), ["allowance"] = Shown.Text(has.Allowance), ["wei"] = Shown.Text(has.Native),
        };
        call.Write(new Sheet(
            "balance", [new("WALLET"), new("BESIDE THE VAULT"), new("IN THE VAULT"), new("FOR GAS"), new("THE VAULT MAY PULL", IsWide: true)],
            [new Row(wallet.Address.ToString(), json, wallet.Address.ToString(), units.Show(has.Token), units.Show(has.Vault), Gas(has.Native), units.Show(has.Allowance))], IsList: false));
    }

    private static string Gas(BigInteger wei) => new TokenUnits("", 18).Number(wei);
}
