using System.Numerics;

namespace Federation.Domain.Pricing;

/// <summary>Whatever a price comes from, it is none below the price book that the administrator wrote, and none that the contract cannot hold.</summary>
public static class PriceFloor
{
    /// <summary>What is wrong with the prices; empty when nothing is. A GPU class that is left out is not sold, which is no fault.</summary>
    public static IReadOnlyList<string> Faults(PriceBook floor, PriceBook asked)
    {
        (string Name, BigInteger? Least, BigInteger Asked)[] amounts =
        [
            ("cpu", floor.Cpu, asked.Cpu), ("memory", floor.Memory, asked.Memory), ("storage", floor.Storage, asked.Storage), ("egress", floor.Egress, asked.Egress),
            ("startFee", floor.StartFee, asked.StartFee), ("minCharge", floor.MinCharge, asked.MinCharge), ("reservationFee", floor.ReservationFee, asked.ReservationFee),
            .. asked.Gpu.Select(p => (p.Key, floor.Gpu.TryGetValue(p.Key, out var least) ? least : (BigInteger?)null, p.Value)),
        ];
        return [.. amounts.Select(a => Fault(a.Name, a.Least, a.Asked)).OfType<string>()];
    }

    private static string? Fault(string name, BigInteger? least, BigInteger asked)
    {
        if (least is null) return $"{name} has no price in the price book: it is not sold here.";
        if (asked < least) return $"{name} is {asked}, below the price book's {least}.";
        return asked > PriceBook.Most ? $"{name} is {asked}, more than the contract can hold." : null;
    }
}
