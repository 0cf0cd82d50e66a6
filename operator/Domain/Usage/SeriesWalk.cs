namespace Federation.Domain.Usage;

/// <summary>Walks one series from its last position to the window's end.</summary>
/// <param name="foldedMs">
/// A series without a position starts after this: where its position was dropped, older samples were folded in before, and would
/// count twice.
/// </param>
internal sealed class SeriesWalk(
    UsageSeries series, SeriesPosition? from, long foldedMs, long throughMs, long maxGapMs, List<UsageFinding> findings)
{
    // 2^23: half the distance of two doubles below it is less than half a nanosecond. It is 97 days of one core.
    private const double ExactSeconds = 8_388_608;

    /// <summary>The pod had a position that was dropped: what its first sample counts was billed before, as far as anybody knows.</summary>
    public bool WasForgotten { get; init; }

    /// <summary>From when on its samples prove what the pod holds, unix milliseconds.</summary>
    public long HeldFromMs { get; init; }

    /// <summary>Milliseconds of what the pod holds that its samples proved.</summary>
    public long HeldMs { get; private set; }

    /// <summary>Where the series stands after the walk; null when no sample was usable.</summary>
    public SeriesPosition? Position { get; private set; } = from;

    private long endedMs = long.MaxValue;

    public void Run(PodHolding? holding, Sums sums)
    {
        if (holding is { EndedMs: > 0 }) endedMs = holding.EndedMs;
        foreach (var sample in series.Samples)
        {
            if (sample.AtMs > throughMs)
            {
                FindFuture(sample);
                break;
            }

            if (!sample.IsUsable)
            {
                findings.Add(new UsageFinding(UsageFindingKind.Discarded, series.Key, sample.AtMs, sample.Value));
                continue;
            }

            if (sample.AtMs <= (Position?.AtMs ?? foldedMs)) continue;
            var next = new SeriesPosition(series.Key, sample.AtMs, sample.Value);
            if (Position is null && WasForgotten)
            {
                Position = next;
                continue;
            }

            var heldBackMs = series.Meter == Meter.Cpu ? StepHolding(sample, holding, sums) : null;
            if (series.Meter == Meter.Memory) StepGauge(sample, sums);
            else next = StepCounter(next, sums);
            Position = next with { UnheldMs = heldBackMs is { } ms ? (Position?.UnheldMs ?? 0) + ms : Position?.UnheldMs };
        }
    }

    // Samples are in order: the first beyond the window ends the walk. A little ahead waits for its window; far ahead is said.
    private void FindFuture(UsageSample sample)
    {
        if (sample.AtMs - throughMs > maxGapMs) findings.Add(new UsageFinding(UsageFindingKind.Discarded, series.Key, sample.AtMs, sample.Value));
    }

    // A pod's counters start at zero with the pod, and the pod belongs to the lease: the first sample counts whole. Scrapers show
    // a counter at different ages, none older than a gap. So a lower value is an older one of the same counter, unless a gap has
    // passed; and once it is certain that the counter began anew, anything may be of the one before for as long again.
    private SeriesPosition StepCounter(SeriesPosition next, Sums sums)
    {
        if (Position is not { } last) return Count(0, next, sums);
        if (last.FellMs is null && next.Value >= last.Value) return Count(last.Value, next, sums);
        if (next.AtMs - last.FellMs >= maxGapMs)
        {
            Find(UsageFindingKind.Reset, next);
            return Count(0, next, sums);
        }

        Find(UsageFindingKind.OutOfOrder, next);
        var readMs = last.ReadMs ?? last.AtMs;
        return next with { Value = last.Value, ReadMs = readMs, FellMs = last.FellMs ?? (next.AtMs - readMs >= maxGapMs ? next.AtMs : null) };
    }

    // Both ends are rounded alike, so that the rises of any split add up to the whole.
    private SeriesPosition Count(double from, SeriesPosition next, Sums sums)
    {
        if (series.Meter == Meter.Cpu) sums.CpuNanoSeconds += Nano(next.Value) - Nano(from);
        else sums.EgressBytes += (UInt128)next.Value - (UInt128)from;
        return next;
    }

    private void Find(UsageFindingKind kind, SeriesPosition at) => findings.Add(new UsageFinding(kind, series.Key, at.AtMs, at.Value));

    private void FindGap(UsageSample until) => findings.Add(new UsageFinding(UsageFindingKind.Gap, series.Key, Position!.AtMs, until.AtMs - Position.AtMs));

    private void StepGauge(UsageSample sample, Sums sums)
    {
        if (CloseEnough(sample) is { } ms) sums.MemoryByteMs += (UInt128)Math.Min(sample.Value, Position!.Value) * (UInt128)ms;
        else if (Position is not null) FindGap(sample);
    }

    // A CPU sample proves that the pod's cgroup was there, and with it whatever the pod holds where nobody else vouches for that.
    private long? StepHolding(UsageSample sample, PodHolding? holding, Sums sums)
    {
        long? none = holding is null ? 0 : null;
        if (Position is null) return none;
        sums.ExpectedMs += Lived(Position.AtMs, sample.AtMs);
        if (CloseEnough(sample) is not { } ms)
        {
            FindGap(sample);
            return none;
        }

        sums.ObservedMs += ms;
        if (holding is null) return ms;
        var held = Lived(Math.Max(Position.AtMs, HeldFromMs), Math.Max(sample.AtMs, HeldFromMs));
        sums.Hold(holding, held);
        HeldMs += held;
        return null;
    }

    private long? CloseEnough(UsageSample sample) =>
        Position is { } last && sample.AtMs - last.AtMs <= maxGapMs ? Lived(last.AtMs, sample.AtMs) : null;

    private long Lived(long fromMs, long toMs) => Math.Min(toMs, endedMs) - Math.Min(fromMs, endedMs);

    // Whole seconds apart from their fraction: one product would round up to seven digits away, and so above the counter. The
    // nearest nanosecond is the counter's own, as long as doubles lie closer than nanoseconds; beyond, the one below it.
    private static UInt128 Nano(double seconds)
    {
        var whole = Math.Floor(seconds);
        var nanos = (seconds - whole) * 1e9;
        return (UInt128)whole * 1_000_000_000 + (UInt128)(whole < ExactSeconds ? Math.Round(nanos) : Math.Floor(nanos));
    }
}

/// <summary>Running sums of one fold, fine units.</summary>
internal sealed class Sums
{
    public UInt128 CpuNanoSeconds, MemoryByteMs, StorageMiBMs, EgressBytes, GpuMsA, GpuMsB;
    public long ExpectedMs, ObservedMs;

    public void Hold(PodHolding holding, long ms)
    {
        GpuMsA += (UInt128)holding.GpuA * (UInt128)ms;
        GpuMsB += (UInt128)holding.GpuB * (UInt128)ms;
        StorageMiBMs += (UInt128)holding.StorageMiB * (UInt128)ms;
    }

    public UsagePosition AddTo(UsagePosition before, long throughMs, IReadOnlyList<SeriesPosition> series) => new(
        throughMs,
        before.CpuNanoSeconds + CpuNanoSeconds,
        before.MemoryByteMs + MemoryByteMs,
        before.StorageMiBMs + StorageMiBMs,
        before.EgressBytes + EgressBytes,
        before.GpuMsA + GpuMsA,
        before.GpuMsB + GpuMsB,
        before.ExpectedMs + ExpectedMs,
        before.ObservedMs + ObservedMs,
        series)
    {
        Window = before.Window,
        // Whatever is dropped in this window or in none: a pod that shows again in a month was counted all the same.
        Forgotten = before.Forgotten,
        UnmeasuredMs = before.UnmeasuredMs,
        GpuBusyMs = before.GpuBusyMs,
        ReservedMs = before.ReservedMs,
        ResumedMs = before.ResumedMs,
    };
}
