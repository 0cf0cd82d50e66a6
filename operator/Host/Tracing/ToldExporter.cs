using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace Federation.Host.Tracing;

/// <summary>Sends spans, and says once when the collector takes none, and once when it does again: nothing waits for them, and those that are not taken are gone.</summary>
internal sealed class ToldExporter(OtlpExporterOptions options, Uri endpoint, ILogger log) : OtlpTraceExporter(options)
{
    private bool isLost;

    public override ExportResult Export(in Batch<Activity> activityBatch)
    {
        var result = base.Export(activityBatch);
        var failed = result == ExportResult.Failure;
        if (failed == isLost) return result;
        isLost = failed;
        if (failed) log.LogWarning("The collector at {Collector} takes no traces: spans are dropped until it does. See that Tracing:Endpoint and Tracing:Protocol are those that it listens by.", endpoint.Authority);
        else log.LogInformation("The collector at {Collector} takes traces again.", endpoint.Authority);
        return result;
    }
}
