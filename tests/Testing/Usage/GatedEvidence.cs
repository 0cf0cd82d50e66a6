using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Testing.Usage;

/// <summary>A volume that outlives the processes that write to it, each of which may end before or after a write.</summary>
public sealed class GatedEvidence(PortGate gate, InMemoryEvidence volume) : IEvidenceStore
{
    public async Task PutAsync(WindowEvidence evidence, uint keepSeconds, CancellationToken cancellation)
    {
        gate.Pass("keeping evidence");
        await volume.PutAsync(evidence, keepSeconds, cancellation);
        gate.Pass("keeping evidence");
    }

    public Task<IReadOnlyList<string>?> ReadAsync(LeaseId lease, string root, CancellationToken cancellation) => volume.ReadAsync(lease, root, cancellation);

    public Task<string?> TidyAsync(Predicate<LeaseId> isLive, long now, CancellationToken cancellation) => volume.TidyAsync(isLive, now, cancellation);
}
