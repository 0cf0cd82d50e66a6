using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics;

/// <summary>
/// Busy devices by NVIDIA's DCGM exporter, which names the pod that has a device. Anything that is scraped could say the same: what comes
/// of it is shown and not billed.
/// </summary>
internal sealed class DcgmReader(HttpClient http, PrometheusOptions options, TimeSpan maxGap, TimeProvider clock, ILogger<DcgmReader> log) : IGpuBusySource
{
    /// <summary>Share of the time in which an engine was active, 0 to 1; also of a MIG instance.</summary>
    public const string Active = "DCGM_FI_PROF_GR_ENGINE_ACTIVE";

    /// <summary>Where that is not exported: per cent of the time in which a kernel ran.</summary>
    public const string Utilization = "DCGM_FI_DEV_GPU_UTIL";

    private readonly PrometheusClient client = new(http, options, clock);
    private readonly long maxGapMs = (long)maxGap.TotalMilliseconds;

    /// <inheritdoc/>
    public async Task<long?> ReadAsync(LeaseId id, long fromMs, long throughMs, CancellationToken cancellation)
    {
        try
        {
            // Scraped with the target's labels first, the exporter's own are renamed.
            var rows = new List<RawSeries>();
            foreach (var label in new[] { "exported_namespace", "namespace" })
                rows.AddRange((await client.QueryAsync(Query(label, id.Namespace, throughMs - fromMs + maxGapMs), throughMs, cancellation)).Series);
            return BusyMs(rows, fromMs, throughMs, maxGapMs);
        }
        catch (PrometheusException e)
        {
            log.LogDebug("How busy the devices of lease {Lease} were cannot be read: {Error}", id, e.Message);
            return null;
        }
    }

    /// <returns>Each sample stands for the time since the one before it, unless that is a gap; null without a sample that is a share.</returns>
    internal static long? BusyMs(IEnumerable<RawSeries> rows, long fromMs, long throughMs, long maxGapMs)
    {
        var devices = rows.GroupBy(Device).Select(SharesOf).Where(s => s.Length > 0).ToArray();
        if (devices.Length == 0) return null;
        return devices.Sum(shares => (long)shares.Zip(shares.Skip(1))
            .Where(p => p.Second.AtMs > fromMs && p.Second.AtMs <= throughMs && p.Second.AtMs - p.First.AtMs <= maxGapMs)
            .Sum(p => p.Second.Value * (p.Second.AtMs - p.First.AtMs)));
    }

    private static string Query(string label, string ns, long ms) => $"{{__name__=~\"{Active}|{Utilization}\",{label}=\"{ns}\"}}[{ms}ms]";

    private static string Device(RawSeries row) => string.Join('/', row.Label("UUID"), row.Label("gpu"), row.Label("GPU_I_ID"));

    private static UsageSample[] SharesOf(IEnumerable<RawSeries> device)
    {
        var rows = device.ToLookup(r => r.Label("__name__"));
        var active = Shares(rows[Active], 1);
        return active.Length > 0 ? active : Shares(rows[Utilization], 100);
    }

    // Blanks, which stand for what the device does not tell, are numbers far above any share.
    private static UsageSample[] Shares(IEnumerable<RawSeries> rows, double whole) =>
        [.. rows.SelectMany(r => r.Samples).Where(s => s.Value >= 0 && s.Value <= whole).Select(s => s with { Value = s.Value / whole }).DistinctBy(s => s.AtMs).OrderBy(s => s.AtMs)];
}
