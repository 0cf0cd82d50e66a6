using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Leases of one provider, read from one node at blocks that the caller names.</summary>
public sealed class EvmLeaseLedger : ILeaseLedger, ILeaseActivity, IEarningsLedger
{
    // 1,344 digits a lease: an answer is below the 85,000 bytes from which on the runtime takes an array for a large object. Each of
    // those counts towards a collection of the whole heap, and all leases are read once a minute.
    private const int LeasesPerCall = 50;

    // At a time: a node that is far away answers a thousand leases in a few round trips.
    private const int CallsAtOnce = 4;

    private readonly EthereumClient client;
    private readonly LedgerOptions options;
    private readonly ChainMetrics? metrics;
    private readonly HeadReader heads;
    private readonly LeaseLogReader logs;
    private readonly EarnedLogs earned;

    public EvmLeaseLedger(EthereumClient client, LedgerOptions options, TimeProvider clock, ILogger<EvmLeaseLedger> log, ChainMetrics? metrics = null)
    {
        this.client = client;
        this.options = options;
        this.metrics = metrics;
        heads = new HeadReader(client, options, clock);
        var tokens = new LeaseTokens();
        logs = new LeaseLogReader(client, options, tokens, log, metrics);
        earned = new EarnedLogs(client, options, tokens, log, metrics);
    }

    /// <inheritdoc/>
    public Task<LedgerHead> ReadHeadAsync(CancellationToken cancellation) => LedgerFault.WrapAsync("The chain's head", metrics, async () =>
    {
        var head = await heads.ReadAsync(cancellation);
        metrics?.Head.Record((long)head.Latest, ChainMetrics.Tag("depth", "latest"));
        metrics?.Head.Record((long)head.Confirmed, ChainMetrics.Tag("depth", "confirmed"));
        metrics?.Head.Record((long)head.Finalized, ChainMetrics.Tag("depth", "finalized"));
        return head;
    });

    /// <inheritdoc/>
    public Task<LeaseNews> ReadNewsAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation) =>
        LedgerFault.WrapAsync($"The leases of blocks {fromBlock} to {toBlock}", metrics, () => logs.ReadAsync(fromBlock, toBlock, cancellation));

    /// <inheritdoc/>
    public Task<LedgerChanges> ReadChangesAsync(ulong newsFrom, ulong touchedFrom, ulong toBlock, CancellationToken cancellation) =>
        LedgerFault.WrapAsync($"The changes of blocks {Math.Min(newsFrom, touchedFrom)} to {toBlock}", metrics, () => logs.ReadChangesAsync(newsFrom, touchedFrom, toBlock, cancellation));

    /// <inheritdoc/>
    public Task<BigInteger> ReadEarnedAsync(string token, ulong fromBlock, ulong toBlock, CancellationToken cancellation) =>
        LedgerFault.WrapAsync($"The payments of blocks {fromBlock} to {toBlock}", metrics, () => earned.ReadAsync(Address.Parse(token), fromBlock, toBlock, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ChainLease>> ReadLeasesAsync(IReadOnlyList<LeaseReference> leases, ulong block, CancellationToken cancellation) =>
        LedgerFault.WrapAsync($"Leases at block {block}", metrics, () => ReadAsync(leases, block, cancellation));

    /// <inheritdoc/>
    public Task<BigInteger> ReadSlicedAsync(string token, ulong block, CancellationToken cancellation) => LedgerFault.WrapAsync("The locked stake", metrics, async () =>
    {
        if (options.Registry is not { } registry) return BigInteger.Zero;
        var pool = new StakePoolFunction { Provider = options.Provider, Token = Address.Parse(token) };
        return (await client.CallAsync(registry, pool, BlockParameter.AtNumber(block), ct: cancellation)).Sliced;
    });

    /// <inheritdoc/>
    public Task CheckBlockAsync(ulong block, string hash, CancellationToken cancellation) => LedgerFault.WrapAsync($"Block {block}", metrics, async () =>
    {
        await heads.CheckBlockAsync(block, hash, cancellation);
        return true;
    });

    private async Task<IReadOnlyList<ChainLease>> ReadAsync(IReadOnlyList<LeaseReference> leases, ulong block, CancellationToken cancellation)
    {
        if (leases.Count == 0) return [];
        var chunks = leases.Chunk(LeasesPerCall).ToArray();
        var read = new IEnumerable<ChainLease>[chunks.Length];
        var few = new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, chunks.Length, few, async (i, c) => read[i] = await ReadAsync(chunks[i], block, c));
        return [.. read.SelectMany(r => r)];
    }

    private async Task<IReadOnlyList<ChainLease>> ReadAsync(LeaseReference[] chunk, ulong block, CancellationToken cancellation)
    {
        var found = await client.CallAsync(options.LeaseManager, new LeasesFunction { LeaseIds = [.. chunk.Select(l => l.Id.ToContract())] }, BlockParameter.AtNumber(block), ct: cancellation);
        if (found.Count != chunk.Length)
            throw LedgerFault.Transient($"The node answered {found.Count} leases where {chunk.Length} were asked for.");
        return [.. found.Zip(chunk, (lease, asked) => lease.ToDomain(asked.Terms))];
    }
}
