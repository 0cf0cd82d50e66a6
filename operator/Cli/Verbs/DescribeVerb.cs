using System.CommandLine;
using System.Globalization;
using System.Text;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum;

namespace Federation.Cli.Verbs;

/// <summary><c>describe</c>: all that the chain has of a lease.</summary>
internal static class DescribeVerb
{
    public static Command Create(Surroundings here)
    {
        var lease = GetVerb.Lease();
        return new Command("describe", "Show all that the chain has of a lease.") { lease }.Does(here, async call =>
        {
            var found = await call.LeaseAsync(call.Of(lease));
            var chain = await call.ChainAsync();
            if (call.Format is not (OutputFormat.Table or OutputFormat.Wide))
            {
                call.Write(await LeaseSheet.OfAsync(chain, [found], isList: false, call.Cancellation));
                return;
            }

            var units = await chain.UnitsAsync(Address.Parse(found.Terms.Token), call.Cancellation);
            var history = await chain.Archive.ReadHistoryAsync(found, call.Cancellation);
            var (terms, now) = (found.Terms, found.Lease);
            var text = new StringBuilder();
            void Line(string name, string value) => text.Append((name + ":").PadRight(18)).Append(value).Append('\n');

            Line("Lease", found.Id.Hex);
            Line("Namespace", found.Id.Namespace);
            Line("State", now.Reason == CloseReason.None ? now.State.ToString() : $"{now.State} ({now.Reason})");
            Line("Tenant", terms.Tenant);
            if (terms.Payer != terms.Tenant) Line("Payer", terms.Payer);
            Line("Provider", terms.Provider);
            Line("Spec hash", terms.SpecHash);
            Line("Reserves", ResourcesOf(terms.Resources));
            Line("Per hour", $"{units.Show(LeaseSheet.PerHour(terms.Prices, terms.Resources))} at full load");
            Line("Fees", $"start {units.Show(terms.StartFee)}, least charge {units.Show(terms.MinCharge)}, given-up reservation {units.Show(terms.ReservationFee)}");
            Line("Term", $"{Shown.Span(terms.DurationSeconds)}, notice {Shown.Span(terms.NoticeSeconds)}");
            Line("Matched", $"in block {found.MatchedBlock.ToString(CultureInfo.InvariantCulture)}");
            Line("Activated", Shown.Time(now.ActivatedAt));
            Line("Ends", $"{Shown.Time(now.EndsAt)} ({LeaseSheet.Ends(now, terms, await chain.TimeAsync(call.Cancellation))})");
            Line("Put in", $"{units.Show(found.Deposit + history.ToppedUp)}, of which {units.Show(history.ToppedUp)} by top-ups");
            Line("Escrow", $"{units.Show(now.Escrow)}, of which {units.Show(Accrual.ClosingReserve(terms))} stay for the notice");
            Line("Claimed", $"{units.Show(now.Claimed)}: paid {units.Show(now.Paid)}, pending {units.Show(now.Ring.Pending)}, in dispute {units.Show(now.Frozen)}, disallowed {units.Show(now.Disallowed)}");
            Line("Settled", $"{history.Settlements.Count} times, through {Shown.Time(now.Through)}");
            Line("Amended", $"{now.Amendments} times by both sides");
            Line("Arbiter", Address.Parse(terms.Arbiter).IsZero ? "none" : terms.Arbiter);
            if (history.Close is { } close) Line("Closed", $"in block {close.Block.ToString(CultureInfo.InvariantCulture)} ({close.Reason}), refunded {units.Show(close.Refund)}");
            here.Out.Write(text.ToString());
        });
    }

    private static string ResourcesOf(Resources r) => string.Join(", ", new[]
    {
        $"cpu {r.CpuMilli}m", $"memory {r.MemoryMiB}Mi", r.StorageMiB > 0 ? $"disk {r.StorageMiB}Mi" : "", r.EgressKiBps > 0 ? $"egress {r.EgressKiBps} KiB/s" : "",
        r.GpuA.Count > 0 ? $"{r.GpuA.Count} GPU of class {r.GpuA.ClassHash[..10]}…" : "", r.GpuB.Count > 0 ? $"{r.GpuB.Count} GPU of class {r.GpuB.ClassHash[..10]}…" : "",
    }.Where(t => t.Length > 0));
}
