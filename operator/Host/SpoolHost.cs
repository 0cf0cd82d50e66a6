using Federation.Host.Options;
using Federation.Host.Serving;
using Federation.Metrics.Spool;

namespace Federation.Host;

/// <summary>The verb <c>spool</c>: one node's spool, as root of the node. Its settings are section <c>Spool</c>.</summary>
internal static class SpoolHost
{
    /// <summary>Where it listens unless it is told.</summary>
    internal const string Listen = "http://127.0.0.1:9105";

    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
        var section = builder.Configuration.GetSection("Spool");
        var (options, unread) = SettingsReader.Read<SpoolOptions>(section, "Listen", "Tls", "Log");
        var (tls, unreadTls) = SettingsReader.Read<TlsSection>(section.GetSection("Tls"));
        var (log, unreadLog) = SettingsReader.Read<LogSection>(section.GetSection("Log"));
        var serving = new OperatorOptions { Listen = section["Listen"] ?? Listen, Tls = tls };
        string[] faults = [.. SettingsReader.All(unread, options.Faults()), .. unreadTls, .. unreadLog, .. log.Faults().Select(f => "Spool:" + f), .. serving.Tls.Faults(serving.ListensTls, TimeProvider.System).Select(f => f.Replace("Tls:", "Spool:Tls:", StringComparison.Ordinal).Replace("Federation:", "Spool:", StringComparison.Ordinal))];
        foreach (var fault in faults) await Console.Error.WriteLineAsync($"error: {fault}");
        if (faults.Length > 0) return 2;

        builder.WebHost.UseUrls(serving.ListenUrls).UseGatewayTls(serving);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddConsole(log).AddLevels(new LogLevels(log));
        builder.Services.AddSingleton(serving).AddSingleton(TimeProvider.System).AddSpool(options);
        var app = builder.Build();
        app.MapSpool();
        await app.RunAsync();
        return 0;
    }
}
