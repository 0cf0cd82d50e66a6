namespace Federation.Host.Options;

/// <summary>Traces of what the program does, by OpenTelemetry's protocol.</summary>
public sealed class TracingSection
{
    public const string Http = "http";
    public const string Grpc = "grpc";

    /// <summary>
    /// Address of a collector that takes OTLP, such as <c>http://collector.observability.svc:4318</c>. Null: no traces are taken, which costs nothing.
    /// What it wants to know us by comes from <c>OTEL_EXPORTER_OTLP_HEADERS</c>, its certificate's authority from <c>OTEL_EXPORTER_OTLP_CERTIFICATE</c>.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary><c>http</c>: protobuf over HTTP, to <c>/v1/traces</c> where the address has no path of its own. <c>grpc</c>: what usually listens at port 4317.</summary>
    public string Protocol { get; set; } = Http;

    /// <summary>Share of passes, requests and transactions that are traced, each with all that it consists of.</summary>
    public double Ratio { get; set; } = 1;

    public IEnumerable<string> Faults()
    {
        if (Endpoint is not (null or { IsAbsoluteUri: true, Scheme: "http" or "https" })) yield return "Tracing:Endpoint must be an absolute http or https address.";
        if (Endpoint is { IsAbsoluteUri: true, UserInfo.Length: > 0 }) yield return "Tracing:Endpoint must have no user and password: give them as a header, by OTEL_EXPORTER_OTLP_HEADERS from a Secret.";
        if (Protocol is not (Http or Grpc)) yield return $"Tracing:Protocol '{Protocol}' must be {Http} or {Grpc}.";
        if (Ratio is not (> 0 and <= 1)) yield return "Tracing:Ratio must be above 0 and at most 1; to take no traces leave out Tracing:Endpoint.";
    }
}
