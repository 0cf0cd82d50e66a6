using Federation.Application.Ports;
using Federation.Harness;
using Federation.Metrics;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Spool;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Benchmarks.Metering;

/// <summary>A node's spool with its usual settings, and the source that reads the store and it.</summary>
internal sealed class BesideSpool : IAsyncDisposable
{
    private readonly WebApplication spool;
    private readonly ServiceProvider reader;
    private readonly DirectoryInfo folder;

    private BesideSpool(WebApplication spool, ServiceProvider reader, DirectoryInfo folder) => (this.spool, this.reader, this.folder) = (spool, reader, folder);

    public IUsageSource Source => reader.GetRequiredService<IUsageSource>();

    public static async Task<BesideSpool> StartAsync(Datacenter datacenter, PrometheusOptions store, TimeSpan maxGap)
    {
        var folder = Directory.CreateTempSubdirectory("federation-bench-spool-");
        var token = Path.Combine(folder.FullName, "token");
        await File.WriteAllTextAsync(token, "bench");
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(TimeProvider.System).AddSpool(new SpoolOptions { Folder = folder.FullName, BearerTokenFile = token, CgroupRoot = $"/{datacenter.CgroupRoot}" });
        var app = builder.Build();
        app.MapSpool();
        await app.StartAsync();
        var source = new SpoolSourceOptions { Urls = [new Uri(app.Urls.First())], BearerTokenFile = token };
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddMetricsRoom(store, source, maxGap);
        return new BesideSpool(app, services.BuildServiceProvider(), folder);
    }

    public async ValueTask DisposeAsync()
    {
        await reader.DisposeAsync();
        await spool.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
