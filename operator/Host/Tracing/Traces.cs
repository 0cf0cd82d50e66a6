using System.Diagnostics;
using Federation.Application.Telemetry;
using Federation.Host.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Federation.Host.Tracing;

/// <summary>
/// Takes traces and sends them to a collector. Nothing but this folder knows OpenTelemetry, and none of it is loaded before
/// <see cref="Start"/>, which is not called where no endpoint is given.
/// </summary>
internal static class Traces
{
    private const string HttpSource = "System.Net.Http";
    private const string TracesPath = "/v1/traces";

    /// <summary>Until it is disposed, which sends what is left.</summary>
    /// <param name="options">With an endpoint.</param>
    /// <param name="service">What the program is called there.</param>
    /// <param name="about">What is the same for all of its spans.</param>
    /// <param name="logs">Who learns when the collector takes nothing.</param>
    public static IDisposable Start(TracingSection options, string service, IEnumerable<KeyValuePair<string, object>> about, ILoggerFactory logs)
    {
        var version = typeof(Traces).Assembly.GetName().Version?.ToString(3);
        var resource = ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddEnvironmentVariableDetector()
            .AddService(service, serviceVersion: version, serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}").AddAttributes(about);
        return Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(Spans.SourceName)
            // Calls of chain, API server and store: where the time of a pass goes.
            .AddSource(HttpSource)
            .SetSampler(new WholeWorkSampler(options.Ratio))
            .AddProcessor(new CallProcessor(HttpSource))
            .AddProcessor(new BatchActivityExportProcessor(new ToldExporter(Exporter(options), options.Endpoint!, logs.CreateLogger(typeof(Traces)))))
            .Build();
    }

    private static OtlpExporterOptions Exporter(TracingSection options) => options.Protocol == TracingSection.Grpc
        ? new OtlpExporterOptions { Protocol = OtlpExportProtocol.Grpc, Endpoint = options.Endpoint! }
        : new OtlpExporterOptions { Protocol = OtlpExportProtocol.HttpProtobuf, Endpoint = options.Endpoint!.AbsolutePath == "/" ? new Uri(options.Endpoint, TracesPath) : options.Endpoint };
}
