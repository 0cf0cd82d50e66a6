using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Metering;

/// <summary>
/// Seals windows and has them kept before the status says that they are closed: a crash in between leaves a file that nothing names,
/// which goes with its lease.
/// </summary>
public sealed class EvidenceKeeper
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly IHasher hasher;
    private readonly IEvidenceStore? store;
    private readonly OperatorHealth? health;
    private readonly ILogger<EvidenceKeeper>? log;
    private readonly long patienceMs;

    // The last one that could not be written: the proof that one can is that this one was.
    private Unkept? unkept;

    /// <param name="store">Null: none is configured. Roots are the same, and nobody can be shown what they stand for.</param>
    /// <param name="patienceMs">For so long after a window's begin it may stay open for want of a place to keep it.</param>
    public EvidenceKeeper(IHasher hasher, IEvidenceStore? store = null, OperatorHealth? health = null, ILogger<EvidenceKeeper>? log = null, long patienceMs = 0)
    {
        (this.hasher, this.store, this.health, this.log, this.patienceMs) = (hasher, store, health, log, patienceMs);
        if (store is not null) health?.EvidenceSeen(null);
    }

    /// <param name="mayWait">Nothing is lost when the window stays open: neither its lease nor its money is about to end.</param>
    /// <exception cref="EvidenceException">It is not kept, and may wait.</exception>
    internal async Task<string> KeepAsync(WindowRecord record, LeaseTerms terms, bool mayWait, long nowMs, CancellationToken cancellation)
    {
        var evidence = record.Seal(hasher.Keccak256);
        if (store is null) return evidence.Root;
        try
        {
            await store.PutAsync(evidence, KeepSeconds(terms.Parameters), cancellation);
        }
        catch (EvidenceException error)
        {
            unkept = new Unkept(evidence, KeepSeconds(terms.Parameters), error.Message);
            health?.EvidenceSeen(error.Message);
            // Usage is worth more than its proof: samples end, and so does the time to send a receipt.
            if (mayWait && nowMs - record.FromMs < patienceMs) throw;
            log?.LogError("Window {Window} of lease {Lease} is closed and its evidence is lost: {Error}", record.Number, record.Lease, error.Message);
        }

        return evidence.Root;
    }

    public Task RunAsync(TimeProvider clock, CancellationToken cancellation) =>
        Periodic.RunAsync(Interval, clock, PassAsync, error => log?.LogWarning("Old evidence could not be removed: {Error}", error.Message), cancellation);

    /// <summary>Says whether evidence can be kept, tries again what could not be written, and removes what nobody can ask for any more.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        if (store is null || health is null) return;
        // Without a picture of the chain nothing is known to be over.
        var views = health.ChainError is null ? health.Seen?.Picture.Views : null;
        var problem = await store.TidyAsync(id => views is null || (views.TryGetValue(id, out var view) && !view.IsOver), health.Now.ToUnixTimeSeconds(), cancellation);
        await RetryAsync(store, cancellation);
        health.EvidenceSeen(unkept?.Problem ?? problem);
    }

    // Room on the volume says nothing of a write that failed for another reason, and no lease may be left that would try one.
    private async Task RetryAsync(IEvidenceStore store, CancellationToken cancellation)
    {
        if (unkept is not { } last) return;
        try
        {
            await store.PutAsync(last.Evidence, last.KeepSeconds, cancellation);
            Interlocked.CompareExchange(ref unkept, null, last);
        }
        catch (EvidenceException error)
        {
            Interlocked.CompareExchange(ref unkept, last with { Problem = error.Message }, last);
        }
    }

    // The last receipt may be awaited for so long; what it claims matures within two buckets, and may be disputed until then.
    private static uint KeepSeconds(LeaseParameters p) => checked(p.SubmitSeconds + 2 * p.MaturitySeconds + p.RulingSeconds);

    private sealed record Unkept(WindowEvidence Evidence, uint KeepSeconds, string Problem);
}
