using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Federation.Chain.Tenancy;
using Federation.Cli.Output;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Cli.Reading;

/// <summary>Leases as they are shown.</summary>
internal static class LeaseSheet
{
    private const int HourSeconds = 3_600;

    public static IReadOnlyList<Column> Columns { get; } =
    [
        new("LEASE"), new("STATE"), new("GPU"), new("CPU"), new("MEMORY"), new("PER HOUR"), new("ESCROW"), new("ENDS"),
        new("PROVIDER", IsWide: true), new("TENANT", IsWide: true), new("CLAIMED", IsWide: true), new("NAMESPACE", IsWide: true), new("BLOCK", IsWide: true),
    ];

    public static async Task<Sheet> OfAsync(ChainDoor chain, IReadOnlyList<ArchivedLease> leases, bool isList, CancellationToken cancellation)
    {
        var rows = new List<Row>();
        var now = await chain.TimeAsync(cancellation);
        foreach (var lease in leases) rows.Add(RowOf(lease, await chain.UnitsAsync(Ethereum.Address.Parse(lease.Terms.Token), cancellation), now));
        return new Sheet("lease", Columns, rows, isList);
    }

    /// <summary>What an hour costs at full load, smallest units.</summary>
    public static BigInteger PerHour(Prices prices, Resources resources) => Accrual.RateCap(prices, resources, HourSeconds);

    /// <summary>The first digits: enough to name a lease among one's own.</summary>
    public static string Short(LeaseId id) => id.Hex[..14];

    public static string GpusOf(Resources resources) => resources.GpuA.Count + resources.GpuB.Count is > 0 and var count ? count.ToString(CultureInfo.InvariantCulture) : "-";

    public static JsonObject Json(ArchivedLease lease) => new()
    {
        ["kind"] = "lease",
        ["id"] = lease.Id.Hex,
        ["namespace"] = lease.Id.Namespace,
        ["state"] = lease.Lease.State.ToString(),
        ["reason"] = lease.Lease.Reason == CloseReason.None ? "" : lease.Lease.Reason.ToString(),
        ["tenant"] = lease.Terms.Tenant,
        ["payer"] = lease.Terms.Payer,
        ["provider"] = lease.Terms.Provider,
        ["token"] = lease.Terms.Token,
        ["specHash"] = lease.Terms.SpecHash,
        ["resources"] = Json(lease.Terms.Resources),
        ["prices"] = Json(lease.Terms.Prices),
        ["fees"] = new JsonObject { ["start"] = Shown.Text(lease.Terms.StartFee), ["minCharge"] = Shown.Text(lease.Terms.MinCharge), ["reservation"] = Shown.Text(lease.Terms.ReservationFee) },
        ["perHour"] = Shown.Text(PerHour(lease.Terms.Prices, lease.Terms.Resources)),
        ["deposit"] = Shown.Text(lease.Deposit),
        ["escrow"] = Shown.Text(lease.Lease.Escrow),
        ["closingReserve"] = Shown.Text(Accrual.ClosingReserve(lease.Terms)),
        ["claimed"] = Shown.Text(lease.Lease.Claimed),
        ["paid"] = Shown.Text(lease.Lease.Paid),
        ["pending"] = Shown.Text(lease.Lease.Ring.Pending),
        ["durationSeconds"] = lease.Terms.DurationSeconds,
        ["noticeSeconds"] = lease.Terms.NoticeSeconds,
        ["activatedAt"] = Shown.Time(lease.Lease.ActivatedAt),
        ["settledThrough"] = Shown.Time(lease.Lease.Through),
        ["endsAt"] = Shown.Time(lease.Lease.EndsAt),
        ["matchedBlock"] = lease.MatchedBlock,
    };

    public static JsonObject Json(Resources resources) => new()
    {
        ["cpuMilli"] = resources.CpuMilli, ["memoryMiB"] = resources.MemoryMiB, ["storageMiB"] = resources.StorageMiB, ["egressKiBps"] = resources.EgressKiBps,
        ["gpuA"] = resources.GpuA.Count, ["gpuAClassHash"] = resources.GpuA.ClassHash, ["gpuB"] = resources.GpuB.Count, ["gpuBClassHash"] = resources.GpuB.ClassHash,
    };

    public static JsonObject Json(Prices prices) => new()
    {
        ["cpu"] = Shown.Text(prices.Cpu), ["memory"] = Shown.Text(prices.Memory), ["storage"] = Shown.Text(prices.Storage), ["egress"] = Shown.Text(prices.Egress),
        ["gpuA"] = Shown.Text(prices.GpuA), ["gpuB"] = Shown.Text(prices.GpuB),
    };

    /// <summary>How long a lease goes on, for people.</summary>
    public static string Ends(ChainLease lease, LeaseTerms terms, long now) => lease.State switch
    {
        LeaseState.Reserved => terms.ActivateBy > now ? $"reserved for {Shown.Span(terms.ActivateBy - now)}" : "reservation is over",
        LeaseState.Active or LeaseState.Closing => lease.EndsAt > now ? $"in {Shown.Span(lease.EndsAt - now)}" : "term is over",
        _ => "-",
    };

    private static Row RowOf(ArchivedLease lease, TokenUnits units, long now)
    {
        var (terms, state) = (lease.Terms, lease.Lease);
        return new Row(
            lease.Id.Hex, Json(lease),
            Short(lease.Id), state.State.ToString(), GpusOf(terms.Resources), $"{terms.Resources.CpuMilli}m", $"{terms.Resources.MemoryMiB}Mi",
            units.Show(PerHour(terms.Prices, terms.Resources)), units.Show(state.Escrow), Ends(state, terms, now),
            terms.Provider, terms.Tenant, units.Show(state.Claimed), lease.Id.Namespace, lease.MatchedBlock.ToString(CultureInfo.InvariantCulture));
    }
}
