using Federation.Domain.Pricing;
using Federation.Ethereum;
using Contract = Federation.Chain.Bindings;

namespace Federation.Chain.Mapping;

/// <summary>Resources, prices and meters between the domain and the contracts. What does not fit a field is refused, never cut.</summary>
public static class MoneyMapping
{
    public static Contract.Resources ToContract(this Resources value) => new()
    {
        CpuMilli = value.CpuMilli,
        MemoryMiB = value.MemoryMiB,
        StorageMiB = value.StorageMiB,
        EgressKiBps = value.EgressKiBps,
        GpuCountA = value.GpuA.Count,
        GpuCountB = value.GpuB.Count,
        GpuClassA = Bytes32.Parse(value.GpuA.ClassHash),
        GpuClassB = Bytes32.Parse(value.GpuB.ClassHash),
    };

    public static Resources ToDomain(this Contract.Resources value) => new(
        value.CpuMilli,
        value.MemoryMiB,
        value.StorageMiB,
        value.EgressKiBps,
        new GpuCount(value.GpuClassA.ToString(), value.GpuCountA),
        new GpuCount(value.GpuClassB.ToString(), value.GpuCountB));

    public static Contract.Prices ToContract(this Prices value) => new()
    {
        Cpu = value.Cpu,
        MemoryMiB = value.Memory,
        StorageMiB = value.Storage,
        Egress = value.Egress,
        GpuA = value.GpuA,
        GpuB = value.GpuB,
    };

    public static Prices ToDomain(this Contract.Prices value) =>
        new(value.Cpu, value.MemoryMiB, value.StorageMiB, value.Egress, value.GpuA, value.GpuB);

    public static Contract.Usage ToContract(this UsageVector value) => new()
    {
        CpuMilliSeconds = value.CpuMilliSeconds,
        MemoryMiBSeconds = value.MemoryMiBSeconds,
        StorageMiBSeconds = value.StorageMiBSeconds,
        EgressKiB = value.EgressKiB,
        GpuMilliSecondsA = value.GpuMilliSecondsA,
        GpuMilliSecondsB = value.GpuMilliSecondsB,
    };

    public static UsageVector ToDomain(this Contract.Usage value) => new(
        value.CpuMilliSeconds, value.MemoryMiBSeconds, value.StorageMiBSeconds, value.EgressKiB, value.GpuMilliSecondsA, value.GpuMilliSecondsB);
}
