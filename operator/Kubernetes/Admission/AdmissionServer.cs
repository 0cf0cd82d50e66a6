using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Kubernetes.Admission;

/// <summary>
/// Answers admission reviews over HTTPS on a port of its own. Every new connection gets the certificate of the moment, so
/// that one can be replaced without a restart and without losing a request.
/// </summary>
public sealed class AdmissionServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly WebApplication app;
    private readonly AdmissionEndpoint endpoint;
    private readonly AdmissionMetrics metrics;

    private AdmissionServer(WebApplication app, AdmissionEndpoint endpoint, AdmissionMetrics metrics) =>
        (this.app, this.endpoint, this.metrics) = (app, endpoint, metrics);

    /// <summary>The port that it listens on.</summary>
    public int Port => new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <param name="options">Where it listens, and its bounds.</param>
    /// <param name="certificate">The certificate of the moment, with its key; null while there is none.</param>
    /// <param name="webhooks">Who answers; each has a path of its own.</param>
    /// <param name="time">Clock of the limits.</param>
    /// <param name="loggers">What goes wrong is told here; objects never are.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="IOException">The address is taken.</exception>
    public static async Task<AdmissionServer> StartAsync(
        AdmissionServerOptions options, Func<X509Certificate2?> certificate, IReadOnlyList<IValidationWebhook> webhooks,
        TimeProvider? time = null, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default)
    {
        loggers ??= NullLoggerFactory.Instance;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Bound(kestrel, options, certificate));
        var metrics = new AdmissionMetrics(webhooks.Select(w => w.Kind.Plural).Distinct());
        var endpoint = new AdmissionEndpoint(webhooks, options, metrics, time ?? TimeProvider.System, loggers.CreateLogger<AdmissionServer>());
        var server = new AdmissionServer(builder.Build(), endpoint, metrics);
        server.app.Run(endpoint.HandleAsync);
        try
        {
            await server.app.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await app.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await app.DisposeAsync();
        endpoint.Dispose();
        metrics.Dispose();
    }

    private static void Bound(KestrelServerOptions kestrel, AdmissionServerOptions options, Func<X509Certificate2?> certificate)
    {
        kestrel.AddServerHeader = false;
        // The endpoint bounds the body itself: it can then answer the API server in its own words.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = Patience;
        kestrel.Listen(options.Address, options.Port, listen => listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificateSelector = (_, _) => certificate(),
            HandshakeTimeout = Patience,
        }));
    }

    // Signals belong to the program that this server is a part of.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
