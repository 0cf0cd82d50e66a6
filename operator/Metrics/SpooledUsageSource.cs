using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Metrics.Spool;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics;

/// <summary>
/// The store first; what it cannot say is asked of the nodes' own spools: all while it is away, and else pods that it never saw, gaps,
/// and what pods used after its last look at them.
/// </summary>
/// <param name="spools">Those that there are.</param>
/// <param name="maxGap">Samples of the store that lie no further apart need no other between them.</param>
internal sealed class SpooledUsageSource(
    PrometheusUsageSource store, Func<CancellationToken, Task<IReadOnlyList<NodeSpool>>> spools, TimeSpan maxGap, ILogger<SpooledUsageSource> log) : IUsageSource
{
    private readonly long maxGapMs = (long)maxGap.TotalMilliseconds;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UsageSeries>> ReadAsync(LeaseId id, IReadOnlyCollection<string> podUids, long fromMs, long throughMs, CancellationToken cancellation)
    {
        IReadOnlyList<UsageSeries> read = [];
        UsageUnavailableException? failed = null;
        try
        {
            read = await store.ReadAsync(id, podUids, fromMs, throughMs, cancellation);
        }
        catch (UsageUnavailableException e)
        {
            failed = e;
        }

        try
        {
            var nodes = await spools(cancellation);
            var lacksFrom = failed is null ? await LacksFromAsync(nodes, read, id, podUids, fromMs, throughMs, cancellation) : fromMs;
            var kept = lacksFrom >= throughMs ? [] : await AllAsync(nodes, n => (failed is null ? n.Any : n.Whole).ReadAsync(id, podUids, lacksFrom, throughMs, cancellation), mayLack: failed is null);
            // The store may have them all the same, once it can be asked.
            if (failed is not null && podUids.Except(kept.Select(s => s.PodUid)).FirstOrDefault() is { } unseen)
                throw new UsageUnavailableException($"{failed.Message} The nodes' spools do not know pod {unseen}.", failed);
            if (failed is not null) log.LogWarning("The nodes' spools have all CPU and memory that the store cannot be asked for; of egress only what counters of pods that live on catch up counts: {Error}", failed.Message);
            return SpoolJoin.Fill(read, kept, maxGapMs);
        }
        catch (UsageUnavailableException e) when (failed is null)
        {
            Say(e);
            return read;
        }
        catch (UsageUnavailableException e) when (e.InnerException != failed)
        {
            throw new UsageUnavailableException($"{failed!.Message} Nor can the nodes' spools be read: {e.Message}", failed);
        }
    }

    private async Task<long> LacksFromAsync(
        IReadOnlyList<NodeSpool> nodes, IReadOnlyList<UsageSeries> read, LeaseId id, IReadOnlyCollection<string> podUids, long fromMs, long throughMs, CancellationToken cancellation)
    {
        var known = await AllAsync(nodes, n => n.Any.PodsAsync(id, fromMs, throughMs, cancellation), mayLack: true);
        return SpoolJoin.LacksFrom(read, podUids.Concat(known), fromMs, throughMs, maxGapMs);
    }

    /// <param name="mayLack">Those that do not answer say nothing.</param>
    private async Task<IReadOnlyList<T>> AllAsync<T>(IReadOnlyList<NodeSpool> nodes, Func<NodeSpool, Task<IReadOnlyList<T>>> ask, bool mayLack)
    {
        return [.. (await Task.WhenAll(nodes.Select(AskAsync))).SelectMany(a => a)];

        async Task<IReadOnlyList<T>> AskAsync(NodeSpool node)
        {
            try
            {
                return await ask(node);
            }
            catch (UsageUnavailableException e) when (mayLack)
            {
                Say(e);
                return [];
            }
        }
    }

    private void Say(UsageUnavailableException error) => log.LogWarning("What the store lacks could not be asked of a node's spool: {Error}", error.Message);
}
