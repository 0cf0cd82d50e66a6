using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using Spectre.Console;

namespace Federation.Harness.Demo;

/// <summary>The table while the demo runs, and the one at its end. Off a terminal the live one becomes a line per change.</summary>
internal sealed class DemoTable(IAnsiConsole console, long started)
{
    private readonly Dictionary<string, string> shown = [];

    public void Show(IReadOnlyList<DemoLease> leases)
    {
        var changed = leases.Where(l => shown.GetValueOrDefault(l.Story.Name) != State(l)).ToArray();
        foreach (var lease in changed) shown[lease.Story.Name] = State(lease);
        if (changed.Length == 0) return;
        var table = new Table().Border(TableBorder.Minimal).AddColumns("lease", "datacenter", "state", "pods", "start");
        foreach (var lease in leases)
            table.AddRow(lease.Story.Name, lease.Datacenter.Name, Markup.Escape(State(lease)), $"{lease.PodUids.Count}", lease.StartSeconds is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s:0.0} s") : "");
        if (console.Profile.Capabilities.Interactive) console.Write(table);
        else
            foreach (var lease in changed) console.MarkupLineInterpolated($"{Stopwatch.GetElapsedTime(started).TotalSeconds,5:0} s {lease.Story.Name}: {State(lease)}");
    }

    public static void End(IAnsiConsole console, DemoReport report)
    {
        var table = new Table().Border(TableBorder.Minimal).Title("What it came to (tokens)");
        table.AddColumns("lease", "datacenter", "ended by");
        foreach (var name in new[] { "cgroup CPU-s", "metered CPU-s", "difference", "GPU-s", "deposited", "paid", "refunded", "held" }) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var row in report.Leases)
            table.AddRow(row.Story, row.Datacenter, row.Outcome, Seconds(row.TruthCpuSeconds), Seconds(row.MeteredCpuSeconds), Percent(row.Difference), Seconds(row.GpuMilliSeconds / 1000.0),
                Tokens(row.Deposited), Tokens(row.Paid), Tokens(row.Refunded), Tokens(row.Held));
        table.AddRow("sum", "", "", "", "", "", "", Tokens(Sum(report, r => r.Deposited)), Tokens(Sum(report, r => r.Paid)), Tokens(Sum(report, r => r.Refunded)), Tokens(Sum(report, r => r.Held)));
        console.Write(table);
        var split = report.Balances;
        console.MarkupLineInterpolated($"  of what was paid (gross): providers {Tokens(split.Providers)}, royalties {Tokens(split.Royalties)}, protocol fee {Tokens(split.ProtocolFee)}; staked {Tokens(split.Staked)}");
        foreach (var refusal in report.Refusals) console.MarkupLineInterpolated($"  impossible: {refusal}");
        foreach (var (name, value) in report.Figures) console.MarkupLineInterpolated($"  {name}: {value.ToString(CultureInfo.InvariantCulture)}");
        foreach (var invariant in report.Invariants)
            console.MarkupLineInterpolated($"  {(invariant.Holds ? "holds " : "BROKEN")}  {invariant.Name}");
    }

    private static string State(DemoLease lease) => lease.Note.Length > 0 ? $"{lease.Phase}: {lease.Note}" : lease.Phase;

    private static BigInteger Sum(DemoReport report, Func<LeaseRow, BigInteger> of) => report.Leases.Aggregate(BigInteger.Zero, (sum, row) => sum + of(row));

    private static string Tokens(BigInteger units) => ((decimal)units / 1_000_000m).ToString("0.000000", CultureInfo.InvariantCulture);

    private static string Seconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("0.00", CultureInfo.InvariantCulture) + " %";
}
