using System.Numerics;
using System.Text;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Tenancy;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Workloads;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Proxies;
using Federation.Proxies.Common;
using Federation.Testing;
using Federation.Testing.Cluster;
using Federation.Testing.Holding;
using Federation.Testing.Usage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Faults;

/// <summary>
/// The operator's loops on the real contracts, on a real node behind a proxy that breaks. Cluster, samples and time are the
/// test's. The process can be killed, and another one starts from nothing.
/// </summary>
internal sealed class ChainWorld : IAsyncDisposable
{
    public const int StepSeconds = 5;

    private static readonly LeasePolicy Policy = new(
        EpochMs: 20_000, SettleEveryMs: 40_000, RetentionMs: 20_000, ScrapeDelayMs: 5_000, MaxGapMs: 30_000, CoverageThreshold: 0.95);

    private static readonly JsonElement Workload = JsonDocument.Parse(
        """{"services":[{"name":"web","image":"docker.io/library/nginx:1.27","resources":{"cpu":"1","memory":"1Gi","ephemeralStorage":"1Gi"}}]}""").RootElement.Clone();

    private readonly LedgerOptions options;
    private readonly PortGate gate = new();
    private readonly InMemoryHolds holds = new();
    private readonly InMemoryUsage usage;
    private readonly List<MatchedLease> leases = [];
    private readonly List<string> wrongRemovals = [];
    private CancellationTokenSource life = new();
    private OperatorLoops loops = null!;
    private TransactionSender sender = null!;
    private ISigner? signer;
    private readonly bool hasSecondNode;
    private readonly SendingOptions sending;
    private JsonRpcClient[] rpc = [];

    private ChainWorld(Market market, Proxy proxy, long startSeconds, uint finality, bool hasSecondNode, SendingOptions sending)
    {
        (Market, Proxy, Clock, usage) = (market, proxy, new FakeClock(startSeconds * 1000), new InMemoryUsage(gate));
        (this.hasSecondNode, this.sending, Machine) = (hasSecondNode, sending, new SkewedClock(Clock));
        Cluster = new InMemoryCluster(gate) { Holds = holds };
        options = market.LedgerOptions with { FinalizedDepth = finality };
        Start();
    }

    public Market Market { get; }

    public Proxy Proxy { get; }

    public FakeClock Clock { get; }

    /// <summary>The operator's machine, whose clock somebody may set.</summary>
    public SkewedClock Machine { get; }

    public InMemoryCluster Cluster { get; }

    public InMemoryImages Images { get; } = new();

    public string? ChainError => loops.Health.ChainError;

    public InMemoryJournal Journal { get; } = new();

    public int Restarts { get; private set; }

    /// <param name="finality">Blocks behind the latest that count as final.</param>
    /// <param name="hasSecondNode">There is another node, to which no proxy is the way.</param>
    public static async Task<ChainWorld> OpenAsync(uint finality, bool hasSecondNode = false, SendingOptions? sending = null, DeploymentSettings? settings = null)
    {
        var market = await Market.OpenAsync(settings);
        // The contracts are final from the start.
        await market.Anvil.MineAsync((int)finality);
        var proxy = await Proxy.StartAsync(market.Anvil.Url);
        return new ChainWorld(market, proxy, await TimeAsync(market), finality, hasSecondNode, sending ?? Market.Sending);
    }

    /// <summary>A tenant opens a lease, and delivers its workload as soon as it can.</summary>
    public async Task<MatchedLease> MatchAsync(uint? durationSeconds = null)
    {
        var request = await Market.RequestAsync() with
        {
            SpecHash = new KeccakHasher().Keccak256(CanonicalJson.Encode(Workload)), Resources = Samples.Resources with { StorageMiB = 1024 },
        };
        if (durationSeconds is { } duration) request = request with { DurationSeconds = duration };
        var lease = await Market.Tenant.MatchAsync(await Market.QuoteAsync(request), request, "", default);
        leases.Add(lease);
        return lease;
    }

    public async Task PassAsync(int seconds, int stride = StepSeconds)
    {
        for (var end = Clock.NowMs + (seconds * 1000L); Clock.NowMs < end;) await StepAsync(stride);
    }

    /// <param name="holds">Null when it does, else what is missing.</param>
    public async Task UntilAsync(Func<Task<string?>> holds, int seconds)
    {
        for (var end = Clock.NowMs + (seconds * 1000L); await holds() is { } missing;)
        {
            Assert.True(Clock.NowMs < end, $"not within {seconds} s: {missing}");
            await StepAsync();
        }
    }

    /// <summary>The operator starts again, with its key elsewhere.</summary>
    public void SignWith(ISigner elsewhere)
    {
        signer = elsewhere;
        Restart();
    }

    public Task UntilRunningAsync(MatchedLease lease, int seconds = 90) => UntilAsync(
        () => Task.FromResult(Cluster.Spaces.TryGetValue(lease.Id, out var space) && space.Status.Phase == LeasePhase.Running ? null : $"{lease.Id} is {space?.Status.Phase}; {ChainError}"), seconds);

    /// <summary>Ends the process at its k-th transaction from now on: before the node hears of it, or after it has it.</summary>
    public DyingAt DieAtTransaction(int k, bool applied)
    {
        var dying = new DyingAt(k, applied, e => Encoding.UTF8.GetString(e.Body).Contains("eth_sendRawTransaction", StringComparison.Ordinal), life.Cancel);
        Proxy.Fault = dying;
        return dying;
    }

    /// <summary>Ends the process when a transaction of that kind is at that step: nothing of it does anything after.</summary>
    /// <param name="also">Told of every step before it.</param>
    public void DieAtStep(SendStep step, string kind, Action<SendStep>? also = null)
    {
        var dying = life;
        sender.At = (seen, purposes) =>
        {
            dying.Token.ThrowIfCancellationRequested();
            also?.Invoke(seen);
            if (seen != step || purposes.Count == 0 || !purposes[0].StartsWith(kind, StringComparison.Ordinal)) return;
            dying.Cancel();
            dying.Token.ThrowIfCancellationRequested();
        };
    }

    /// <summary>Hears of every step from now on, until the process ends.</summary>
    public void Watch(Action<SendStep> seen) => sender.At = (step, _) => seen(step);

    public async Task ReorgAsync(ulong depth)
    {
        await Market.Anvil.AskAsync("anvil_reorg", (int)depth, Array.Empty<object>());
        await MineAsync();
    }

    public async Task<ChainLease> ReadAsync(MatchedLease lease) =>
        (await Market.Ledger().ReadLeasesAsync([new LeaseReference(lease.Id, lease.Terms)], await Market.Anvil.Client.GetBlockNumberAsync(), default))[0];

    /// <summary>Settlements of the lease on the chain of now.</summary>
    public async Task<IReadOnlyList<EventLog<LeaseSettledEventDTO>>> SettlementsAsync(MatchedLease lease)
    {
        var filter = LogFilter.ForEvent<LeaseSettledEventDTO>(Market.Contracts.LeaseManager, lease.Id.ToContract()) with { FromBlock = BlockParameter.AtNumber(0), ToBlock = BlockParameter.Latest };
        return [.. (await Market.Anvil.Client.GetLogsAsync(filter)).DecodeAllEvents<LeaseSettledEventDTO>()];
    }

    /// <summary>Of each transaction of the operator's key after that block, whether it succeeded.</summary>
    public async Task<IReadOnlyList<bool>> SentAsync(ulong after)
    {
        var (own, sent) = (Market.Operator.Writer.Address.ToString(), new List<bool>());
        for (var block = after + 1; block <= await Market.Anvil.Client.GetBlockNumberAsync(); block++)
        {
            var transactions = (await Market.Anvil.AskAsync("eth_getBlockByNumber", $"0x{block:x}", true)).GetProperty("transactions");
            foreach (var one in transactions.EnumerateArray().Where(t => t.GetProperty("from").GetString()!.Equals(own, StringComparison.OrdinalIgnoreCase)))
                sent.Add((await Market.Anvil.AskAsync("eth_getTransactionReceipt", one.GetProperty("hash").GetString())).GetProperty("status").GetString() == "0x1");
        }

        return sent;
    }

    /// <summary>Transactions that the operator's key has got mined.</summary>
    public Task<ulong> NonceAsync() => Market.Anvil.Client.GetTransactionCountAsync(Market.Operator.Writer.Address);

    /// <summary>P: each receipt counts once, never more than was measured; nothing was removed on doubt.</summary>
    public async Task CheckMoneyAsync(MatchedLease lease)
    {
        Assert.Empty(wrongRemovals);
        var (now, settled) = (await ReadAsync(lease), await SettlementsAsync(lease));
        Assert.Equal(settled.Count, settled.Select(s => s.Event.Seq).Distinct().Count());
        Assert.True(now.Claimed <= Earned(lease, now), $"claimed {now.Claimed}, earned {Earned(lease, now)}");
        Assert.True(now.Paid <= now.Claimed);
    }

    /// <summary>P and U at the end.</summary>
    public async Task CheckPaidInFullAsync(MatchedLease lease)
    {
        await CheckMoneyAsync(lease);
        var now = await ReadAsync(lease);
        Assert.Equal((LeaseState.Closed, Earned(lease, now)), (now.State, now.Claimed));
        Assert.True(now.Claimed > lease.Terms.StartFee, $"only {now.Claimed} was earned");
        Assert.Equal((now.Claimed, true), (now.Paid, now.IsSliceFreed));
        Assert.False(Cluster.Spaces.ContainsKey(lease.Id));
    }

    public async ValueTask DisposeAsync()
    {
        sender.Dispose();
        Close(rpc);
        life.Dispose();
        await Proxy.DisposeAsync();
        await Market.DisposeAsync();
    }

    public async Task StepAsync(int seconds = StepSeconds)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        RunPods();
        await MineAsync();
        foreach (var pass in loops.Step(life.Token).Append(sender.LookBackAsync(life.Token)))
        {
            try
            {
                await pass;
            }
            catch (Exception error) when (error is OperationCanceledException or LedgerException or RpcTransportException or RpcResponseException)
            {
                // As in the program: the next pass follows.
            }
        }

        for (; !loops.IsIdle; await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System))
        {
        }

        await CheckRemovalsAsync();
        if (life.IsCancellationRequested) Restart();
    }

    private void RunPods()
    {
        foreach (var (id, space) in Cluster.Spaces)
        {
            foreach (var pod in space.Pods.Where(p => !p.Ended))
            {
                usage.Burn(id, pod, Clock.NowMs, 700, 300L << 20, 20_000);
                usage.Scrape(id, pod.Uid);
            }

            if (space.Workload is null) Cluster.Deliver(id, Workload);
        }

        Cluster.Turn();
        foreach (var id in Cluster.Spaces.Keys) loops.Wake(id);
    }

    // Each step is a block of its own; what others had mined meanwhile may be a second ahead.
    private async Task MineAsync()
    {
        var next = Math.Max(Clock.NowSeconds, await TimeAsync(Market) + 1);
        Clock.Advance(TimeSpan.FromSeconds(next - Clock.NowSeconds));
        await Market.Anvil.AskAsync("evm_setNextBlockTimestamp", next);
        await Market.Anvil.MineAsync();
    }

    private async Task CheckRemovalsAsync()
    {
        var final = await Market.Anvil.Client.GetBlockNumberAsync() is var latest && latest > options.FinalizedDepth ? latest - options.FinalizedDepth!.Value : 0;
        foreach (var lease in leases.Where(l => Cluster.Spaces.TryGetValue(l.Id, out var space) && space.IsTerminating))
            if ((await Market.Ledger().ReadLeasesAsync([new LeaseReference(lease.Id, null)], final, default))[0].State is not (LeaseState.None or LeaseState.Closed)) wrongRemovals.Add(lease.Id.Namespace);
    }

    private BigInteger Earned(MatchedLease lease, ChainLease now)
    {
        if (now.ActivatedAt == 0) return 0;
        var measured = usage.PodsOf(lease.Id).Aggregate(TrueUsage.Zero, (sum, pod) => sum.Plus(pod.Measure(now.EndsAt * 1000, Policy.MaxGapMs))).ToVector();
        var cap = lease.Terms.StartFee + Accrual.RateCap(lease.Terms.Prices, lease.Terms.Resources, Math.Min(now.Through, now.EndsAt) - now.ActivatedAt);
        return BigInteger.Max(BigInteger.Min(Accrual.Due(lease.Terms, measured, 0), cap), now.State == LeaseState.Closed ? lease.Terms.MinCharge : 0);
    }

    public void Restart()
    {
        sender.Dispose();
        Close(rpc);
        Proxy.Fault = Fault.None;
        Start();
        Restarts++;
    }

    private void Start()
    {
        life = new CancellationTokenSource();
        Uri[] urls = hasSecondNode ? [Proxy.Url, Market.Anvil.Url] : [Proxy.Url];
        rpc = [.. urls.Select(url => new JsonRpcClient(url, new JsonRpcOptions { MaxRetries = 0 }))];
        var nodes = new NodeGroup([.. rpc.Select(r => ("a node", (IJsonRpcClient)r))], NullLogger<NodeGroup>.Instance);
        var (client, contracts) = (new EthereumClient(nodes), Market.Contracts);
        sender = new TransactionSender(client, Market.ChainId, signer ?? Market.Operator.Signer, sending, TimeProvider.System, NullLogger<TransactionSender>.Instance);
        var ledger = Market.Ledger(options, client);
        var ports = new OperatorPorts(
            ledger, ledger, new EvmSettlements(new EvmLeaseArchive(client, contracts, 2_000, NullLogger<EvmLeaseArchive>.Instance)), new EvmLeaseTransactions(client, contracts.LeaseManager, contracts.Market, contracts.Results, sender),
            new EvmResultLedger(client, contracts.Results), Cluster, Cluster, null, Cluster, holds.Open(), usage, Images, new KeccakHasher()) { Nodes = nodes };
        loops = new OperatorLoops(ports, Machine, Policy, new WatcherOptions(Market.ChainId, contracts.LeaseManager.ToString(), contracts.BlockNumber));
        var health = loops.Health;
        sender.BeginTerm(new SendingTerm(Journal.Open(), () => health.Head?.Finalized ?? 0), life.Token);
    }

    private static void Close(IEnumerable<JsonRpcClient> nodes)
    {
        foreach (var node in nodes) node.Dispose();
    }

    private static async Task<long> TimeAsync(Market market) => (long)(await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
}
