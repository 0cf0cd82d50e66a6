using System.CommandLine;
using System.Text.Json.Nodes;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Chain.Tenancy;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Cli.Providing;

/// <summary>
/// <c>settle</c>: what a provider's leases have claimed, and what of it is to be had. Receipts are the operator's to send: it alone has measured. What has
/// matured anybody may collect.
/// </summary>
internal static class SettleVerb
{
    public static Command Create(Surroundings here)
    {
        var (provider, send, yes) = (LeasesVerb.Provider(), ProviderCalls.Send(), ProviderCalls.Yes());
        var collect = new Option<bool>("--collect") { Description = "Have paid what has matured of leases that no settlement pays by the way." };
        return new Command("settle", "For providers: show what is claimed, paid and pending, and collect what has matured.") { provider, collect, send, yes }.Does(here, async call =>
        {
            if (call.Of(collect)) call.WritesNoData("settle --collect writes commands, or sends them with --send");
            var (chain, who) = (await call.ChainAsync(), LeasesVerb.ProviderOf(call, provider));
            var (leases, now) = (await chain.Archive.OfProviderAsync(who, call.Cancellation), await chain.TimeAsync(call.Cancellation));
            if (call.Of(collect))
            {
                var due = leases.Where(l => Collection.IsDue(l.Lease, l.Terms, now)).ToArray();
                await ProviderCalls.DoAsync(
                    call, send, yes, $"Collect of {due.Length} leases?", [.. due.Select(l => ($"Collecting of {LeaseSheet.Short(l.Id)}", chain.Contracts.LeaseManager, Collect(l)))],
                    async at => await chain.Archive.FindAsync(due[at].Id, call.Cancellation) is { } seen && Collection.IsDue(seen.Lease, seen.Terms, await chain.TimeAsync(call.Cancellation)) ? Collect(seen) : null);
                return;
            }

            var rows = new List<Row>();
            foreach (var lease in leases.Where(l => l.Lease.Claimed > 0))
            {
                var (units, state) = (await chain.UnitsAsync(Address.Parse(lease.Terms.Token), call.Cancellation), lease.Lease);
                var matured = state.Ring.Matured(now, lease.Terms.Parameters.MaturitySeconds);
                rows.Add(new Row(
                    lease.Id.Hex,
                    new JsonObject
                    {
                        ["kind"] = "claim", ["lease"] = lease.Id.Hex, ["state"] = state.State.ToString(), ["claimed"] = Shown.Text(state.Claimed), ["paid"] = Shown.Text(state.Paid), ["pending"] = Shown.Text(state.Ring.Pending),
                        ["matured"] = Shown.Text(matured), ["frozen"] = Shown.Text(state.Frozen), ["settledThrough"] = Shown.Time(state.Through), ["allMaturedAt"] = Shown.Time(state.Ring.MaturedAt(lease.Terms.Parameters.MaturitySeconds)),
                    },
                    LeaseSheet.Short(lease.Id), state.State.ToString(), units.Show(state.Claimed), units.Show(state.Paid), units.Show(state.Ring.Pending), units.Show(matured), Shown.Time(state.Through),
                    units.Show(state.Frozen), Shown.Time(state.Ring.MaturedAt(lease.Terms.Parameters.MaturitySeconds))));
            }

            call.Write(new Sheet(
                "claim", [new("LEASE"), new("STATE"), new("CLAIMED"), new("PAID"), new("PENDING"), new("MATURED"), new("SETTLED THROUGH"), new("IN DISPUTE", IsWide: true), new("ALL MATURED AT", IsWide: true)], rows) { Nothing = "Nothing is claimed yet." });
        });
    }

    private static CollectFunction Collect(ArchivedLease lease) => new CollectFunction { LeaseId = lease.Id.ToContract(), Terms = lease.Terms.ToContract() };
}
