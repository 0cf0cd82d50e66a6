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

    // Some thousand hours of usual leases, in 64 MiB of memory.
    private const long MostOwed = 32L << 20;

    private readonly IHasher hasher;
    private readonly IEvidenceStore? store;
    private readonly OperatorHealth? health;
    private readonly ILogger<EvidenceKeeper>? log;
    private readonly long patienceMs;
    private readonly EvidenceMetrics? metrics;
    private readonly IEvidenceReserve? reserve;

    // Of windows that are closed: each is tried again until it is written.
    private readonly Lock gate = new();
    private readonly List<Unkept> owed = [];
    // The last one that could not be written and stays open: the proof that one can is that this one was.
    private Unkept? probe;
    // The reserve may have what is not among them: what a process before left, and what had no room in memory.
    private volatile bool mayRecall;

    /// <param name="store">Null: none is configured. Roots are the same, and nobody can be shown what they stand for.</param>
    /// <param name="patienceMs">For so long after a window's begin it may stay open for want of a place to keep it.</param>
    /// <param name="reserve">Where closed windows wait that cannot be written; null: in memory.</param>
    public EvidenceKeeper(
        IHasher hasher, IEvidenceStore? store = null, OperatorHealth? health = null, ILogger<EvidenceKeeper>? log = null, long patienceMs = 0, EvidenceMetrics? metrics = null, IEvidenceReserve? reserve = null)
    {
        (this.hasher, this.store, this.health, this.log, this.patienceMs, this.metrics, this.reserve) = (hasher, store, health, log, patienceMs, metrics, reserve);
        mayRecall = reserve is not null;
        metrics?.Owes(() => Owed);
        if (store is not null) health?.EvidenceSeen(null);
    }

    /// <param name="mayWait">Nothing is lost when the window stays open: neither its lease nor its money is about to end.</param>
    /// <exception cref="EvidenceException">It is not kept, and may wait.</exception>
    internal async Task<string> KeepAsync(WindowRecord record, LeaseTerms terms, bool mayWait, long nowMs, CancellationToken cancellation)
    {
        var evidence = record.Seal(hasher.Keccak256) with { Readers = new LeaseReaders(terms.Tenant, terms.Arbiter) };
        if (store is null) return evidence.Root;
        try
        {
            await store.PutAsync(evidence, KeepSeconds(terms.Parameters), cancellation);
        }
        catch (EvidenceException error)
        {
            var failed = new Unkept(evidence, KeepSeconds(terms.Parameters));
            health?.EvidenceSeen(error.Message);
            // Usage is worth more than its proof: samples end, and so does the time to send a receipt.
            if (mayWait && nowMs - record.FromMs < patienceMs)
            {
                lock (gate) probe = failed;
                throw;
            }

            await CloseAsync(record, failed, error.Message, cancellation);
        }

        return evidence.Root;
    }

    /// <returns>The lines of a closed window, kept or still waiting to be; null when nothing has it.</returns>
    /// <exception cref="EvidenceException">It may be there and cannot be read.</exception>
    internal async Task<IReadOnlyList<string>?> FindAsync(LeaseId lease, string root, CancellationToken cancellation)
    {
        if (store is null) return null;
        lock (gate)
            if (owed.FirstOrDefault(o => o.Evidence.Lease == lease && o.Evidence.Root == root) is { } waiting) return waiting.Evidence.Lines;
        if (await store.ReadAsync(lease, root, cancellation) is { } kept) return kept;
        if (reserve is null) return null;
        await foreach (var held in reserve.AllAsync(cancellation))
            if (held.Evidence.Lease == lease && held.Evidence.Root == root) return held.Evidence.Lines;
        return null;
    }

    // It is closed, for money and samples end; its evidence waits where it can.
    private async Task CloseAsync(WindowRecord record, Unkept failed, string error, CancellationToken cancellation)
    {
        var isHeld = await HoldAsync(failed, cancellation);
        if (Owe(failed with { IsHeld = isHeld }))
        {
            if (isHeld) log?.LogWarning("Window {Window} of lease {Lease} is closed and its evidence waits in the reserve: {Error}", record.Number, record.Lease, error);
            else log?.LogError("Window {Window} of lease {Lease} is closed and its evidence is not kept yet; it is lost if this process ends before it can be written: {Error}", record.Number, record.Lease, error);
        }
        else if (isHeld)
        {
            mayRecall = true;
        }
        else
        {
            metrics?.Lost(1);
            log?.LogError("Window {Window} of lease {Lease} is closed and its evidence is lost, for much else waits to be written: {Error}", record.Number, record.Lease, error);
        }
    }

    private async Task<bool> HoldAsync(Unkept failed, CancellationToken cancellation)
    {
        if (reserve is null) return false;
        try
        {
            await reserve.PutAsync(failed.Evidence, failed.KeepSeconds, cancellation);
            return true;
        }
        catch (EvidenceException error)
        {
            log?.LogError("The reserve takes nothing either: {Error}", error.Message);
            return false;
        }
    }

    public Task RunAsync(TimeProvider clock, CancellationToken cancellation) =>
        Periodic.RunAsync(Interval, clock, PassAsync, error => log?.LogWarning("Old evidence could not be removed: {Error}", error.Message), cancellation);

    /// <summary>
    /// Tries again what is owed, in this process' own time and not in its terms': a leader that was cut off from the volume, and then
    /// from the cluster, owes windows that nobody else has. Once more when the process is asked to end.
    /// </summary>
    /// <param name="last">How long that last attempt may take.</param>
    public async Task PayAsync(TimeProvider clock, TimeSpan last, CancellationToken cancellation)
    {
        if (store is null) return;
        try
        {
            await Periodic.RunAsync(Interval, clock, c => RetryAsync(store, c), _ => { }, cancellation);
        }
        catch (OperationCanceledException)
        {
            using var limit = new CancellationTokenSource(last, clock);
            await RetryAsync(store, limit.Token);
            if (Owed is > 0 and var left)
            {
                metrics?.Lost(left);
                log?.LogError("{Windows} closed windows could not be written before this process ends: their evidence is lost.", left);
            }
        }
    }

    /// <summary>Says whether evidence can be kept, tries again what could not be written, and removes what nobody can ask for any more.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        if (store is null || health is null) return;
        // Without a picture of the chain nothing is known to be over.
        var views = health.ChainError is null ? health.Seen?.Picture.Views : null;
        var problem = await store.TidyAsync(id => views is null || (views.TryGetValue(id, out var view) && !view.IsOver), health.Now.ToUnixTimeSeconds(), cancellation);
        health.EvidenceSeen(await RetryAsync(store, cancellation) ?? problem);
    }

    // What the reserve has outlives this process.
    private int Owed
    {
        get
        {
            lock (gate) return owed.Count(o => !o.IsHeld);
        }
    }

    private bool Owe(Unkept failed)
    {
        lock (gate)
        {
            if (owed.Any(o => o.Evidence.Root == failed.Evidence.Root)) return true;
            if (owed.Sum(o => o.Size) + failed.Size > MostOwed) return false;
            owed.Add(failed);
            return true;
        }
    }

    // Room on the volume says nothing of a write that failed for another reason, and no lease may be left that would try one.
    private async Task<string?> RetryAsync(IEvidenceStore store, CancellationToken cancellation)
    {
        await RecallAsync(cancellation);
        while (Next() is { } next)
        {
            try
            {
                await store.PutAsync(next.Evidence, next.KeepSeconds, cancellation);
                Settle(next, isKept: true);
                Release(next);
            }
            catch (EvidenceException error)
            {
                Settle(next, isKept: false);
                return error.Message;
            }
        }

        return null;
    }

    private async Task RecallAsync(CancellationToken cancellation)
    {
        if (reserve is null || !mayRecall) return;
        mayRecall = false;
        try
        {
            await foreach (var waiting in reserve.AllAsync(cancellation))
            {
                if (Owe(new Unkept(waiting.Evidence, waiting.KeepSeconds) { IsHeld = true })) continue;
                // The rest follows once these are written.
                mayRecall = true;
                return;
            }
        }
        catch (EvidenceException error)
        {
            log?.LogError("{Error}", error.Message);
        }
    }

    private void Release(Unkept kept)
    {
        if (!kept.IsHeld) return;
        try
        {
            reserve?.Remove(kept.Evidence.Lease, kept.Evidence.Root);
        }
        catch (EvidenceException error)
        {
            log?.LogWarning("{Error}", error.Message);
        }
    }

    private Unkept? Next()
    {
        lock (gate) return owed.Count > 0 ? owed[0] : probe;
    }

    // One that fails by itself holds up the others for one pass each.
    private void Settle(Unkept tried, bool isKept)
    {
        lock (gate)
        {
            if (owed.Remove(tried) && !isKept) owed.Add(tried);
            if (isKept && probe == tried) probe = null;
        }
    }

    // The last receipt may be awaited for so long; what it claims matures within two buckets, and may be disputed until then.
    private static uint KeepSeconds(LeaseParameters p) => checked(p.SubmitSeconds + 2 * p.MaturitySeconds + p.RulingSeconds);

    private sealed record Unkept(WindowEvidence Evidence, uint KeepSeconds)
    {
        /// <summary>It is in the reserve as well, and outlives this process.</summary>
        public bool IsHeld { get; init; }

        public long Size { get; } = Evidence.Lines.Sum(l => (long)l.Length);
    }
}
