using System.Runtime.CompilerServices;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Metrics.Evidence;

/// <summary>The reserve as a folder of the node's: laid out as the evidence's own, and emptied as soon as that can be written.</summary>
public sealed class FolderReserve(string folder) : IEvidenceReserve
{
    private readonly FolderEvidence files = new(new EvidenceOptions { Folder = folder });

    /// <inheritdoc/>
    public Task PutAsync(WindowEvidence evidence, uint keepSeconds, CancellationToken cancellation) => files.PutAsync(evidence, keepSeconds, cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<WaitingEvidence> AllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var lease in Leases())
        {
            var (keep, readers) = (files.KeepSeconds(lease), await files.ReadersAsync(lease, cancellation));
            foreach (var window in await files.ListAsync(lease, cancellation))
                if (keep is not null && await files.ReadAsync(lease, window.Root, cancellation) is { } lines)
                    yield return new WaitingEvidence(new WindowEvidence(lease, window.Window, window.Root, lines) { Readers = readers }, keep.Value);
        }
    }

    /// <inheritdoc/>
    public void Remove(LeaseId lease, string root)
    {
        try
        {
            files.Remove(lease, root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceException($"Evidence in {folder} that is kept where it belongs cannot be removed: {e.Message} Mend the folder's rights.", e);
        }
    }

    private LeaseId[] Leases()
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder).Select(p => LeaseId.TryParse(Path.GetFileName(p), out var lease) ? lease : (LeaseId?)null).OfType<LeaseId>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceException($"What waits in {folder} cannot be read: {e.Message} Mend the folder's rights.", e);
        }
    }
}
