using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.TestToken;
using Federation.Cli.Commands;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Cli.Providing;

/// <summary><c>register</c>: a datacenter's entry in the registry, and its stake.</summary>
internal static class RegisterVerb
{
    public static Command Create(Surroundings here)
    {
        var provider = LeasesVerb.Provider();
        var endpoint = new Option<string>("--endpoint") { HelpName = "URL", Description = "Where tenants reach the gateway: https.", Required = true };
        var region = new Option<string>("--region") { HelpName = "REGION", Description = "Where it stands, at most 64 bytes.", Required = true };
        var key = new Option<string>("--operator") { HelpName = "ADDRESS", Description = "The operator's key: it signs offers and receipts.", Required = true };
        var payout = new Option<string>("--payout") { HelpName = "ADDRESS", Description = "Who is paid; the provider when left out." };
        var capabilities = new Option<string>("--capabilities") { HelpName = "BITS", Description = "Bit map of what it claims, such as 0x5; those of the registry, or none, when left out." };
        var stake = new Option<string>("--stake") { HelpName = "AMOUNT", Description = "Stake that it shall have at least, such as 1000." };
        var (send, yes) = (ProviderCalls.Send(), ProviderCalls.Yes());
        return new Command("register", "For providers: register a datacenter, or change its entry, and add stake.") { provider, endpoint, region, key, payout, capabilities, stake, send, yes }.Does(here, async call =>
        {
            call.WritesNoData("register writes commands, or sends them with --send");
            var (chain, who) = (await call.ChainAsync(), LeasesVerb.ProviderOf(call, provider));
            if (!Uri.TryCreate(call.Of(endpoint), UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http")) throw new CliException(ExitCodes.Usage, $"--endpoint '{call.Of(endpoint)}' is no address such as https://dc.example.");
            var found = await chain.Client.CallAsync(chain.Contracts.Registry, new DatacenterFunction { Provider = who }, ct: call.Cancellation);
            var isThere = !found.Operator.IsZero;
            var wanted = new RegistryEntry(
                AddressOf(call.Of(key)!, "--operator"), call.Of(payout) is { } to ? AddressOf(to, "--payout") : isThere ? found.Payout : who,
                call.Of(capabilities) is { } bits ? BitsOf(bits) : isThere ? found.Capabilities : 0, call.Of(endpoint)!, call.Of(region)!);
            var calls = new List<(string, Address, FunctionMessage)>();
            if (!isThere) calls.Add(("Registering", chain.Contracts.Registry, new RegisterFunction { Operator = wanted.Operator, Payout = wanted.Payout, Capabilities = wanted.Capabilities, Endpoint = wanted.Endpoint, Region = wanted.Region }));
            else if (wanted != new RegistryEntry(found.Operator, found.Payout, found.Capabilities, found.Endpoint, found.Region))
                calls.Add(("Changing the entry", chain.Contracts.Registry, new UpdateFunction { Operator = wanted.Operator, Payout = wanted.Payout, Capabilities = wanted.Capabilities, Endpoint = wanted.Endpoint, Region = wanted.Region }));
            if (call.Of(stake) is { } amount) await AddStakeAsync(call, who, amount, calls);
            await ProviderCalls.DoAsync(call, send, yes, $"Register {who} at {wanted.Endpoint} ({wanted.Region})?", calls);
        });
    }

    private static async Task AddStakeAsync(Call call, Address who, string text, List<(string, Address, FunctionMessage)> calls)
    {
        var chain = await call.ChainAsync();
        var token = call.Settings.TokenOf(chain.Contracts);
        var units = await chain.UnitsAsync(token, call.Cancellation);
        var has = (await chain.Client.CallAsync(chain.Contracts.Registry, new StakePoolFunction { Provider = who, Token = token }, ct: call.Cancellation)).Assets;
        var missing = units.Parse(text, "--stake") - has;
        if (missing <= 0) return;
        calls.Add(("Giving the Vault leave to pull the stake", token, new ApproveFunction { Spender = chain.Contracts.Vault, Value = missing }));
        calls.Add(($"Adding {units.Show(missing)} of stake", chain.Contracts.Registry, new StakeFunction { Provider = who, Token = token, Amount = missing, Funding = Funding.Allowance }));
    }

    private static Address AddressOf(string text, string what) => Address.TryParse(text, out var address) && !address.IsZero ? address : throw new CliException(ExitCodes.Usage, $"{what} '{text}' is no address: 0x and 40 hex digits.");

    private static BigInteger BitsOf(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) && text.Length is > 2 and <= 66 && BigInteger.TryParse("0" + text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits)
            ? bits
            : throw new CliException(ExitCodes.Usage, $"--capabilities '{text}' is no bit map such as 0x5.");
}
