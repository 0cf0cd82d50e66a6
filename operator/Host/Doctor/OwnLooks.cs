using Federation.Host.Options;
using Federation.Host.Serving;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Spool;

namespace Federation.Host.Doctor;

/// <summary>What this operator brings itself: the gateway's certificate, and the store that it meters from.</summary>
internal sealed class OwnLooks(OperatorOptions options)
{
    public IEnumerable<Look> All => [new Look("metering", "see that Prometheus:Url leads to the store, and that a NetworkPolicy of its lets the operator in", MeteringAsync), .. Spools(), Look.At("gateway", "see that its Secret is mounted", _ => Task.FromResult(Certificate()))];

    // Without any there is nothing to mend: an administrator chooses, and is to know what it costs.
    private IEnumerable<Look> Spools() => options.Spool.Urls.Length > 0
        ? [new Look("metering", "see that Spool:BearerTokenFile and Spool:CaFile are mounted", SpoolsAsync)]
        : [Look.At("metering", "", _ => Task.FromResult(Finding.Note("metering", "without the node's spool, what a pod uses after its last scrape is not billed (up to one scrape interval a pod): spool.enabled of the chart")))];

    private async Task<IReadOnlyList<Finding>> MeteringAsync(CancellationToken cancellation) =>
        Findings(await new StoreCheck(options.Prometheus, TimeProvider.System).LookAsync(options.Times.MaxGap, cancellation));

    private async Task<IReadOnlyList<Finding>> SpoolsAsync(CancellationToken cancellation) =>
        Findings(await new SpoolCheck(options.Spool, TimeProvider.System).LookAsync(cancellation));

    private static IReadOnlyList<Finding> Findings(IEnumerable<(string Found, string? Fix)> found) =>
        [.. found.Select(f => f.Fix is { } fix ? Finding.Bad("metering", $"{f.Found}: {fix}") : Finding.Good("metering", f.Found))];

    private Finding Certificate()
    {
        if (!options.ListensTls)
            return options.Tls.Terminated ? Finding.Good("gateway", "a proxy in front ends TLS") : Finding.Note("gateway", "it speaks plain HTTP: tenants' endpoint has to be http, or Tls:Terminated set");
        var (context, fault) = CertificateFiles.Read(options.Tls, TimeProvider.System.GetUtcNow());
        return fault.Length == 0 ? Finding.Good("gateway", $"its certificate is good until {context!.TargetCertificate.NotAfter.ToUniversalTime():u}") : Finding.Bad("gateway", fault);
    }
}
