using System.CommandLine;
using Federation.Cli.Commands;
using Federation.Cli.Reading;
using Federation.Domain.Leases;

namespace Federation.Cli.Verbs;

/// <summary><c>get</c>: the wallet's leases by the chain alone; no datacenter is asked.</summary>
internal static class GetVerb
{
    /// <summary>The lease that a command is about.</summary>
    public static Argument<string> Lease() => new("lease")
    {
        HelpName = "LEASE", Description = "Id of the lease, or its first digits, or its namespace.", Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create(Surroundings here)
    {
        var (lease, all) = (Lease(), new Option<bool>("--all", "-a") { Description = "Closed leases too." });
        var provider = new Option<string>("--provider") { HelpName = "ADDRESS", Description = "Those alone that this datacenter serves." };
        return new Command("get", "List the wallet's leases, or show one.") { lease, all, provider }.Does(here, async call =>
        {
            var only = call.AddressOf(provider)?.ToString();
            var chain = await call.ChainAsync();
            if ((call.Of(lease) is { Length: > 0 } named ? named : call.Namespace) is { } one)
            {
                call.Write(await LeaseSheet.OfAsync(chain, [await call.LeaseAsync(one)], isList: false, call.Cancellation));
                return;
            }

            var leases = (await chain.Archive.OfTenantAsync(call.Wallet.Address, call.Cancellation)).Where(l => (call.Of(all) || l.Lease.State != LeaseState.Closed) && (only is null || string.Equals(l.Terms.Provider, only, StringComparison.OrdinalIgnoreCase))).ToArray();
            call.Write(await LeaseSheet.OfAsync(chain, leases, isList: true, call.Cancellation) with { Nothing = $"{call.Wallet.Address} has no {(call.Of(all) ? "" : "open ")}leases{(only is null ? "" : $" at {only}")}. kubectl compute quote -f FILE asks what one would cost." });
        });
    }
}
