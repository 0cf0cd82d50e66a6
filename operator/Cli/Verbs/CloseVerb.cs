using System.CommandLine;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.JsonRpc;

namespace Federation.Cli.Verbs;

/// <summary><c>close</c>: ends a lease, and shows what comes back.</summary>
internal static class CloseVerb
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Of several nodes behind one address one may be some blocks behind.
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(15);

    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        lease.Arity = ArgumentArity.ExactlyOne;
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask whether it is meant." };
        var wait = new Option<bool>("--wait") { Description = "Wait until it is closed and refunded." };
        var timeout = new Option<string>("--timeout") { HelpName = "TIME", Description = "How long to wait beyond the notice; 5m when left out." };
        return new Command("close", "End a lease: what was not used comes back.") { lease, yes, wait, timeout }.Does(here, async call =>
        {
            var patience = Shown.Seconds(call.Of(timeout) ?? "5m", "--timeout");
            var found = await call.LeaseAsync(call.Of(lease));
            var chain = await call.ChainAsync();
            if (MayBeEnded(found, await chain.TimeAsync(call.Cancellation)))
            {
                var units = await chain.UnitsAsync(Address.Parse(found.Terms.Token), call.Cancellation);
                var costs = CostOf(found, units, await chain.TimeAsync(call.Cancellation));
                Confirmation.Require(call, call.Of(yes), $"End lease {LeaseSheet.Short(found.Id)} ({found.Lease.State}, {costs})?");
                if (call.Of(yes)) call.Progress.Done($"Lease {LeaseSheet.Short(found.Id)}: {costs}.");
                found = await EndAsync(call, chain, found);
            }

            if (found.Lease.State == LeaseState.Closing && call.Of(wait)) found = await WaitAsync(call, chain, found, patience);
            await WriteAsync(call, chain, found);
        });
    }

    // While it closes nothing is to be sent; who has waited in vain for its datacenter ends it alone.
    private static bool MayBeEnded(ArchivedLease lease, long now) =>
        lease.Lease.State is LeaseState.Reserved or LeaseState.Active || (lease.Lease.State == LeaseState.Closing && now > lease.Lease.EndsAt + lease.Terms.Parameters.SubmitSeconds);

    /// <summary>What ending a lease now costs its tenant, and what waiting would save; for people.</summary>
    internal static string CostOf(ArchivedLease lease, TokenUnits units, long now)
    {
        var terms = lease.Terms;
        if (lease.Lease.State != LeaseState.Reserved) return $"notice {Shown.Span(terms.NoticeSeconds)}";
        if (now > terms.ActivateBy) return "its datacenter did not activate it in time: the whole escrow comes back";
        return terms.ReservationFee.IsZero ? "giving it up costs nothing"
            : $"giving it up now costs the reservation fee of {units.Show(terms.ReservationFee)}; after {Shown.Time(terms.ActivateBy)}, if it is not activated, the whole escrow comes back and its datacenter pays a penalty";
    }

    private static async Task<ArchivedLease> EndAsync(Call call, ChainDoor chain, ArchivedLease lease)
    {
        using var purse = await Purse.OpenAsync(call);
        try
        {
            await purse.SendAsync(call, $"Ending lease {LeaseSheet.Short(lease.Id)}", new EndIntent(lease.Id, lease.Terms));
        }
        // Its datacenter may end it in the same second, for its term or its escrow: that it ends is what was wanted.
        catch (CliException e) when (e.Code is ExitCodes.Refused or ExitCodes.Timeout)
        {
            if (await EndedAsync(call, chain, lease) is not { } ended) throw;
            call.Progress.Done("Somebody else has just ended it.");
            return ended;
        }

        for (var since = call.Here.Clock.GetTimestamp(); ; await Task.Delay(Pause, call.Here.Clock, call.Cancellation))
        {
            var now = await chain.Archive.FindAsync(lease.Id, call.Cancellation) ?? lease;
            if (now.Lease.State != lease.Lease.State || call.Here.Clock.GetElapsedTime(since) > NodePatience) return now;
        }
    }

    // Null where it is as it was, or the chain cannot be asked.
    private static async Task<ArchivedLease?> EndedAsync(Call call, ChainDoor chain, ArchivedLease lease)
    {
        try
        {
            return await chain.Archive.FindAsync(lease.Id, call.Cancellation) is { Lease.State: LeaseState.Closing or LeaseState.Closed } now && now.Lease.State != lease.Lease.State ? now : null;
        }
        catch (Exception e) when (e is LedgerException or RpcTransportException or RpcResponseException)
        {
            return null;
        }
    }

    private static async Task<ArchivedLease> WaitAsync(Call call, ChainDoor chain, ArchivedLease closing, uint patience)
    {
        var since = call.Here.Clock.GetTimestamp();
        var most = TimeSpan.FromSeconds(patience + Math.Max(0, closing.Lease.EndsAt - await chain.TimeAsync(call.Cancellation)));
        return await call.Progress.WhileAsync($"It ends at {Shown.Time(closing.Lease.EndsAt)}; waiting for the last settlement and the refund…", async _ =>
        {
            while (true)
            {
                var now = await chain.Archive.FindAsync(closing.Id, call.Cancellation) ?? closing;
                if (now.Lease.State == LeaseState.Closed) return now;
                if (call.Here.Clock.GetElapsedTime(since) > most)
                    throw new CliException(ExitCodes.Timeout, $"It is closing still. Its datacenter has until {Shown.Time(now.Lease.EndsAt + now.Terms.Parameters.SubmitSeconds)} for the last receipt; after that kubectl compute close ends it without.");
                await Task.Delay(Pause, call.Here.Clock, call.Cancellation);
            }
        });
    }

    private static async Task WriteAsync(Call call, ChainDoor chain, ArchivedLease lease)
    {
        var units = await chain.UnitsAsync(Address.Parse(lease.Terms.Token), call.Cancellation);
        var close = lease.Lease.State == LeaseState.Closed ? (await chain.Archive.ReadHistoryAsync(lease, call.Cancellation)).Close : null;
        var json = new JsonObject
        {
            ["kind"] = "close", ["lease"] = lease.Id.Hex, ["state"] = lease.Lease.State.ToString(), ["reason"] = lease.Lease.Reason.ToString(), ["endsAt"] = Shown.Time(lease.Lease.EndsAt),
            ["claimed"] = Shown.Text(lease.Lease.Claimed), ["refund"] = close is null ? null : Shown.Text(close.Refund), ["escrow"] = Shown.Text(lease.Lease.Escrow),
        };
        if (close is null) call.Progress.Done($"It ends at {Shown.Time(lease.Lease.EndsAt)}; of {units.Show(lease.Lease.Escrow)} in escrow what is not used until then comes back.");
        else call.Progress.Done($"Closed: {units.Show(close.Refund)} are back in the wallet's Vault balance; kubectl compute withdraw takes them out.");
        call.Write(new Sheet(
            "lease", [new("LEASE"), new("STATE"), new("CLAIMED"), new("REFUND"), new("ENDS")],
            [new Row(lease.Id.Hex, json, LeaseSheet.Short(lease.Id), lease.Lease.State.ToString(), units.Show(lease.Lease.Claimed), close is null ? "-" : units.Show(close.Refund), Shown.Time(lease.Lease.EndsAt))], IsList: false));
    }
}
