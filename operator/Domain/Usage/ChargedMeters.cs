using Federation.Domain.Pricing;

namespace Federation.Domain.Usage;

/// <summary>Of which meters' samples a lease's bill is made, by its prices: what lacks of another costs nobody anything.</summary>
public static class ChargedMeters
{
    /// <summary>Where no prices are known: every pod that runs uses it.</summary>
    internal static readonly IReadOnlyCollection<Meter> Always = [Meter.Cpu];

    // Devices and storage are the API server's word; where it does not vouch, CPU samples show that their pod was there.
    public static IReadOnlyCollection<Meter> Of(Prices prices)
    {
        var holds = !prices.Storage.IsZero || !prices.GpuA.IsZero || !prices.GpuB.IsZero;
        var charged = new List<Meter>();
        if (!prices.Cpu.IsZero || holds) charged.Add(Meter.Cpu);
        if (!prices.Memory.IsZero) charged.Add(Meter.Memory);
        if (!prices.Egress.IsZero) charged.Add(Meter.Egress);
        return charged.Count > 0 ? charged : Always;
    }
}
