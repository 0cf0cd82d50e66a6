using Federation.Application.Ports;
using Federation.Metrics.Exposition;
using Federation.Metrics.Prometheus;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics;

/// <summary>How a host takes this room in.</summary>
public static class MetricsRegistration
{
    private const string ClientName = "prometheus";

    /// <summary>Usage from a Prometheus-compatible store, the operator's instruments and their exporter.</summary>
    public static IServiceCollection AddMetricsRoom(this IServiceCollection services, PrometheusOptions options)
    {
        // The options bound every query; the client's own timeout would cut a longer one short.
        services.AddHttpClient(ClientName, c => c.Timeout = Timeout.InfiniteTimeSpan).ConfigurePrimaryHttpMessageHandler(() => StoreTls.Handler(options));
        services.AddSingleton<OperatorMetrics>();
        services.AddSingleton(_ => new PrometheusExporter([OperatorMetrics.MeterName]));
        return services.AddSingleton<IUsageSource>(s => new PrometheusUsageSource(
            s.GetRequiredService<IHttpClientFactory>().CreateClient(ClientName),
            options,
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<PrometheusUsageSource>>(),
            s.GetRequiredService<OperatorMetrics>()));
    }

    /// <summary>GET /metrics in Prometheus' text format.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints, string pattern = "/metrics")
    {
        var exporter = endpoints.ServiceProvider.GetRequiredService<PrometheusExporter>();
        return endpoints.MapGet(pattern, () => Results.Text(exporter.Scrape(), PrometheusExporter.ContentType));
    }
}
