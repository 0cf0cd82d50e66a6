using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.DisputeManager;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Tenancy;

/// <summary>A lease with the terms that it runs on now.</summary>
/// <param name="MatchedBlock">Block of its match.</param>
/// <param name="Deposit">Smallest units that it began with.</param>
public sealed record ArchivedLease(LeaseId Id, LeaseTerms Terms, ChainLease Lease, ulong MatchedBlock, BigInteger Deposit);

/// <summary>One settlement of a lease. Usage is cumulative.</summary>
/// <param name="Through">Unix seconds until which usage counts.</param>
/// <param name="Due">Smallest units that all usage so far costs.</param>
/// <param name="Amount">Smallest units that this one moved out of the escrow.</param>
/// <param name="Claimed">The same, of all settlements so far.</param>
public sealed record ArchivedSettlement(
    ulong Block, string Transaction, uint Seq, long Through, UsageVector Usage, uint DownSeconds, BigInteger Due, BigInteger Amount, BigInteger Claimed, bool IsCountersigned, string EvidenceRoot)
{
    /// <summary>Among all logs of its block.</summary>
    public ulong LogIndex { get; init; }

    /// <returns>The last one that rests on evidence; null: none does.</returns>
    public static ArchivedSettlement? ShownOf(IReadOnlyList<ArchivedSettlement> settlements) => settlements.LastOrDefault(s => s.EvidenceRoot != Receipt.NoEvidence);
}

/// <summary>What a tenant says against a claim.</summary>
/// <param name="LogIndex">Among all logs of its block.</param>
/// <param name="Counter">What the tenant says was used; cumulative.</param>
/// <param name="Gap">Smallest units of the claim that wait for a ruling.</param>
public sealed record ArchivedDispute(BigInteger Number, ulong Block, ulong LogIndex, UsageVector Counter, uint DownSeconds, BigInteger Gap)
{
    /// <returns>Whether that was claimed when the dispute was opened.</returns>
    public bool IsAfter(ArchivedSettlement settlement) => (settlement.Block, settlement.LogIndex).CompareTo((Block, LogIndex)) < 0;
}

/// <summary>A claim that was paid out.</summary>
/// <param name="Amount">Smallest units, gross.</param>
/// <param name="ToProvider">The provider's part.</param>
public sealed record ArchivedPayment(ulong Block, string Transaction, BigInteger Amount, BigInteger ToProvider, BigInteger Royalty, BigInteger Fee);

/// <summary>How a lease ended.</summary>
/// <param name="Claimed">Smallest units that usage cost in all.</param>
/// <param name="Refund">Smallest units that went back to who had paid.</param>
/// <param name="Fee">Smallest units of charges that no receipt names: reservation fee, bounty.</param>
public sealed record ArchivedClose(ulong Block, string Transaction, CloseReason Reason, BigInteger Claimed, BigInteger Refund, BigInteger Fee);

/// <summary>What the chain's logs tell of one lease, in their order.</summary>
/// <param name="Close">Null while it is not closed.</param>
public sealed record LeaseHistory(IReadOnlyList<ArchivedSettlement> Settlements, IReadOnlyList<ArchivedPayment> Payments, BigInteger ToppedUp, ArchivedClose? Close);

/// <summary>Leases by who holds or serves them, out of the chain's logs; nothing is kept.</summary>
/// <param name="logRange">Blocks per query to begin with; it shrinks where a node takes fewer.</param>
public sealed class EvmLeaseArchive(EthereumClient client, ContractAddresses contracts, uint logRange, ILogger<EvmLeaseArchive> log)
{
    private const int LeasesPerCall = 200;

    private readonly LogWalk walk = new(client, logRange, log, null);

    /// <summary>All leases of a tenant, in the order of their matches.</summary>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    public Task<IReadOnlyList<ArchivedLease>> OfTenantAsync(Address tenant, CancellationToken cancellation) => FoundAsync("The wallet's leases", [null, tenant, null], cancellation);

    /// <summary>All leases of a provider, in the order of their matches.</summary>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    public Task<IReadOnlyList<ArchivedLease>> OfProviderAsync(Address provider, CancellationToken cancellation) => FoundAsync("The provider's leases", [null, null, provider], cancellation);

    /// <returns>Null when the chain knows no such lease.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    public async Task<ArchivedLease?> FindAsync(LeaseId id, CancellationToken cancellation) =>
        (await FoundAsync($"The lease {id}", [id.ToContract(), null, null], cancellation)).SingleOrDefault();

    /// <summary>Settlements, payments and the end of a lease.</summary>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    public Task<LeaseHistory> ReadHistoryAsync(ArchivedLease lease, CancellationToken cancellation) => LedgerFault.WrapAsync($"What happened to lease {lease.Id}", null, async () =>
    {
        var (manager, id) = (contracts.LeaseManager, (object?)lease.Id.ToContract());
        var logs = await walk.ReadAsync(
            [
                LogFilter.ForEvent<LeaseSettledEventDTO>(manager, id), LogFilter.ForEvent<LeasePaidEventDTO>(manager, id),
                LogFilter.ForEvent<LeaseToppedUpEventDTO>(manager, id), LogFilter.ForEvent<LeaseClosedEventDTO>(manager, id),
            ], lease.MatchedBlock, await client.GetBlockNumberAsync(cancellation), cancellation);
        return new LeaseHistory(
            Read<LeaseSettledEventDTO, ArchivedSettlement>(logs[0], Of),
            Read<LeasePaidEventDTO, ArchivedPayment>(logs[1], (e, at) => new(at.BlockNumber, at.TransactionHash.ToString(), e.Amount, e.Paid, e.Royalty, e.Fee)),
            Read<LeaseToppedUpEventDTO, LeaseToppedUpEventDTO>(logs[2], (e, _) => e).Aggregate(BigInteger.Zero, (sum, e) => sum + e.Amount),
            Read<LeaseClosedEventDTO, ArchivedClose>(logs[3], (e, at) => new(at.BlockNumber, at.TransactionHash.ToString(), (CloseReason)e.Reason, e.Claimed, e.Refund, e.Fee)) is [.., var end] ? end : null);
    });

    /// <summary>Settlements of a lease in these blocks, both ends included, in their order.</summary>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    public Task<IReadOnlyList<ArchivedSettlement>> ReadSettlementsAsync(LeaseId id, ulong fromBlock, ulong toBlock, CancellationToken cancellation) => LedgerFault.WrapAsync<IReadOnlyList<ArchivedSettlement>>($"What was settled of lease {id}", null, async () =>
    {
        var logs = await walk.ReadAsync([LogFilter.ForEvent<LeaseSettledEventDTO>(contracts.LeaseManager, (object?)id.ToContract())], fromBlock, toBlock, cancellation);
        return Read<LeaseSettledEventDTO, ArchivedSettlement>(logs[0], Of);
    });

    /// <returns>A dispute over the lease; null when there is none of that number.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    public Task<ArchivedDispute?> FindDisputeAsync(ArchivedLease lease, BigInteger number, CancellationToken cancellation) => LedgerFault.WrapAsync($"Dispute {number}", null, async () =>
    {
        var filter = LogFilter.ForEvent<DisputeOpenedEventDTO>(contracts.Disputes, number, lease.Id.ToContract());
        var logs = await walk.ReadAsync([filter], lease.MatchedBlock, await client.GetBlockNumberAsync(cancellation), cancellation);
        return Read<DisputeOpenedEventDTO, ArchivedDispute>(logs[0], (e, at) => new(e.Dispute, at.BlockNumber, at.LogIndex, e.Counter.ToDomain(), e.DownSeconds, e.Gap)).SingleOrDefault();
    });

    private static ArchivedSettlement Of(LeaseSettledEventDTO settled, Log at) => new(
        at.BlockNumber, at.TransactionHash.ToString(), settled.Seq, (long)settled.Through, settled.Usage.ToDomain(), settled.DownSeconds, settled.Due, settled.Amount, settled.Claimed,
        settled.Countersigned, settled.EvidenceRoot.ToString()) { LogIndex = at.LogIndex };

    private Task<IReadOnlyList<ArchivedLease>> FoundAsync(string what, object?[] topics, CancellationToken cancellation) => LedgerFault.WrapAsync(what, null, async () =>
    {
        var latest = await client.GetBlockNumberAsync(cancellation);
        var logs = await walk.ReadAsync([LogFilter.ForEvent<LeaseMatchedEventDTO>(contracts.LeaseManager, topics)], contracts.BlockNumber, latest, cancellation);
        var matched = Read<LeaseMatchedEventDTO, ArchivedLease>(logs[0], (e, at) => new(e.LeaseId.ToLeaseId(), e.Terms.ToDomain(), ChainLease.Unknown, at.BlockNumber, e.Escrow));
        return await StandingAsync(matched, latest, cancellation);
    });

    // The contract keeps a hash of the terms: only where that is another one the lease was amended, and its logs are read.
    private async Task<IReadOnlyList<ArchivedLease>> StandingAsync(IReadOnlyList<ArchivedLease> matched, ulong latest, CancellationToken cancellation)
    {
        var standing = await ReadAsync(matched, latest, cancellation);
        var amended = standing.Where(l => !l.Lease.TermsMatch).ToArray();
        if (amended.Length == 0) return standing;
        var filters = amended.Select(l => LogFilter.ForEvent<LeaseAmendedEventDTO>(contracts.LeaseManager, l.Id.ToContract())).ToArray();
        var logs = await walk.ReadAsync(filters, amended.Min(l => l.MatchedBlock), latest, cancellation);
        var terms = amended.Zip(logs).ToDictionary(p => p.First.Id, p => Read<LeaseAmendedEventDTO, LeaseTerms>(p.Second, (e, _) => e.Terms.ToDomain()) is [.., var last] ? last : null);
        return await ReadAsync([.. standing.Select(l => terms.GetValueOrDefault(l.Id) is { } now ? l with { Terms = now } : l)], latest, cancellation);
    }

    private async Task<IReadOnlyList<ArchivedLease>> ReadAsync(IReadOnlyList<ArchivedLease> leases, ulong block, CancellationToken cancellation)
    {
        var read = new List<ArchivedLease>(leases.Count);
        foreach (var chunk in leases.Chunk(LeasesPerCall))
        {
            var call = new LeasesFunction { LeaseIds = [.. chunk.Select(l => l.Id.ToContract())] };
            var found = await client.CallAsync(contracts.LeaseManager, call, BlockParameter.AtNumber(block), ct: cancellation);
            if (found.Count != chunk.Length) throw LedgerFault.Transient($"The node answered {found.Count} leases where {chunk.Length} were asked for.");
            read.AddRange(chunk.Zip(found, (lease, now) => lease with { Lease = now.ToDomain(lease.Terms) }));
        }

        return read;
    }

    private T[] Read<TEvent, T>(IReadOnlyList<Log> logs, Func<TEvent, Log, T> map)
        where TEvent : IEventDTO<TEvent>
        where T : class => [.. logs.Select(l => walk.Decode(l, one => map(one.DecodeEvent<TEvent>().Event, one))).OfType<T>()];
}
