using Federation.Gateway;
using Federation.Host.Options;
using Federation.Host.Serving;
using Federation.Host.Tracing;
using Federation.Metrics;

namespace Federation.Host;

/// <summary>The verb <c>run</c>: the operator of one datacenter. Its settings are section <c>Federation</c>.</summary>
internal static class OperatorHost
{
    public static async Task<int> RunAsync(string[] args)
    {
        // To watch files is to watch all that lies beside them: the settings file is read again instead.
        var builder = WebApplication.CreateSlimBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
        var settings = new SettingsFile<OperatorOptions>(builder.Configuration, "Federation", o => OptionsCheck.Faults(o));
        var (options, faults) = settings.Read();
        if (faults.Count > 0)
        {
            foreach (var fault in faults) await Console.Error.WriteLineAsync($"error: {fault}");
            return 2;
        }

        builder.WebHost.UseUrls(options.ListenUrls).UseGatewayTls(options);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // It tells addresses with their queries: commands of tenants, and what these are given.
        builder.Logging.AddFilter("Yarp", LogLevel.Error);
        var live = new LiveOptions(options);
        builder.Logging.AddConsole(options.Log).AddLevels(live.Levels);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddMetricsRoom(options.Prometheus, options.Spool, options.Times.MaxGap);
        builder.Services.AddOperator(options, live).AddSettingsWatch(settings, options, live.Take);
        var contracts = options.Chain.Addresses();
        builder.Services.AddGateway(
            new GatewayIdentity(options.Chain.ChainId, contracts.Market.ToString(), contracts.LeaseManager.ToString()), live.QuotesPerMinute, options.TrustedProxies);

        var app = builder.Build();
        app.UseOwnPort(options.OwnPort).UseGateway();
        app.MapHealth();
        app.MapMetrics().OnOwnPort();
        app.MapGateway();
        // Asked for now: the container is gone once the host has stopped.
        var service = app.Services.GetRequiredService<OperatorService>();
        KeyValuePair<string, object>[] about = [new("federation.datacenter", options.Datacenter), new("federation.chain.id", (long)options.Chain.ChainId)];
        using var traces = options.Tracing.Endpoint is null ? null : Traces.Start(options.Tracing, "federation-operator", about, app.Services.GetRequiredService<ILoggerFactory>());
        await app.RunAsync();
        return service.ExitCode;
    }
}
