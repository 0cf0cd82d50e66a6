using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Accounts;

internal static class MatchLogs
{
    /// <summary>The leases that a transaction made.</summary>
    public static IReadOnlyList<MatchedLease> ReadMatches(this TransactionReceipt receipt, Address leaseManager) => receipt.Logs.ReadMatches(leaseManager);

    /// <summary>The leases that logs tell of.</summary>
    public static IReadOnlyList<MatchedLease> ReadMatches(this IEnumerable<Log> logs, Address leaseManager) =>
    [
        .. logs.Where(l => l.Address == leaseManager).DecodeAllEvents<LeaseMatchedEventDTO>()
            .Select(l => new MatchedLease(l.Event.LeaseId.ToLeaseId(), l.Event.Terms.ToDomain(), l.Log.BlockNumber)),
    ];
}
