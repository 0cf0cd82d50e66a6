using System.CommandLine;
using Federation.Cli.Commands;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Ethereum;

namespace Federation.Cli.Providing;

/// <summary><c>leases</c>: those that a provider serves.</summary>
internal static class LeasesVerb
{
    /// <summary>Whose datacenter a provider's command is about.</summary>
    public static Option<string> Provider() => new("--provider") { HelpName = "ADDRESS", Description = "The datacenter's on-chain identity; the wallet's own address when left out." };

    /// <exception cref="CliException">It is no address.</exception>
    public static Address ProviderOf(Call call, Option<string> option) => call.AddressOf(option) ?? call.Wallet.Address;

    public static Command Create(Surroundings here)
    {
        var (provider, all) = (Provider(), new Option<bool>("--all", "-a") { Description = "Closed leases too." });
        return new Command("leases", "For providers: list the leases that a datacenter serves.") { provider, all }.Does(here, async call =>
        {
            var chain = await call.ChainAsync();
            var leases = (await chain.Archive.OfProviderAsync(ProviderOf(call, provider), call.Cancellation)).Where(l => call.Of(all) || l.Lease.State != LeaseState.Closed).ToArray();
            call.Write(await LeaseSheet.OfAsync(chain, leases, isList: true, call.Cancellation) with { Nothing = "The datacenter serves no leases." });
        });
    }
}
