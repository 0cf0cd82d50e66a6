using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Reconciling;

/// <summary>
/// The other direction of the comparison: a lease's namespace whose ComputeLease is gone, deleted by somebody after the lease was
/// over or made by hand for none, would run on unpaid. It goes on finalized evidence only: the lease is closed there, or a block that
/// was made after the namespace was first seen, by its own time, is final and knows no such lease.
/// </summary>
public sealed class OrphanSweep(ILeaseLedger ledger, ILeaseSpaces spaces, IWorkloadCluster cluster, OperatorHealth health, TimeProvider clock, ILogger<OrphanSweep> log)
{
    // The rest follows with the next passes.
    private const int MostPerPass = 100;

    private readonly FirstSights sights = new(clock);
    private string last = "";

    public Task RunAsync(TimeSpan interval, CancellationToken cancellation) => Periodic.RunAsync(
        interval, clock, PassAsync, error => log.LogWarning("Namespaces without a lease could not be looked for: {Error}", error.Message), cancellation);

    public async Task PassAsync(CancellationToken cancellation)
    {
        // The watcher knows whether the node lags or sits on a fork; such a node is not believed here either.
        if (health.ChainError is not null) return;
        var orphans = await spaces.ListWithoutObjectAsync(cancellation);
        sights.KeepOnly(orphans);
        if (orphans.Count == 0) return;
        var looked = Next(orphans);
        var head = await ledger.ReadHeadAsync(cancellation);
        var final = Math.Min(head.Finalized, head.Confirmed);
        var after = looked.ToDictionary(id => id, id => sights.BlockAfter(id, head));
        var states = await ledger.ReadLeasesAsync([.. looked.Select(id => new LeaseReference(id, null))], final, cancellation);
        // Another node may have been taken meanwhile, whose history nobody has compared yet.
        if (health.ChainError is not null) return;
        foreach (var (id, seen) in looked.Zip(states))
            if (seen.State == LeaseState.Closed || (seen.State == LeaseState.None && final >= after[id]))
                await RemoveAsync(id, seen.State, final, cancellation);
    }

    // By their ids, from the last one on: those that nothing is certain of keep no others waiting.
    private LeaseId[] Next(IReadOnlyList<LeaseId> orphans)
    {
        LeaseId[] ordered = [.. orphans.OrderBy(id => id.Hex, StringComparer.Ordinal)];
        var from = Math.Max(0, Array.FindIndex(ordered, id => string.CompareOrdinal(id.Hex, last) > 0));
        LeaseId[] looked = [.. ordered[from..].Concat(ordered[..from]).Take(MostPerPass)];
        last = looked[^1].Hex;
        return looked;
    }

    private async Task RemoveAsync(LeaseId id, LeaseState state, ulong block, CancellationToken cancellation)
    {
        log.LogWarning("Namespace {Namespace} belongs to lease {Lease}, which is {State} in the finalized block {Block}, and has no ComputeLease: it is removed.", id.Namespace, id, state, block);
        try
        {
            await cluster.ApplyAsync(new RemoveNamespace(id), cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning("Namespace {Namespace} could not be removed, which is tried again: {Error}", id.Namespace, error.Message);
        }
    }
}
