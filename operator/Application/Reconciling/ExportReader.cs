using Federation.Application.Ports;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Reconciling;

/// <summary>Has signed what was sent of a volume, as soon as it was; until then its pod stays, which alone knows it.</summary>
public sealed class ExportReader(IExportSigner signer, ILogger<ExportReader> log)
{
    public async Task<ExportNews> ReadAsync(LeaseRecord record, ClusterFacts facts, CancellationToken cancellation)
    {
        var news = new ExportNews(record.Export, null);
        if (facts.Export is not { Sent: { } sent } run || record.Status.Exports.Any(e => e.IsOf(run))) return news;
        try
        {
            return news with { Signature = await signer.SignAsync(record.Id, run.Volume, sent, run.EndedAt, cancellation) };
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            // Nothing else of the lease may wait for this.
            log.LogWarning("Lease {Lease}: volume {Volume} was sent and could not be signed for, which is tried again: {Error}", record.Id, run.Volume, error.Message);
            return news;
        }
    }
}
