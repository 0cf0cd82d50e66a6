using Federation.Gateway.Limits;
using Federation.Host.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Federation.Host.Serving;

internal static class GatewayTls
{
    /// <summary>https addresses show the certificate of <see cref="OperatorOptions.Tls"/>, whichever it is at the moment.</summary>
    public static IWebHostBuilder UseGatewayTls(this IWebHostBuilder web, OperatorOptions options)
    {
        // A replica that stands by sends its client away by closing the connection, which HTTP/2 would not tell it; and what is said
        // of a tenant's request to the cluster (lengths, upgrades, hops) is said of HTTP/1.1.
        web.ConfigureServices(services => services.AddSingleton(provider => new ConnectionLimits(
            options.Connections.Most, options.Connections.PerAddress, options.TrustedProxies, options.OwnPort, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ConnectionLimits>>())));
        web.ConfigureKestrel(kestrel =>
        {
            Bound(kestrel.Limits);
            var limits = kestrel.ApplicationServices.GetRequiredService<ConnectionLimits>();
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1;
                endpoint.Use(next => connection => limits.ApplyAsync(connection, next));
            });
        });
        if (!options.ListensTls) return web;
        web.ConfigureServices(services => services.AddSingleton<ServingCertificate>().AddHostedService(s => s.GetRequiredService<ServingCertificate>()));
        return web.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureHttpsDefaults(https => kestrel.ApplicationServices.GetRequiredService<ServingCertificate>().Serve(https));
        });
    }

    // What a connection may cost before it is known whose it is: all of them together have to fit beside what this process is for.
    private static void Bound(KestrelServerLimits limits)
    {
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // Longer than clients keep their idle ones: a request into a connection that is just being closed fails.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(95);
        limits.MaxRequestBufferSize = 64 * 1024;
    }

    /// <returns>Why tenants do not reach this operator at the endpoint that the registry gives them; null when nothing speaks against it.</returns>
    public static string? FaultOf(Uri endpoint, OperatorOptions options, ServingCertificate? certificate)
    {
        var listensPlain = options.ListenUrls.Any(u => u.StartsWith("http:", StringComparison.OrdinalIgnoreCase));
        return (endpoint.Scheme, options.Tls.Terminated) switch
        {
            ("https", true) => null,
            ("https", false) when certificate is null =>
                $"spec.endpoint is {endpoint}, and this operator speaks no TLS: give it Federation:Tls:Certificate and Key and an https address in Federation:Listen, or set Federation:Tls:Terminated where a proxy in front ends TLS.",
            ("https", false) when !certificate.IsFor(endpoint) => $"spec.endpoint is {endpoint}, and the certificate of Federation:Tls:Certificate is not for {endpoint.IdnHost}: clients refuse it. Have it issued for that name.",
            ("https", false) when certificate.OutOfTime is { } fault => $"spec.endpoint is {endpoint}, and clients refuse its certificate: {fault}",
            ("http", _) when !listensPlain => $"spec.endpoint is {endpoint}, and this operator listens on https only: write https there and in the registry.",
            _ => null,
        };
    }
}
