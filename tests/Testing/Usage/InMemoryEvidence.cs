using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Testing.Usage;

/// <summary>Keeps all windows in the order in which they came.</summary>
public sealed class InMemoryEvidence : IEvidenceStore
{
    public bool IsFull { get; set; }

    public bool IsReadOnly { get; set; }

    /// <summary>Root of the one window that cannot be written.</summary>
    public string FailsOn { get; set; } = "";

    public List<WindowEvidence> Kept { get; } = [];

    public Predicate<LeaseId>? IsLive { get; private set; }

    public Task PutAsync(WindowEvidence evidence, uint keepSeconds, CancellationToken cancellation)
    {
        if (IsFull || IsReadOnly) throw new EvidenceException(IsFull ? "Full." : "Read-only.");
        if (evidence.Root == FailsOn) throw new EvidenceException("Fails.");
        Kept.Add(evidence);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>?> ReadAsync(LeaseId lease, string root, CancellationToken cancellation) =>
        Task.FromResult(Kept.FirstOrDefault(k => k.Root == root)?.Lines);

    public Task<string?> TidyAsync(Predicate<LeaseId> isLive, long now, CancellationToken cancellation)
    {
        IsLive = isLive;
        return Task.FromResult(IsFull ? "Full." : null);
    }
}
