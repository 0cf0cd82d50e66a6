using System.Diagnostics.Metrics;
using System.Net.Security;
using Federation.Host.Options;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Federation.Host.Serving;

/// <summary>
/// The certificate that the gateway shows: files that are replaced, as a Secret's are, show on the next connection. What cannot
/// be served, or whose time is not now, changes nothing: the one before it stays, and at the start it is served all the same, for
/// health, metrics and leases do not wait for a certificate. The files are read, not watched: a Secret's are links to links.
/// </summary>
internal sealed class ServingCertificate : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly TlsSection files;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Meter meter = new("Federation.Serving");
    private volatile SslStreamCertificateContext current;
    private string problem = "";

    /// <exception cref="InvalidOperationException">There is nothing to serve.</exception>
    public ServingCertificate(OperatorOptions options, TimeProvider clock, ILogger<ServingCertificate> log)
    {
        (files, this.clock, this.log) = (options.Tls, clock, log);
        (var context, problem) = CertificateFiles.Read(files, clock.GetUtcNow());
        current = context ?? throw new InvalidOperationException(problem);
        if (problem.Length > 0) log.LogWarning("The gateway's certificate is served, and clients refuse it: {Fault}", problem);
        meter.CreateObservableGauge("federation_gateway_certificate_end_seconds", () => new DateTimeOffset(current.TargetCertificate.NotAfter).ToUnixTimeSeconds(), null, "Unix time at which the gateway's certificate ends.");
    }

    public void Serve(HttpsConnectionAdapterOptions https)
    {
        // Kestrel wants to see one; what counts is the context below, which has the intermediates with it.
        https.ServerCertificateSelector = (_, _) => current.TargetCertificate;
        https.OnAuthenticate = (_, ssl) => (ssl.ServerCertificateSelectionCallback, ssl.ServerCertificateContext) = (null, current);
    }

    public bool IsFor(Uri endpoint) => current.TargetCertificate.MatchesHostname(endpoint.IdnHost);

    /// <summary>Why clients refuse it now, whatever it is for; null when its time is now.</summary>
    public string? OutOfTime => CertificateFiles.OutOfTime(current.TargetCertificate, files.Certificate, clock.GetUtcNow());

    /// <summary>One look at the files.</summary>
    public void Look()
    {
        var (context, fault) = CertificateFiles.Read(files, clock.GetUtcNow());
        if (context is null || (fault.Length > 0 && OutOfTime is null))
        {
            if (fault != problem) log.LogWarning("The gateway's certificate, good until {End:u}, stays: {Fault}", current.TargetCertificate.NotAfter.ToUniversalTime(), fault);
        }
        else if (!context.TargetCertificate.Equals(current.TargetCertificate))
        {
            current = context;
            log.LogInformation("The gateway serves {Subject}, good until {End:u}.", context.TargetCertificate.Subject, context.TargetCertificate.NotAfter.ToUniversalTime());
        }

        problem = fault;
    }

    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
    }
}
