using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Requesting;
using Federation.Application.Settling;
using Federation.Chain;
using Federation.Chain.Tenancy;
using Federation.Cluster.Requests;
using Federation.Ethereum.Signing;
using Federation.Gateway;
using Federation.Host.Options;
using Federation.Host.Tracing;
using Federation.Metrics;

namespace Federation.Host.Tenancy;

/// <summary>The verb <c>tenant</c>: buys what ComputeRequests say, in any cluster. Its settings are section <c>Tenant</c>.</summary>
internal static class TenantHost
{
    public const string Name = "tenant";

    public static async Task<int> RunAsync(string[] args)
    {
        // To watch files is to watch all that lies beside them: the settings file is read again instead.
        var builder = WebApplication.CreateSlimBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
        var settings = new SettingsFile<TenantOptions>(builder.Configuration, "Tenant", o => o.Faults());
        var (options, faults) = settings.Read();
        if (faults.Count > 0)
        {
            foreach (var fault in faults) await Console.Error.WriteLineAsync($"error: {fault}");
            return 2;
        }

        builder.WebHost.UseUrls(options.Listen);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        var live = new LiveTenantOptions(options);
        builder.Logging.AddConsole(options.Log).AddLevels(live.Levels);
        builder.Services.AddTenant(options, live).AddSettingsWatch(settings, options, live.Take);
        var app = builder.Build();
        var service = app.Services.GetRequiredService<TenantService>();
        KeyValuePair<string, object>[] about = [new("federation.chain.id", (long)options.Chain.ChainId)];
        using var traces = options.Tracing.Endpoint is null ? null : Traces.Start(options.Tracing, "federation-tenant", about, app.Services.GetRequiredService<ILoggerFactory>());
        app.MapGet("/healthz", () => Results.Text("ok"));
        app.MapGet("/readyz", () => service.IsStanding ? Results.Text("ok") : Results.Text("waiting for chain and cluster", statusCode: StatusCodes.Status503ServiceUnavailable));
        app.MapMetrics();
        await app.RunAsync();
        return service.ExitCode;
    }

    private static IServiceCollection AddTenant(this IServiceCollection services, TenantOptions options, LiveTenantOptions live)
    {
        var times = options.Times;
        services.AddSingleton(options).AddSingleton(TimeProvider.System).AddTenantChainRoom(options.Chain, live.Sending).AddMetricsExporter();
        services.AddSingleton<OperatorHealth>();
        services.AddSingleton<SendFence>().AddSingleton<ISendFence>(s => s.GetRequiredService<SendFence>());
        services.AddSingleton(new RequestingOptions(times.AskTimeout, times.Look, times.SteadyLook) { OrderLife = times.OrderLife });
        services.AddSingleton<IQuoteDesk>(s => new HttpQuoteDesk(options.Gateways, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new WalletSignIn(s.GetRequiredService<ISignInKey>(), options.Chain.ChainId, "Tenant:Chain:ChainId", s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new GatewayDoors(s.GetRequiredService<IGatewayDirectory>(), s.GetRequiredService<WalletSignIn>(), options.Gateways, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IClusterDoors>(s => new TenantDoors(
            options.Access.KubeconfigFolder is { Length: > 0 } folder ? new KubeconfigDoors(folder, s.GetRequiredService<TimeProvider>()) : null, s.GetRequiredService<GatewayDoors>()));
        services.AddSingleton<IWorkloadDelivery>(s => new WorkloadDelivery(s.GetRequiredService<IClusterDoors>(), s.GetRequiredService<IHasher>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IUsageProofs>(s => new UsageProofs(
            s.GetRequiredService<EvmLeaseArchive>(), s.GetRequiredService<ISigner>(), options.Chain.ChainId, options.Gateways, s.GetRequiredService<IHasher>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new RequestMetrics(options.PaidWith, s.GetRequiredService<TimeProvider>())).AddSingleton<RequestSights>().AddSingleton<RequestAmendments>();
        services.AddSingleton(s => new Requester(
            s.GetRequiredService<RequestSights>(), s.GetRequiredService<ITenantOrders>(), s.GetRequiredService<RequestAmendments>(), s.GetRequiredService<ITenantTransactions>(),
            s.GetRequiredService<ISentTransactions>(), s.GetRequiredService<IDatacenterDirectory>(), s.GetRequiredService<IQuoteDesk>(), s.GetRequiredService<IWorkloadDelivery>(), s.GetRequiredService<IHasher>(),
            options.PaidWith, s.GetRequiredService<RequestingOptions>(), s.GetRequiredService<RequestMetrics>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<Requester>>()));
        return services.AddSingleton<TenantService>().AddHostedService(s => s.GetRequiredService<TenantService>());
    }
}
