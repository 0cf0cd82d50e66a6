using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.TestToken;
using Federation.Cli.Commands;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Datacenter = Federation.Chain.Bindings.Datacenter;

namespace Federation.Cli.Providing;

/// <summary><c>register</c>: a datacenter's entry in the registry, its stake, and its price book.</summary>
internal static class RegisterVerb
{
    public static Command Create(Surroundings here)
    {
        var provider = LeasesVerb.Provider();
        var endpoint = new Option<string>("--endpoint") { HelpName = "URL", Description = "Where tenants reach the gateway: https. That of the registry when left out, and so are region and operator." };
        var region = new Option<string>("--region") { HelpName = "REGION", Description = "Where it stands, at most 64 bytes." };
        var key = new Option<string>("--operator") { HelpName = "ADDRESS", Description = "The operator's key: it signs offers and receipts." };
        var payout = new Option<string>("--payout") { HelpName = "ADDRESS", Description = "Who is paid; the provider when left out." };
        var capabilities = new Option<string>("--capabilities") { HelpName = "BITS", Description = "Bit map of what it claims, such as 0x5; those of the registry, or none, when left out." };
        var stake = new Option<string>("--stake") { HelpName = "AMOUNT", Description = "Stake that it shall have at least, such as 1000." };
        var prices = new Option<bool>("--prices") { Description = "Publish the prices that the gateway asks, those of the Datacenter's spec.prices." };
        Option<string>[] entry = [endpoint, region, key, payout, capabilities];
        var (send, yes) = (ProviderCalls.Send(), ProviderCalls.Yes());
        return new Command("register", "For providers: register a datacenter, or change its entry, add stake, and publish its prices.") { provider, endpoint, region, key, payout, capabilities, stake, prices, send, yes }.Does(here, async call =>
        {
            call.WritesNoData("register writes commands, or sends them with --send");
            if (entry.Append(stake).All(o => call.Of(o) is null) && !call.Of(prices)) throw new CliException(ExitCodes.Usage, "Say what of the datacenter is to be registered: its entry by --endpoint, --region and --operator, --stake, --prices.");
            var (chain, who) = (await call.ChainAsync(), LeasesVerb.ProviderOf(call, provider));
            if (call.Of(endpoint) is { } named && (!Uri.TryCreate(named, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))) throw new CliException(ExitCodes.Usage, $"--endpoint '{named}' is no address such as https://dc.example.");
            var found = await chain.Client.CallAsync(chain.Contracts.Registry, new DatacenterFunction { Provider = who }, ct: call.Cancellation);
            var isThere = !found.Operator.IsZero;
            if (!isThere && new[] { endpoint, region, key }.Any(o => call.Of(o) is null)) throw new CliException(ExitCodes.Usage, $"The registry has no datacenter {who} yet: give --endpoint, --region and --operator.");
            var wanted = new RegistryEntry(
                call.Of(key) is { } signs ? AddressOf(signs, "--operator") : found.Operator, call.Of(payout) is { } to ? AddressOf(to, "--payout") : isThere ? found.Payout : who,
                call.Of(capabilities) is { } bits ? BitsOf(bits) : isThere ? found.Capabilities : 0, call.Of(endpoint) ?? found.Endpoint, call.Of(region) ?? found.Region);
            var calls = new List<(string, Address, FunctionMessage)>();
            var asked = new List<string>();
            if (EntryCall(found, wanted) is { } change)
            {
                calls.Add((isThere ? "Changing the entry" : "Registering", chain.Contracts.Registry, change));
                asked.Add($"Register {who} at {wanted.Endpoint} ({wanted.Region})?");
            }

            if (call.Of(stake) is { } amount && await AddStakeAsync(call, who, amount, calls) is { } more) asked.Add(more);
            if (call.Of(prices) && await PriceBookOffer.OfAsync(call, who, wanted.Endpoint, found.PriceBook) is { } book)
            {
                calls.Add(("Publishing the price book", chain.Contracts.Registry, book.Message));
                asked.Add(book.Question);
            }

            await ProviderCalls.DoAsync(call, send, yes, string.Join("\n", asked), calls);
        });
    }

    /// <returns>Null where the registry says it already.</returns>
    private static FunctionMessage? EntryCall(Datacenter found, RegistryEntry wanted)
    {
        if (found.Operator.IsZero) return new RegisterFunction { Operator = wanted.Operator, Payout = wanted.Payout, Capabilities = wanted.Capabilities, Endpoint = wanted.Endpoint, Region = wanted.Region };
        return wanted == new RegistryEntry(found.Operator, found.Payout, found.Capabilities, found.Endpoint, found.Region)
            ? null
            : new UpdateFunction { Operator = wanted.Operator, Payout = wanted.Payout, Capabilities = wanted.Capabilities, Endpoint = wanted.Endpoint, Region = wanted.Region };
    }

    /// <returns>What a person is asked before it is sent; null where it has as much.</returns>
    private static async Task<string?> AddStakeAsync(Call call, Address who, string text, List<(string, Address, FunctionMessage)> calls)
    {
        var chain = await call.ChainAsync();
        var token = call.Settings.TokenOf(chain.Contracts);
        var units = await chain.UnitsAsync(token, call.Cancellation);
        var has = (await chain.Client.CallAsync(chain.Contracts.Registry, new StakePoolFunction { Provider = who, Token = token }, ct: call.Cancellation)).Assets;
        var missing = units.Parse(text, "--stake") - has;
        if (missing <= 0) return null;
        calls.Add(("Giving the Vault leave to pull the stake", token, new ApproveFunction { Spender = chain.Contracts.Vault, Value = missing }));
        calls.Add(($"Adding {units.Show(missing)} of stake", chain.Contracts.Registry, new StakeFunction { Provider = who, Token = token, Amount = missing, Funding = Funding.Allowance }));
        return $"Add {units.Show(missing)} of stake to {who}?";
    }

    private static Address AddressOf(string text, string what) => Address.TryParse(text, out var address) && !address.IsZero ? address : throw new CliException(ExitCodes.Usage, $"{what} '{text}' is no address: 0x and 40 hex digits.");

    private static BigInteger BitsOf(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) && text.Length is > 2 and <= 66 && BigInteger.TryParse("0" + text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits)
            ? bits
            : throw new CliException(ExitCodes.Usage, $"--capabilities '{text}' is no bit map such as 0x5.");
}
