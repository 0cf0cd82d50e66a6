using System.Collections.Concurrent;
using Federation.Application.Countersigning;
using Federation.Application.Ports;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Ethereum.Signing;
using Federation.Gateway;

namespace Federation.Host.Tenancy;

/// <summary>Settlements by the chain's logs, evidence by the datacenters' gateways, asked for with the wallet's word. A datacenter's answers take no more time and room than an answer may.</summary>
internal sealed class UsageProofs : IUsageProofs, IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    // The request's other leases wait meanwhile. What was handed over by then is kept: the next look goes on from there.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    // Each holds its evidence in memory, and the window that comes in.
    private const int MostAtOnce = 4;
    private const int MostWindowBytes = 8 << 20;
    private const long MostKeptBytes = 64 << 20;
    // Some 24 KiB an hour and pod.
    private static readonly EvidenceBounds Bounds = new(512L << 20, MostKeptBytes);
    // Leases; of one that is forgotten all is asked again.
    private const int MostKnown = 1_000;

    private readonly EvmSettlements settlements;
    private readonly ISigner signer;
    private readonly ulong chainId;
    private readonly bool allowsHttp;
    private readonly IHasher hasher;
    private readonly TimeProvider clock;
    private readonly SocketsHttpHandler handler;
    private readonly SemaphoreSlim turns = new(MostAtOnce);
    private readonly PackedWindows windows = new(MostKeptBytes);
    private readonly ConcurrentDictionary<LeaseId, (string Root, ShownUsage Shown)> shown = [];

    public UsageProofs(EvmLeaseArchive archive, ISigner signer, ulong chainId, QuoteDeskOptions options, IHasher hasher, TimeProvider clock)
    {
        (settlements, this.signer, this.chainId, allowsHttp, this.hasher, this.clock) = (new EvmSettlements(archive), signer, chainId, options.AllowHttp, hasher, clock);
        handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 4, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) };
        if (options.AuthorityFile.Length > 0) handler.SslOptions = new GatewayTrust(options.AuthorityFile).Tls();
    }

    /// <inheritdoc/>
    public Task<SettledProof?> ReadSettledAsync(LeaseId lease, ChainLease seen, ulong fromBlock, ulong toBlock, CancellationToken cancellation) =>
        settlements.ReadSettledAsync(lease, seen, fromBlock, toBlock, cancellation);

    /// <inheritdoc/>
    public async Task<ShownUsage> ReadShownAsync(string endpoint, LeaseId lease, string? settledRoot, CancellationToken cancellation)
    {
        // Anybody may register an endpoint; and who reads the wallet's word on the way reads the lease's evidence with it.
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && !(allowsHttp && url.Scheme == Uri.UriSchemeHttp)))
            return new ShownUsage(null, $"The evidence is not asked for: the datacenter's endpoint in the registry is '{endpoint}', which is no https address.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await turns.WaitAsync(cancellation);
            try
            {
                // What others take of the turns is not its doing.
                using var timer = clock.CreateTimer(_ => limit.Cancel(), null, Patience, Timeout.InfiniteTimeSpan);
                return await ReadAsync(url, lease, settledRoot, limit.Token);
            }
            finally
            {
                turns.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ShownUsage(null, $"The datacenter has not handed its evidence over within {Patience.TotalSeconds:0} s; what it has is kept, and the rest is asked for again.");
        }
        // Whatever its answer breaks here is its doing, and stops no other lease.
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            return new ShownUsage(null, $"The evidence cannot be read: {e.Message}");
        }
    }

    public void Dispose()
    {
        handler.Dispose();
        turns.Dispose();
    }

    private async Task<ShownUsage> ReadAsync(Uri gateway, LeaseId lease, string? settledRoot, CancellationToken cancellation)
    {
        using var http = new HttpClient(handler, disposeHandler: false) { BaseAddress = gateway, Timeout = Timeout.InfiniteTimeSpan };
        var records = new RecordClient(http, lease, ProveAsync, clock) { MostWindowBytes = MostWindowBytes };
        var trail = new EvidenceTrail(lease, new KeptRecords(lease, records, windows, Bounds, hasher), null, hasher);
        if (await trail.RootAsync(settledRoot, cancellation) is not { } root) return ShownUsage.None;
        // A root stands for all that is behind it: what it came to once it always does.
        if (shown.TryGetValue(lease, out var known) && known.Root == root) return known.Shown;
        ShownUsage found;
        try
        {
            var (measured, problem, isWithheld) = await trail.FollowAsync(root, cancellation);
            // What was handed over may be another thing the next time.
            if (measured is null) return new ShownUsage(null, problem) { IsFalse = !isWithheld };
            // Its series are a datacenter's to make many of; what they come to is enough.
            found = new ShownUsage(measured with { Series = [], Forgotten = [], Window = WindowSight.None }, null);
        }
        catch (EvidenceException e)
        {
            found = new ShownUsage(null, e.Message);
        }

        Remember(shown, lease, (root, found));
        return found;
    }

    private async Task<ReaderWord> ProveAsync(Uri lease, CancellationToken cancellation)
    {
        var signed = await ReaderProof.SignAsync(lease, signer, chainId, clock, cancellation);
        return new ReaderWord(signed.Text, signed.Signature);
    }

    private static void Remember<T>(ConcurrentDictionary<LeaseId, T> known, LeaseId lease, T one)
    {
        if (known.Count >= MostKnown) known.Clear();
        known[lease] = one;
    }
}
