using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Cluster.Entities;
using Federation.Domain.Isolation;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Load;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;
using DatacenterSpec = Federation.Harness.DatacenterSpec;

namespace Federation.Benchmarks.Leases;

/// <summary>A datacenter as a member has it, on simulated nodes: real control plane, chain and operator; many tenants.</summary>
internal sealed class Rental : IAsyncDisposable
{
    // Of each lease.
    private const uint CpuMilli = 10;

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "federation-bench");

    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> running = new();
    private readonly ConcurrentDictionary<ulong, DateTimeOffset> blocks = new();
    private readonly List<Task> watches = [];
    private SimulatedNodes nodes = null!;

    public LocalFederation Federation { get; private set; } = null!;

    public DemoChain Chain { get; private set; } = null!;

    public DemoDatacenter Site { get; private set; } = null!;

    public KubernetesClient Admin { get; private set; } = null!;

    public IReadOnlyList<Renter> Renters { get; private set; } = [];

    public Faults Faults { get; private set; } = null!;

    public Datacenter Datacenter => Federation.Datacenters[0];

    /// <summary>Leases that have been seen running.</summary>
    public int Running => running.Count;

    /// <param name="cpu">Of each node, as Kubernetes writes it.</param>
    /// <param name="leases">How many each renter can pay.</param>
    public static async Task<Rental> StartAsync(int nodes, string cpu, int renters, int leases)
    {
        var rental = new Rental();
        try
        {
            await rental.BeginAsync(nodes, cpu, renters, leases);
            return rental;
        }
        catch
        {
            await rental.DisposeAsync();
            throw;
        }
    }

    /// <summary>Settings under which nothing is metered or settled while it is looked at: an hour's epoch, as by default.</summary>
    public static Dictionary<string, string> Quiet => new()
    {
        ["Federation__Times__Epoch"] = "01:00:00",
        ["Federation__Times__SettleEvery"] = "01:00:00",
        ["Federation__Times__ScrapeDelay"] = "00:01:00",
        ["Federation__Times__MaxGap"] = "00:01:30",
        // The simulated nodes run no pod that could try the network out.
        ["Federation__Isolation__ProbeImage"] = "",
    };

    /// <summary>When the lease was first seen running; null before.</summary>
    public DateTimeOffset? RunningAt(MatchedLease lease) => running.TryGetValue(lease.Id.Namespace, out var at) ? at : null;

    /// <summary>When the block on top of the match was there, which is what the operator waits for.</summary>
    public DateTimeOffset ConfirmedAt(MatchedLease lease) => SeenAt(lease.Block + 1);

    /// <summary>When this block or one on top of it was there.</summary>
    public DateTimeOffset SeenAt(ulong block) => blocks.Where(b => b.Key >= block).Select(b => b.Value).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();

    /// <summary>From one block to the next, as they were seen.</summary>
    public TimeSpan BlockTime => (blocks.Values.Max() - blocks.Values.Min()) / (blocks.Keys.Max() - blocks.Keys.Min());

    /// <summary>Waits, without end: who runs a benchmark sees that it does not come to its end.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(watches.Select(async w => await w.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)));
        if (nodes is not null) await nodes.DisposeAsync();
        foreach (var renter in Renters) renter.Dispose();
        Site?.Dispose();
        Chain?.Dispose();
        Admin?.Dispose();
        stop.Dispose();
        await LocalFederation.DownAsync(Folder);
    }

    private async Task BeginAsync(int nodeCount, string cpu, int renters, int leases)
    {
        var (name, keys) = ("bravo", Enumerable.Range(0, renters).Select(_ => LocalSigner.Generate()).ToArray());
        await LocalFederation.DownAsync(Folder);
        Federation = await LocalFederation.UpAsync(new FederationOptions
        {
            StateFolder = Folder,
            Datacenters = [new DatacenterSpec(name)],
            Users = [.. keys.Select(k => new TokenUser($"{k.Address}", [])), new TokenUser(DemoDatacenter.OperatorUser, [])],
        });
        Faults = new Faults(Federation);
        Admin = new KubernetesClient(KubernetesClientConfiguration.Load(Datacenter.KubeconfigPath));
        // The machine's own node would run what it gets in containers.
        await Admin.Resource(ResourceKinds.Node).PatchAsync(Datacenter.NodeName, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = true } }));
        nodes = new SimulatedNodes(Admin, cpu);
        await nodes.StartAsync(nodeCount, default);
        Chain = await DemoChain.CreateAsync(Federation, Checkout.Built("the contracts are", "contracts", "out"), LocalSigner.Generate(), default);
        var prices = DemoPrices.All.Single(p => p.Datacenter == name);
        Site = new DemoDatacenter(Federation, Datacenter, prices, UnenforcedNetworkPolicy.Allow);
        await Chain.RegisterAsync(prices, Site.Endpoint, Site.KeyFolder, default);
        await Site.InstallAsync(Chain, default);
        Site.StartOperator(Chain, Quiet);
        await Site.WaitUntilReadyAsync(default);
        var accounts = await Task.WhenAll(keys.Select(key => Chain.NewAccountAsync(key, Renter.Deposit(CpuMilli) * leases, default)));
        Renters = [.. accounts.Select((account, i) => new Renter(Federation, Chain, Site, account, i, CpuMilli))];
        watches.Add(WatchBlocksAsync());
        watches.Add(WatchLeasesAsync());
    }

    private async Task WatchBlocksAsync()
    {
        using var rpc = new JsonRpcClient(new Uri(Federation.AnvilUrl));
        var client = new EthereumClient(rpc);
        while (true)
        {
            var head = await client.GetBlockNumberAsync(stop.Token);
            blocks.TryAdd(head, TimeProvider.System.GetUtcNow());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, stop.Token);
        }
    }

    private async Task WatchLeasesAsync()
    {
        var leases = new Informer<V1Alpha1ComputeLease>(Admin.Resource<V1Alpha1ComputeLease>());
        leases.AddHandler(change =>
        {
            if (change.Object.Status?.Phase == "Running") running.TryAdd(change.Object.Metadata.Name!, TimeProvider.System.GetUtcNow());
        });
        await leases.RunAsync(stop.Token);
    }
}
