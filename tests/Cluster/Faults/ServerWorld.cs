using System.Numerics;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Application.Watching;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Proxies;
using Federation.Proxies.Common;
using Federation.Testing;
using Federation.Testing.Cluster;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Usage;

namespace Federation.Cluster.Tests.Faults;

/// <summary>
/// The operator's loops on a real API server behind a proxy that breaks. Chain, samples and time are the test's: an hour takes no
/// longer than its calls. The process can be killed, and another one starts from nothing.
/// </summary>
internal sealed class ServerWorld : IAsyncDisposable
{
    public const int StepSeconds = 5;

    public static readonly LeasePolicy Fast = new(
        EpochMs: 20_000, SettleEveryMs: 40_000, RetentionMs: 20_000, ScrapeDelayMs: 5_000, MaxGapMs: 30_000, CoverageThreshold: 0.95);

    public static readonly ChainIdentity Identity = new(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3");
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    // What is slow because the machine is busy is not yet what hangs; where nothing is broken, nothing hangs.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500), LongGrace = TimeSpan.FromSeconds(3);

    // A wait may take minutes of the test's clock: the operator gets its turns nevertheless.
    private const int LeastSteps = 10;

    // One of each kind that the operator follows.
    private const int Watches = 14;

    private static int worlds;

    private readonly string operatorNamespace = $"operator-{Interlocked.Increment(ref worlds)}";
    private readonly LeasePolicy policy;
    private readonly List<LeaseId> leases = [];
    private readonly HashSet<string> wrongRemovals = [];
    private readonly InMemoryEvidence evidence = new();
    private readonly HashSet<LeaseId> byHand = [];
    private CancellationTokenSource life = new();
    private Task waking = Task.CompletedTask;
    private OperatorLoops loops = null!;

    private ServerWorld(ApiServer server, KubernetesClient admin, Proxy proxy, LeasePolicy policy)
    {
        (Server, Admin, Proxy, this.policy) = (server, admin, proxy, policy);
        (Chain, Usage, Controllers) = (new InMemoryChain(Clock, Gate), new InMemoryUsage(Gate), new Controllers(admin));
    }

    public ApiServer Server { get; }

    public KubernetesClient Admin { get; }

    public Proxy Proxy { get; }

    public FakeClock Clock { get; } = new();

    public PortGate Gate { get; } = new();

    public InMemoryChain Chain { get; }

    public InMemoryUsage Usage { get; }

    public Controllers Controllers { get; }

    public ClusterAdapter Adapter { get; private set; } = null!;

    public IReadOnlyList<LeaseId> Leases => leases;

    /// <summary>Millicores that each pod uses.</summary>
    public long CpuMilli { get; set; } = 700;

    public int Restarts { get; private set; }

    /// <summary>What the loops said, in all lives.</summary>
    public LinesLogger Log { get; } = new();

    /// <summary>The fault keeps news from the operator: it is not waited for that they reach it.</summary>
    public bool CachesLag { get; set; }

    /// <summary>The workload of all leases here: one service, one pod, no device.</summary>
    public static JsonElement Workload { get; } = JsonDocument.Parse(
        """{"services":[{"name":"web","image":"docker.io/library/nginx:1.27","resources":{"cpu":"1","memory":"1Gi","ephemeralStorage":"1Gi"}}]}""").RootElement.Clone();

    public static async Task<ServerWorld> OpenAsync(ApiServer server, LeasePolicy? policy = null)
    {
        var admin = server.Client();
        var world = new ServerWorld(server, admin, await Proxy.StartAsync(server.Url), policy ?? Fast);
        await world.Controllers.AddNodeAsync("node-a");
        await world.StartAsync();
        return world;
    }

    public LeaseId Match(Func<LeaseTerms, LeaseTerms>? change = null)
    {
        // 16 hex digits of it name the namespace, and the next world is on the same server.
        var id = LeaseId.Parse(Cases.NewId().Hex);
        leases.Add(id);
        var terms = Some.Terms with
        {
            SpecHash = Some.HashOf(Workload), Resources = Some.Resources with { GpuA = GpuCount.None }, ActivateBy = Chain.Blocks.NextTime + 600,
            NoticeSeconds = 10, StartFee = 40, Parameters = Some.Parameters with { SubmitSeconds = 240, MaturitySeconds = 20 },
        };
        Controllers.Deliver(id, Workload);
        return Chain.Match(id, (change ?? (t => t))(terms), Some.Deposit);
    }

    /// <summary>The cluster's controllers see to its namespace, as to those of leases that were matched.</summary>
    public void LookAfter(LeaseId id) => leases.Add(id);

    public void TenantCloses(LeaseId id) => Chain.TryTransact(id, (lease, time) => LeaseContract.Close(lease, CloseReason.Tenant, time));

    public async Task PassAsync(int seconds)
    {
        var end = Clock.NowMs + (seconds * 1000L);
        for (var step = 0; Clock.NowMs < end || step < Math.Min(LeastSteps, seconds / StepSeconds); step++) await StepAsync();
    }

    /// <summary>A long time in which little can happen: the operator has its turns every minute, all else goes on as ever.</summary>
    public async Task PassSlowlyAsync(int seconds)
    {
        for (var end = Clock.NowMs + (seconds * 1000L); Clock.NowMs < end; await StepAsync())
            for (var step = 0; step < 11; step++)
            {
                AdvanceWorld();
                await Controllers.TurnAsync(leases);
            }
    }

    /// <summary>Steps until it holds.</summary>
    /// <param name="holds">Null when it does, else what is missing.</param>
    public async Task UntilAsync(Func<Task<string?>> holds, int seconds)
    {
        var end = Clock.NowMs + (seconds * 1000L);
        for (var step = 0; await holds() is { } missing; step++)
        {
            Assert.True(Clock.NowMs < end || step < LeastSteps, $"not within {seconds} s: {missing}\n{string.Join('\n', Log.Lines.TakeLast(12))}");
            await StepAsync();
        }
    }

    public Task UntilRunningAsync(LeaseId id, int seconds = 60) => UntilAsync(async () => await PhaseAsync(id) is var phase && phase == "Running" ? null : $"{id} is {phase}", seconds);

    /// <summary>As the server has it.</summary>
    public async Task<string> PhaseAsync(LeaseId id) =>
        (await Admin.Resource(ResourceKind.Of<V1Alpha1ComputeLease>()).GetAsync(id.Namespace, id.Namespace))?.Text("status", "phase") ?? "not there";

    /// <summary>kill -9, and another process.</summary>
    /// <param name="fault">What is wrong with the server that the next one finds; null: nothing.</param>
    public async Task RestartAsync(Fault? fault = null)
    {
        await EndAsync();
        Proxy.Fault = fault ?? Fault.None;
        await StartAsync();
        Restarts++;
    }

    /// <summary>Somebody with rights deletes the namespace.</summary>
    public async Task DeleteNamespaceByHandAsync(LeaseId id)
    {
        byHand.Add(id);
        await Admin.Resource(ResourceKinds.Namespace).DeleteAsync(id.Namespace);
    }

    /// <summary>Ends the process at the k-th write from now on: before the server hears of it, or after it is done. Events do not count.</summary>
    public void DieAtWrite(int k, bool applied) =>
        Proxy.Fault = new DyingAt(k, applied, IsCounted, life.Cancel);

    /// <summary>Of what the loops write; Events are written beside them, whenever.</summary>
    public static bool IsCounted(Exchange exchange) => exchange.IsWrite && !exchange.Path.Contains("/events", StringComparison.Ordinal);

    /// <summary>P: paid once, never more than measured; nothing was removed on doubt.</summary>
    public void CheckMoney()
    {
        Assert.Empty(wrongRemovals);
        foreach (var id in leases)
        {
            if (Chain.Find(id) is not { } stored) continue;
            Assert.Equal(stored.Lease.Paid, stored.Payments.Aggregate(BigInteger.Zero, BigInteger.Add));
            Assert.True(stored.Lease.Paid <= stored.Lease.Claimed && stored.Lease.Claimed <= Earned(stored, id), $"{id}: paid {stored.Lease.Paid} of {stored.Lease.Claimed}, earned {Earned(stored, id)}");
            Assert.Equal(0, stored.Lease.Slashed);
        }
    }

    /// <summary>Nothing more will be paid, and the slice is free.</summary>
    public bool IsSettled(LeaseId id) => Chain.Find(id) is { Lease: { State: LeaseState.Closed, IsSliceFreed: true } };

    /// <summary>P and U at the end: exactly what was measured was claimed, and all of it paid.</summary>
    public void CheckPaidInFull(LeaseId id, uint downSeconds = 0)
    {
        var stored = Chain.Find(id)!;
        Assert.Equal(LeaseState.Closed, stored.Lease.State);
        Assert.Equal(Earned(stored, id, downSeconds), stored.Lease.Claimed);
        Assert.Equal((stored.Lease.Claimed, true), (stored.Lease.Paid, stored.Lease.IsSliceFreed));
        CheckMoney();
    }

    /// <summary>What a perfect meter gives the provider for the paid time, as cap and deposit bound it.</summary>
    /// <param name="downSeconds">Of which it credits its tenant a part.</param>
    public BigInteger Earned(StoredLease stored, LeaseId id, uint downSeconds = 0)
    {
        var (lease, terms) = (stored.Lease, stored.Terms);
        if (lease.ActivatedAt == 0) return 0;
        var usage = Usage.PodsOf(id).Aggregate(TrueUsage.Zero, (sum, pod) => sum.Plus(pod.Measure(lease.EndsAt * 1000, policy.MaxGapMs))).ToVector();
        var cap = terms.StartFee + Accrual.RateCap(terms.Prices, terms.Resources, Math.Min(lease.Through, lease.EndsAt) - lease.ActivatedAt);
        return BigInteger.Min(Accrual.Due(terms, usage, downSeconds), cap);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        life.Dispose();
        await Proxy.DisposeAsync();
        Admin.Dispose();
        Log.Dispose();
    }

    private void AdvanceWorld()
    {
        Clock.Advance(TimeSpan.FromSeconds(StepSeconds));
        foreach (var (id, pods) in Controllers.Pods)
            foreach (var pod in pods.Where(p => p is { Ended: false, Node: not null }))
            {
                Usage.Burn(id, pod, Clock.NowMs, CpuMilli, 300L << 20, 20_000);
                Usage.Scrape(id, pod.Uid);
            }

        Chain.Mine();
    }

    private async Task StepAsync()
    {
        AdvanceWorld();
        await Controllers.TurnAsync(leases);
        CheckRemovals();
        if (CachesLag) await Task.Delay(Patience, TimeProvider.System);
        else await WhileTimePassesAsync(SyncAsync());
        await TurnOperatorAsync();
        if (life.IsCancellationRequested) await RestartAsync();
    }

    // The loops' own errors: the next pass follows.
    private async Task TurnOperatorAsync()
    {
        foreach (var pass in loops.Step(life.Token))
        {
            try
            {
                await WhileTimePassesAsync(pass);
            }
            catch (Exception error) when (error is HttpRequestException or TimeoutException or KubernetesException or ClusterException or LedgerException or OperationCanceledException)
            {
                // As in the program: it is logged there.
            }
        }

        await WhileTimePassesAsync(Eventually.TrueAsync(() => loops.IsIdle, 120));
    }

    // Who waits for an answer that does not come waits by the test's clock.
    private async Task WhileTimePassesAsync(Task work)
    {
        for (var patience = Proxy.Fault == Fault.None ? LongGrace : Grace; await Task.WhenAny(work, Task.Delay(patience, TimeProvider.System)) != work; patience = Patience) Clock.Advance(TimeSpan.FromSeconds(1));
        await work;
    }

    // Time is the test's, and the way to the informers is not: it waits for them, or it would outrun their deadlines.
    private Task SyncAsync() => Eventually.TrueAsync(async () =>
    {
        if (Proxy.Watching < Watches) return false;
        var generations = (await Adapter.Leases.ListAsync(default)).ToDictionary(r => r.Id, r => r.Generation);
        foreach (var (id, there) in Controllers.Seen)
        {
            var facts = await Adapter.Workloads.ObserveAsync(id, Chain.Find(id)?.Terms ?? Some.Terms, default);
            var isSame = facts.NamespaceExists && facts.NamespaceTerminating == there.IsLeaving && generations.GetValueOrDefault(id) == there.Generation
                && facts.Items.Select(i => (i.Name, i.Ready)).ToHashSet().SetEquals(there.Items)
                && facts.Pods.Select(p => (p.Uid, p.Ready)).ToHashSet().SetEquals(Controllers.Pods[id].Select(p => (p.Uid, p.Ready)));
            if (!isSame) return false;
        }

        return true;
    }, 120, "the caches show what is there");

    private void CheckRemovals()
    {
        foreach (var id in Controllers.Leaving.Except(byHand))
        {
            var final = Chain.Blocks.Finalized.Leases.GetValueOrDefault(id)?.Lease.State ?? LeaseState.None;
            if (final is not (LeaseState.None or LeaseState.Closed)) wrongRemovals.Add(id.Namespace);
        }
    }

    private async Task StartAsync()
    {
        life = new CancellationTokenSource();
        Adapter = new ClusterAdapter(
            new ClusterOptions { Chain = Identity, DatacenterName = AdapterFixture.Datacenter, OperatorNamespace = operatorNamespace },
            Server.Configuration(Proxy.Port, "http"), FakeHasher.Instance, Clock);
        await WhileTimePassesAsync(Adapter.StartAsync(default));
        var ports = new OperatorPorts(
            Chain, Chain, Chain, Chain, Chain, Adapter.Leases, Adapter.Workloads, Adapter.Spaces, Adapter.Cursor, Adapter.Holds, Usage, new InMemoryImages(), FakeHasher.Instance) { Evidence = evidence };
        loops = new OperatorLoops(ports, Clock, policy, new WatcherOptions(Identity.ChainId, Identity.LeaseManager, 1), Log);
        waking = WakeAsync(loops, Adapter, life.Token);
    }

    private async Task EndAsync()
    {
        await life.CancelAsync();
        await waking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await WhileTimePassesAsync(Adapter.DisposeAsync().AsTask());
    }

    private static async Task WakeAsync(OperatorLoops loops, ClusterAdapter adapter, CancellationToken cancellation)
    {
        await foreach (var id in adapter.ChangesAsync(cancellation)) loops.Wake(id);
    }
}
