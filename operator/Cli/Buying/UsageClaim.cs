using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using UsagePosition = Federation.Domain.Usage.UsagePosition;

namespace Federation.Cli.Buying;

/// <summary>
/// The usage that an amendment settles: it is the provider's word, and who sends the amendment countersigns it, so that it is paid at once and can
/// never be disputed.
/// </summary>
/// <param name="Last">The chain's last receipt; null: there is none.</param>
/// <param name="Status">What the datacenter says in the lease's status; null: it could not be asked, or says nothing.</param>
internal sealed record UsageClaim(AmendmentTerms Terms, ArchivedLease Lease, ArchivedSettlement? Last, UsageVector? Status)
{
    /// <summary>What the evidence that the datacenter hands over comes to, folded anew; null: it hands none over, or has none yet.</summary>
    public UsagePosition? Measured { get; init; }

    /// <summary>Whether anything is claimed that costs, and that nobody but the datacenter has a word of: neither evidence nor the lease's status.</summary>
    public bool IsUnseen => Claimed.IsUnseen;

    /// <summary>Whether anything is claimed that costs, and the evidence is too old, or missing, to stand for it.</summary>
    public bool IsStale => Claimed.IsStale;

    /// <summary>Smallest units that are paid at once.</summary>
    public BigInteger AtOnce => BigInteger.Min(Lease.Lease.Escrow, BigInteger.Max(0, Accrual.Due(Lease.Terms, Terms.Usage, Terms.DownSeconds) + Lease.Lease.DueOffset - Lease.Lease.Claimed));

    /// <param name="now">Unix seconds.</param>
    /// <returns>Why nobody can have used so much; null when the lease can.</returns>
    public string? FaultOf(long now) => Claimed.FaultOf(now);

    /// <summary>Each meter as it is claimed, beside what is known of it otherwise.</summary>
    public string Text(TokenUnits units)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Usage that it settles, measured until {Shown.Time(Terms.Through)}, {Terms.DownSeconds} s of downtime credited; {units.Show(AtOnce)} are paid at once:");
        var prices = Lease.Terms.Prices;
        var (last, said) = (Meter.Of(prices, Last?.Usage ?? UsageVector.Zero), Status is { } status ? Meter.Of(prices, status) : null);
        var shown = Measured is { } measured ? Meter.Of(prices, measured.ToVector()) : null;
        foreach (var (meter, i) in Meter.Of(prices, Terms.Usage).Select((m, i) => (m, i)))
            if (meter.Raw > 0 || last[i].Raw > 0 || said?[i].Raw > 0)
                text.Append(CultureInfo.InvariantCulture, $"\n  {meter.Used} ({meter.Name}); by the last receipt {last[i].Used}, by its evidence {shown?[i].Used ?? "unknown"}, by the lease's status {said?[i].Used ?? "unknown"}");
        if (IsUnseen) text.Append("\nThe datacenter shows neither its evidence nor the lease's status: nobody but itself has seen that usage.");
        else if (IsStale) text.Append(CultureInfo.InvariantCulture, $"\nThe last settlement goes until {Shown.Time(Last!.Through)}, and {(Measured is null ? "the datacenter shows no evidence" : $"the evidence that the datacenter shows ends at {Shown.Time(Measured.ThroughMs / 1_000)}")}: nobody but itself has seen what came since.");
        return text.ToString();
    }

    /// <summary>What a lease's status says that was used, as it would go on chain.</summary>
    public static UsageVector? OfStatus(JsonObject? lease)
    {
        if (lease?["status"]?["usage"] is not JsonObject usage) return null;
        ulong Said(string name, UInt128 per) => (ulong)UInt128.Min(ulong.MaxValue, (UInt128.TryParse(usage[name]?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0) / per);
        return new UsageVector(
            Said("cpuNanoSeconds", 1_000_000), Said("memoryByteMs", (UInt128)1_000 * 1_024 * 1_024), Said("storageMiBMs", 1_000), Said("egressBytes", 1_024), Said("gpuMsA", 1), Said("gpuMsB", 1));
    }

    // By the rules that the tenant's operator goes by, too.
    private ClaimedUsage Claimed => new(Lease.Terms, Lease.Lease, Terms.Usage, Terms.Through, Terms.DownSeconds)
    {
        Last = Last is { } last ? new SettledUsage(last.Usage, last.Through, last.DownSeconds) : null, Status = Status, Measured = Measured, Next = Terms.New,
    };
}
