using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Which leases the lease manager's events name: nothing else in its storage changes without one.</summary>
internal sealed class TouchedLeases(EthereumClient client, LedgerOptions options, ILogger log, ChainMetrics? metrics)
{
    // All have the lease as first topic, and these the provider as second.
    private static readonly Bytes32[] OfProvider =
    [
        Topic<LeaseActivatedEventDTO>(), Topic<LeaseSettledEventDTO>(), Topic<LeasePaidEventDTO>(), Topic<LeaseAmendedEventDTO>(), Topic<LeaseClosingEventDTO>(),
        Topic<LeaseClosedEventDTO>(), Topic<LeasePenalisedEventDTO>(), Topic<SliceSlashedEventDTO>(),
    ];

    private static readonly Bytes32[] OfAnybody = [Topic<LeaseToppedUpEventDTO>(), Topic<ClaimFrozenEventDTO>(), Topic<ClaimRuledEventDTO>()];

    private readonly LogWalk walk = new(client, options.LogRange, log, metrics);

    public async Task<IReadOnlySet<LeaseId>> ReadAsync(ulong from, ulong to, CancellationToken cancellation)
    {
        var matched = LogFilter.ForEvent<LeaseMatchedEventDTO>(options.LeaseManager, null, null, options.Provider);
        LogFilter[] filters = [matched, matched with { Topics = [OfProvider, null, matched.Topics[3]] }, matched with { Topics = [OfAnybody] }];
        var logs = await walk.ReadAsync(filters, from, to, cancellation);
        return logs.SelectMany(l => l).Where(l => l.Topics.Count > 1).Select(l => l.Topics[1].ToLeaseId()).ToHashSet();
    }

    private static Bytes32 Topic<T>()
        where T : IEventDTO<T> => T.Event.Topic;
}
