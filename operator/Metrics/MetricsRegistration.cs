using Federation.Application.Ports;
using Federation.Metrics.Exposition;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Spool;
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
    /// <param name="spool">The nodes' spools, for what the store lacks.</param>
    /// <param name="maxGap">Samples of the store that lie further apart lack something between them.</param>
    public static IServiceCollection AddMetricsRoom(this IServiceCollection services, PrometheusOptions options, SpoolSourceOptions spool, TimeSpan maxGap)
    {
        // The options bound every query; the client's own timeout would cut a longer one short.
        services.AddHttpClient(ClientName, c => c.Timeout = Timeout.InfiniteTimeSpan).ConfigurePrimaryHttpMessageHandler(() => StoreTls.Handler(options));
        services.AddSingleton<OperatorMetrics>().AddMetricsExporter();
        services.AddSingleton(s => new PrometheusUsageSource(
            s.GetRequiredService<IHttpClientFactory>().CreateClient(ClientName),
            options,
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<PrometheusUsageSource>>(),
            s.GetRequiredService<OperatorMetrics>(),
            maxGap));
        services.AddSingleton<IMeterProbe>(s => new StoreProbe(s.GetRequiredService<IHttpClientFactory>().CreateClient(ClientName), options, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IGpuBusySource>(s => new DcgmReader(
            s.GetRequiredService<IHttpClientFactory>().CreateClient(ClientName), options, maxGap, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DcgmReader>>()));
        if (spool.Urls.Length == 0) return services.AddSingleton<IUsageSource>(s => s.GetRequiredService<PrometheusUsageSource>());
        services.AddSingleton<ISpoolProbe>(s => new SpoolCheck(spool, s.GetRequiredService<TimeProvider>()));
        return services.AddSingleton<IUsageSource>(s => new SpooledUsageSource(
            s.GetRequiredService<PrometheusUsageSource>(),
            new SpoolFinder(spool, options.CgroupRoot, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<PrometheusUsageSource>>()).FindAsync,
            maxGap,
            s.GetRequiredService<ILogger<SpooledUsageSource>>()));
    }

    /// <summary>The exporter alone, of every instrument of this program: for who reads no usage.</summary>
    public static IServiceCollection AddMetricsExporter(this IServiceCollection services) =>
        services.AddSingleton(_ => new PrometheusExporter([OperatorMetrics.MeterName])).AddSingleton(s => new ScrapeWatch(s.GetRequiredService<TimeProvider>()));

    /// <summary>GET /metrics in Prometheus' text format.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints, string pattern = "/metrics")
    {
        var (exporter, watch) = (endpoints.ServiceProvider.GetRequiredService<PrometheusExporter>(), endpoints.ServiceProvider.GetRequiredService<ScrapeWatch>());
        return endpoints.MapGet(pattern, () =>
        {
            watch.Seen();
            return Results.Text(exporter.Scrape(), PrometheusExporter.ContentType);
        });
    }
}
