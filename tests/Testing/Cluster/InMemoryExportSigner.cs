using Federation.Application.Ports;
using Federation.Domain.Exports;
using Federation.Domain.Leases;

namespace Federation.Testing.Cluster;

/// <summary>A signer whose signatures say what they are for, and that may be away.</summary>
public sealed class InMemoryExportSigner : IExportSigner
{
    public bool IsAway { get; set; }

    public static string SignatureOf(LeaseId id, string volume, SentBytes sent, long exportedAt) => $"signed {id} {volume} {sent} {exportedAt}";

    public Task<string> SignAsync(LeaseId id, string volume, SentBytes sent, long exportedAt, CancellationToken cancellation) =>
        IsAway ? Task.FromException<string>(new HttpRequestException("The signer does not answer.")) : Task.FromResult(SignatureOf(id, volume, sent, exportedAt));
}
