using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;

namespace Federation.Chain.Ledger;

/// <summary>Which leases the lease manager's events name: nothing else in its storage changes without one.</summary>
internal static class TouchingLogs
{
    // All have the lease as first topic, and these the provider as second.
    private static readonly Bytes32[] OfProvider =
    [
        Topic<LeaseActivatedEventDTO>(), Topic<LeaseSettledEventDTO>(), Topic<LeasePaidEventDTO>(), Topic<LeaseAmendedEventDTO>(), Topic<LeaseClosingEventDTO>(),
        Topic<LeaseClosedEventDTO>(), Topic<LeasePenalisedEventDTO>(), Topic<SliceSlashedEventDTO>(),
    ];

    private static readonly Bytes32[] OfAnybody = [Topic<LeaseToppedUpEventDTO>(), Topic<ClaimFrozenEventDTO>(), Topic<ClaimRuledEventDTO>()];

    public static LogFilter[] Filters(LedgerOptions options)
    {
        var matched = LogFilter.ForEvent<LeaseMatchedEventDTO>(options.LeaseManager, null, null, options.Provider);
        return [matched, matched with { Topics = [OfProvider, null, matched.Topics[3]] }, matched with { Topics = [OfAnybody] }];
    }

    public static IReadOnlySet<LeaseId> LeasesOf(IEnumerable<IReadOnlyList<Log>> logs) =>
        logs.SelectMany(l => l).Where(l => l.Topics.Count > 1).Select(l => l.Topics[1].ToLeaseId()).ToHashSet();

    private static Bytes32 Topic<T>()
        where T : IEventDTO<T> => T.Event.Topic;
}
