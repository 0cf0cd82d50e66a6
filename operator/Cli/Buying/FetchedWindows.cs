using System.Collections.Concurrent;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Cli.Buying;

/// <summary>Windows of evidence that this run has been handed: looked at again, only what is new is asked for, and a gateway counts questions.</summary>
internal sealed class FetchedWindows : IEvidenceStore
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> windows = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task PutAsync(WindowEvidence evidence, uint keepSeconds, CancellationToken cancellation)
    {
        windows.TryAdd(KeyOf(evidence.Lease, evidence.Root), evidence.Lines);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>?> ReadAsync(LeaseId lease, string root, CancellationToken cancellation) => Task.FromResult(windows.GetValueOrDefault(KeyOf(lease, root)));

    /// <inheritdoc/>
    public Task<string?> TidyAsync(Predicate<LeaseId> isLive, long now, CancellationToken cancellation) => Task.FromResult<string?>(null);

    private static string KeyOf(LeaseId lease, string root) => $"{lease} {root}";
}
