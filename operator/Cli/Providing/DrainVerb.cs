using System.CommandLine;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Cli.Commands;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Cli.Providing;

/// <summary><c>drain</c>: takes no new leases, and shows those that are still to end. None is ended: tenants were promised their term.</summary>
internal static class DrainVerb
{
    public static Command Create(Surroundings here)
    {
        var (provider, send, yes) = (LeasesVerb.Provider(), ProviderCalls.Send(), ProviderCalls.Yes());
        var undo = new Option<bool>("--undo") { Description = "Take leases again." };
        return new Command("drain", "For providers: take no new leases, and show those that are still to end.") { provider, undo, send, yes }.Does(here, async call =>
        {
            var (chain, who) = (await call.ChainAsync(), LeasesVerb.ProviderOf(call, provider));
            var isActive = call.Of(undo);
            var entry = await chain.EntryAsync(who, call.Cancellation);
            IReadOnlyList<(string, Address, FunctionMessage)> calls = entry.Active == isActive ? [] : [(isActive ? "Taking leases again" : "Taking no more leases", chain.Contracts.Registry, new SetActiveFunction { Active = isActive })];
            await ProviderCalls.DoAsync(call, send, yes, isActive ? $"Let {who} take leases again?" : $"Let {who} take no new leases?", calls);
            // Printed commands are data: a table among them would be run as one.
            if (calls.Count > 0 && !call.Of(send)) return;
            var left = (await chain.Archive.OfProviderAsync(who, call.Cancellation)).Where(l => l.Lease.State != LeaseState.Closed).ToArray();
            call.Write(await LeaseSheet.OfAsync(chain, left, isList: true, call.Cancellation) with { Nothing = isActive ? "It serves no lease, and takes new ones." : "No lease is left: the datacenter is drained." });
        });
    }
}
