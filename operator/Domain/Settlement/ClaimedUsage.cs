using System.Globalization;
using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;

namespace Federation.Domain.Settlement;

/// <summary>What the last receipt of a lease came to.</summary>
/// <param name="Through">Unix seconds until which its usage counts.</param>
public sealed record SettledUsage(UsageVector Usage, long Through, uint DownSeconds);

/// <summary>
/// Usage that a provider claims and its payer is to countersign, which pays it at once and for good: held to what the lease can have used, and
/// to whatever else the datacenter has said of it.
/// </summary>
/// <param name="Terms">That it was used under.</param>
/// <param name="Usage">Cumulative.</param>
/// <param name="Through">Unix seconds until which it is measured.</param>
/// <param name="DownSeconds">Cumulative downtime that is credited.</param>
public sealed record ClaimedUsage(LeaseTerms Terms, ChainLease Lease, UsageVector Usage, long Through, uint DownSeconds)
{
    // Seconds are rounded down, usage within the second is not.
    private const int Rounding = 1;

    // What was sampled late is in the next window: so many seconds at full load it may hold more than its time can.
    private const int Late = 60;

    // Two windows of the usual length, which is the longest: what was used since the claim is charged by the terms that follow.
    private const long OldestSeconds = 7_200;

    /// <summary>The chain's last receipt; null: there is none, or nobody has looked.</summary>
    public SettledUsage? Last { get; init; }

    /// <summary>The terms that follow, and that all that is not claimed here is charged by; null: none do.</summary>
    public LeaseTerms? Next { get; init; }

    /// <summary>What the datacenter says in the lease's status; null: it could not be asked, or says nothing.</summary>
    public UsageVector? Status { get; init; }

    /// <summary>What the evidence that the datacenter hands over comes to, folded anew; null: it hands none over, or has none yet.</summary>
    public UsagePosition? Measured { get; init; }

    /// <summary>Whether anything is claimed that costs, and that nobody but the datacenter has a word of: neither evidence nor the lease's status.</summary>
    public bool IsUnseen => Costs && Measured is null && Status is null;

    /// <summary>
    /// Whether anything is claimed that costs, and the evidence ends before the last settlement, or is not shown though there was one: the older it is, the
    /// more it leaves to be claimed. The lease's status makes up for none of that: it is the datacenter's word as the claim is.
    /// </summary>
    public bool IsStale => Costs && Last is not null && (Measured is null || Measured.ThroughMs / 1_000 < Last.Through);

    /// <summary>
    /// Whether anything is claimed that costs, and the evidence does not stand for it: none is shown, or it ends before the last settlement, or so long before the claim
    /// that what is reserved since then leaves next to anything to be claimed.
    /// </summary>
    public bool IsUnproved => Costs && (Measured is null || Measured.ThroughMs / 1_000 < Math.Max(Last?.Through ?? 0, Through - OldestSeconds));

    private bool Costs => Meters(Usage).Zip(Meters(Last?.Usage ?? UsageVector.Zero)).Any(p => !p.First.Price.IsZero && p.First.Raw > p.Second.Raw);

    /// <param name="now">Unix seconds.</param>
    /// <returns>Why nobody can have used so much; null when the lease can.</returns>
    public string? FaultOf(long now)
    {
        if (Through > now) return $"It claims to have measured until {Time(Through)}, and it is {Time(now)}.";
        if (DownSeconds < (Last?.DownSeconds ?? 0)) return $"It credits {DownSeconds} s of downtime, and the last receipt {Last!.DownSeconds} s.";
        if (Shortfall(now) is { } little) return little;
        // What has no price is metered all the same, and reserved by nobody: it costs nothing.
        var meters = Meters(Usage);
        if (Most() is { } reserved)
            foreach (var (meter, most) in meters.Zip(reserved))
                if (!meter.Price.IsZero && meter.Raw > most) return $"It claims {meter.Raw} {meter.Name}, and what is reserved comes to {most} until then.";
        if (Measured is { } shown)
            foreach (var (meter, most) in meters.Zip(Reserved(shown.ToVector(), shown.ThroughMs / 1_000, Rounding + Late)))
                if (!meter.Price.IsZero && meter.Raw > most) return $"It claims {meter.Raw} {meter.Name}, and by its evidence until {Time(shown.ThroughMs / 1_000)} and what is reserved after that it comes to {most} at most.";
        if (Status is null) return null;
        foreach (var (meter, said) in meters.Zip(Meters(Status)))
            if (!meter.Price.IsZero && meter.Raw > said.Raw) return $"It claims {meter.Raw} {meter.Name}, and the lease's own status says {said.Raw}.";
        return null;
    }

    // Usage that is left out is charged later: what was paid once would be so again, and what was used at one price would cost another.
    private string? Shortfall(long now)
    {
        var meters = Meters(Usage);
        if (Last is { } last)
            foreach (var (meter, settled) in meters.Zip(Meters(last.Usage)))
                if (meter.Raw < settled.Raw) return $"It claims {meter.Raw} {meter.Name}, and the last receipt {settled.Raw}: usage never falls, and the difference would be charged twice.";
        // The same by what all of it costs, where nobody has looked for the last receipt; downtime may be credited that was not before.
        if (Terms.StartFee + Accrual.Price(Terms.Prices, Usage) + Lease.DueOffset < Lease.Claimed) return $"It claims usage that is worth less than the {Lease.Claimed} that were settled already: usage never falls, and the difference would be charged twice.";
        if (Next is not { } next) return null;
        var dearer = Meters(Usage, next.Prices).Zip(meters).Select(p => p.First.Price > p.Second.Price).ToArray();
        if (!dearer.Contains(true)) return null;
        if (now - Math.Max(Through, Lease.ActivatedAt) > OldestSeconds) return $"Prices rise with it, and it is measured until {Time(Through)} only: what was used since would cost the new ones.";
        if (Measured is null && Status is null && now - Math.Max(Last?.Through ?? 0, Lease.ActivatedAt) > OldestSeconds)
            return "Prices rise with it, and nothing shows what was used until now: neither evidence nor the lease's status.";
        return (Measured is { } shown ? Less(shown.ToVector(), Math.Max(0, (shown.ThroughMs / 1_000) - Through), "its evidence shows") : null) ?? (Status is { } said ? Less(said, 0, "the lease's own status says") : null);

        // What was measured after it was signed is in neither.
        string? Less(UsageVector known, long after, string who)
        {
            foreach (var ((meter, most), isDearer) in Meters(known).Zip(Reserved(Usage, Through, after + Rounding + Late)).Zip(dearer))
                if (isDearer && meter.Raw > most) return $"Prices rise with it, and it leaves out usage that would cost the new ones: {who} {meter.Raw} {meter.Name}.";
            return null;
        }
    }

    // Once a lease was amended, what was reserved before is not known here; that amendment settled it, so the last receipt stands for it. Without
    // one only the contract holds it to what was reserved: by what all of it costs.
    private IEnumerable<BigInteger>? Most()
    {
        if (Lease.Amendments == 0) return Reserved(UsageVector.Zero, Lease.ActivatedAt, Rounding);
        return Last is { } last ? Reserved(last.Usage, last.Through, Rounding + Late) : null;
    }

    private IEnumerable<BigInteger> Reserved(UsageVector from, long since, long more)
    {
        var (r, seconds) = (Terms.Resources, BigInteger.Max(0, Through - since) + more);
        return
        [
            from.CpuMilliSeconds + (r.CpuMilli * seconds), from.MemoryMiBSeconds + (r.MemoryMiB * seconds), from.StorageMiBSeconds + (r.StorageMiB * seconds),
            from.EgressKiB + (r.EgressKiBps * seconds), from.GpuMilliSecondsA + (r.GpuA.Count * 1_000 * seconds), from.GpuMilliSecondsB + (r.GpuB.Count * 1_000 * seconds),
        ];
    }

    private (string Name, ulong Raw, BigInteger Price)[] Meters(UsageVector usage) => Meters(usage, Terms.Prices);

    // Named as receipts have them on the wire.
    private static (string Name, ulong Raw, BigInteger Price)[] Meters(UsageVector usage, Prices prices) =>
    [
        ("cpuMilliSeconds", usage.CpuMilliSeconds, prices.Cpu), ("memoryMiBSeconds", usage.MemoryMiBSeconds, prices.Memory),
        ("storageMiBSeconds", usage.StorageMiBSeconds, prices.Storage), ("egressKiB", usage.EgressKiB, prices.Egress),
        ("gpuMilliSecondsA", usage.GpuMilliSecondsA, prices.GpuA), ("gpuMilliSecondsB", usage.GpuMilliSecondsB, prices.GpuB),
    ];

    private static string Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds())).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
