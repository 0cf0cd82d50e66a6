using System.Globalization;
using Federation.Cluster.Entities;
using Federation.Domain.Usage;

namespace Federation.Cluster.Mapping;

/// <summary>The position of metering as texts: 128-bit integers and doubles survive any JSON reader.</summary>
internal static class UsageMapper
{
    public static UsageStatus ToEntity(UsagePosition usage) => new()
    {
        ThroughMs = usage.ThroughMs,
        CpuNanoSeconds = Text(usage.CpuNanoSeconds),
        MemoryByteMs = Text(usage.MemoryByteMs),
        StorageMiBMs = Text(usage.StorageMiBMs),
        EgressBytes = Text(usage.EgressBytes),
        GpuMsA = Text(usage.GpuMsA),
        GpuMsB = Text(usage.GpuMsB),
        ExpectedMs = usage.ExpectedMs,
        ObservedMs = usage.ObservedMs,
        Coverage = usage.Coverage.ToString("0.0 %", CultureInfo.InvariantCulture),
        WindowCoverage = usage.Window.LifeMs == 0 ? null : usage.Window.Coverage.ToString("0.0 %", CultureInfo.InvariantCulture),
        WindowLifeMs = Some(usage.Window.LifeMs),
        WindowUnmeasuredMs = Some(usage.Window.UnmeasuredMs),
        WindowMeter = usage.Window.Meter == Meter.Cpu ? null : usage.Window.Meter.ToString().ToLowerInvariant(),
        UnmeasuredMs = Some(usage.UnmeasuredMs),
        GpuBusyMs = usage.GpuBusyMs,
        ReservedMs = usage.ReservedMs,
        ResumedMs = usage.ResumedMs,
        Series = [.. usage.Series.Select(ToEntity)],
        Forgotten = usage.Forgotten.Count == 0 ? null : usage.Forgotten,
    };

    /// <exception cref="FormatException">A text is no number.</exception>
    /// <exception cref="OverflowException">A number does not fit 128 bits.</exception>
    public static UsagePosition FromEntity(UsageStatus usage) => new(
        usage.ThroughMs,
        Number(usage.CpuNanoSeconds),
        Number(usage.MemoryByteMs),
        Number(usage.StorageMiBMs),
        Number(usage.EgressBytes),
        Number(usage.GpuMsA),
        Number(usage.GpuMsB),
        usage.ExpectedMs,
        usage.ObservedMs,
        [.. usage.Series.Select(FromEntity)])
    {
        Forgotten = usage.Forgotten ?? [],
        Window = new WindowSight(usage.WindowLifeMs ?? 0, usage.WindowUnmeasuredMs ?? 0) { Meter = usage.WindowMeter switch { "memory" => Meter.Memory, "egress" => Meter.Egress, _ => Meter.Cpu } },
        UnmeasuredMs = usage.UnmeasuredMs ?? 0,
        GpuBusyMs = usage.GpuBusyMs,
        ReservedMs = usage.ReservedMs,
        ResumedMs = usage.ResumedMs,
    };

    public static HoldingStatus ToEntity(PodHolding holding) =>
        new() { PodUid = holding.PodUid, GpuA = holding.GpuA, GpuB = holding.GpuB, StorageMiB = holding.StorageMiB, EndedMs = Some(holding.EndedMs), FromMs = Some(holding.FromMs), IsDoubtful = holding.IsDoubtful ? true : null };

    /// <exception cref="OverflowException">A number does not fit 32 bits.</exception>
    public static PodHolding FromEntity(HoldingStatus holding) =>
        checked(new PodHolding(holding.PodUid, (uint)holding.GpuA, (uint)holding.GpuB, (uint)holding.StorageMiB) { EndedMs = holding.EndedMs ?? 0, FromMs = holding.FromMs ?? 0, IsDoubtful = holding.IsDoubtful == true });

    private static SeriesStatus ToEntity(SeriesPosition series) => new()
    {
        Key = series.Key,
        AtMs = series.AtMs,
        Value = series.Value.ToString("R", CultureInfo.InvariantCulture),
        UnheldMs = series.UnheldMs,
        ReadMs = series.ReadMs,
        FellMs = series.FellMs,
    };

    private static SeriesPosition FromEntity(SeriesStatus series) =>
        new(series.Key, series.AtMs, double.Parse(series.Value, CultureInfo.InvariantCulture)) { UnheldMs = series.UnheldMs, ReadMs = series.ReadMs, FellMs = series.FellMs };

    private static long? Some(long value) => value == 0 ? null : value;

    private static string Text(UInt128 value) => value.ToString(CultureInfo.InvariantCulture);

    private static UInt128 Number(string text) => UInt128.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
