using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Pricing;
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
    // Seconds are rounded down, usage within the second is not.
    private const int Rounding = 1;

    // What was sampled late is in the next window: so many seconds at full load it may hold more than its time can.
    private const int Late = 60;

    /// <summary>What the evidence that the datacenter hands over comes to, folded anew; null: it hands none over, or has none yet.</summary>
    public UsagePosition? Measured { get; init; }

    /// <summary>Whether anything is claimed that costs, and that nobody but the datacenter has a word of: neither evidence nor the lease's status.</summary>
    public bool IsUnseen => Costs && Measured is null && Status is null;

    /// <summary>
    /// Whether anything is claimed that costs, and the evidence ends before the last settlement, or is not shown though there was one: the older it is, the
    /// more it leaves to be claimed. The lease's status makes up for none of that: it is the datacenter's word as the claim is.
    /// </summary>
    public bool IsStale => Costs && Last is not null && (Measured is null || Measured.ThroughMs / 1_000 < Last.Through);

    private bool Costs => Meter.Of(Lease.Terms.Prices, Terms.Usage).Zip(Meter.Of(Lease.Terms.Prices, Last?.Usage ?? UsageVector.Zero)).Any(p => !p.First.Price.IsZero && p.First.Raw > p.Second.Raw);

    /// <summary>Smallest units that are paid at once.</summary>
    public BigInteger AtOnce => BigInteger.Min(Lease.Lease.Escrow, BigInteger.Max(0, Accrual.Due(Lease.Terms, Terms.Usage, Terms.DownSeconds) + Lease.Lease.DueOffset - Lease.Lease.Claimed));

    /// <param name="now">Unix seconds.</param>
    /// <returns>Why nobody can have used so much; null when the lease can.</returns>
    public string? FaultOf(long now)
    {
        if (Terms.Through > now) return $"It claims to have measured until {Shown.Time(Terms.Through)}, and it is {Shown.Time(now)}.";
        if (Terms.DownSeconds < (Last?.DownSeconds ?? 0)) return $"It credits {Terms.DownSeconds} s of downtime, and the last receipt {Last!.DownSeconds} s.";
        // What has no price is metered all the same, and reserved by nobody: it costs nothing.
        var meters = Meter.Of(Lease.Terms.Prices, Terms.Usage);
        foreach (var (meter, most) in meters.Zip(Most()))
            if (!meter.Price.IsZero && meter.Raw > most) return $"It claims {meter.Raw} {meter.Name}, and what is reserved comes to {most} until then.";
        if (Measured is { } shown)
            foreach (var (meter, most) in meters.Zip(Reserved(shown.ToVector(), shown.ThroughMs / 1_000, Rounding + Late)))
                if (!meter.Price.IsZero && meter.Raw > most) return $"It claims {meter.Raw} {meter.Name}, and by its evidence until {Shown.Time(shown.ThroughMs / 1_000)} and what is reserved after that it comes to {most} at most.";
        if (Status is null) return null;
        foreach (var (meter, said) in meters.Zip(Meter.Of(Lease.Terms.Prices, Status)))
            if (!meter.Price.IsZero && meter.Raw > said.Raw) return $"It claims {meter.Raw} {meter.Name}, and the lease's own status says {said.Raw}.";
        return null;
    }

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

    // Once a lease was amended, what was reserved before is not known here; that amendment settled it, so the last receipt stands for it.
    private IEnumerable<BigInteger> Most()
    {
        var (from, since) = Lease.Lease.Amendments > 0 && Last is not null ? (Last.Usage, Last.Through) : (UsageVector.Zero, Lease.Lease.ActivatedAt);
        return Reserved(from, since, Rounding);
    }

    private IEnumerable<BigInteger> Reserved(UsageVector from, long since, int more)
    {
        var (r, seconds) = (Lease.Terms.Resources, BigInteger.Max(0, Terms.Through - since) + more);
        return
        [
            from.CpuMilliSeconds + (r.CpuMilli * seconds), from.MemoryMiBSeconds + (r.MemoryMiB * seconds), from.StorageMiBSeconds + (r.StorageMiB * seconds),
            from.EgressKiB + (r.EgressKiBps * seconds), from.GpuMilliSecondsA + (r.GpuA.Count * 1_000 * seconds), from.GpuMilliSecondsB + (r.GpuB.Count * 1_000 * seconds),
        ];
    }
}
