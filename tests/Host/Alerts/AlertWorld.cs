using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Transactions;
using Federation.Gateway;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// A datacenter whose operator is the program itself: on a real chain with the real contracts, before a real API server, metering from a
/// real Prometheus, which also scrapes the operator and has the chart's rules. Some leases run there. What stands between the operator
/// and each of these can be made to fail.
/// </summary>
internal sealed partial class AlertWorld : IAsyncDisposable
{
    public const string Space = "federation-system";

    /// <summary>The operator is not told which job is the kubelets'.</summary>
    public static readonly (string Name, string Value) AnyJob = ("Prometheus:AnyJob", "true");

    /// <summary>It is.</summary>
    public static readonly (string Name, string Value) Kubelets = ("Prometheus:Matchers:job", "kubelet");

    private const string Password = "word";
    private const int Leases = 4;
    private const int MostStarts = 3;
    private const int Gpus = 3;

    private static readonly ResourceKind Datacenters = new("compute.federation", "v1alpha1", "datacenters", "Datacenter", false);

    private static readonly TimeSpan BlockTime = TimeSpan.FromSeconds(1);

    // Each block is a second later than the one before, and an operator whose clock is half a minute behind the chain's promises nothing.
    private static readonly TimeSpan MostAhead = TimeSpan.FromSeconds(15);

    // To start one takes all that the machine has, and to be in one next to nothing: they are started one after the other.
    private static readonly SemaphoreSlim Starting = new(1);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-alerted-");
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim chain = new(1);
    private readonly int[] ports = Ports.Free(4);
    private readonly List<OperatorProcess> programs = [];
    private ApiServer server = null!;
    private KubernetesClient admin = null!;
    private HttpClient gateway = null!;
    private Task mining = Task.CompletedTask;
    private readonly (string Name, string Value)[] own;
    private bool isAhead, skips;

    private AlertWorld((string Name, string Value)[] own) => this.own = own;

    public Pair Pair { get; } = new();

    public ApiServer Server => server;

    /// <summary>Of its gateway.</summary>
    public Uri Endpoint => gateway.BaseAddress!;

    public Market Market { get; private set; } = null!;

    public FaultyNode Node { get; private set; } = null!;

    public SlowLink Webhook { get; private set; } = null!;

    public PlayedTargets Played { get; private set; } = null!;

    public LivePrometheus Prometheus { get; private set; } = null!;

    /// <summary>Whether blocks are made.</summary>
    public bool IsMining { get; set; } = true;

    private string SettingsFile => Path.Combine(folder.FullName, "settings.json");

    public string EvidenceFolder => Path.Combine(folder.FullName, "evidence");

    public IReadOnlyList<OperatorProcess> Programs => programs;

    /// <summary>All that the operators have said, for who wonders.</summary>
    public string Output => string.Join("\n———\n", programs.Select(p => p.Output));

    /// <summary>The operator's metrics, or why there are none.</summary>
    public async Task<string> PageAsync()
    {
        using var http = new HttpClient();
        try
        {
            return await http.GetStringAsync(new Uri($"http://127.0.0.1:{ports[1]}/metrics"));
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
    }

    /// <summary>The operator's.</summary>
    public Address Key => Market.Operator.Writer.Address;

    /// <summary>Where the operator is asked whether it is well.</summary>
    public int OwnPort => ports[1];

    /// <param name="settings">Of its operators, beside the usual ones or in their place.</param>
    public static async Task<AlertWorld> StartAsync(params (string Name, string Value)[] settings)
    {
        await Starting.WaitAsync();
        try
        {
            // What a machine at its limits cannot start says nothing about an alert.
            for (var attempt = 1; ; attempt++)
                if (await TryStartAsync(settings, isLast: attempt == MostStarts) is { } world) return world;
        }
        finally
        {
            Starting.Release();
        }
    }

    private static async Task<AlertWorld?> TryStartAsync((string Name, string Value)[] settings, bool isLast)
    {
        var world = new AlertWorld(settings);
        try
        {
            await world.OpenAsync();
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            if (isLast) throw;
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await mining;
        foreach (var program in programs) program.Dispose();
        gateway?.Dispose();
        Webhook?.Dispose();
        Prometheus?.Dispose();
        if (Played is not null) await Played.DisposeAsync();
        if (Node is not null) await Node.DisposeAsync();
        if (Market is not null) await Market.DisposeAsync();
        admin?.Dispose();
        server?.Dispose();
        Pair.Dispose();
        stop.Dispose();
        chain.Dispose();
        folder.Delete(recursive: true);
    }

    /// <summary>Starts the operator.</summary>
    /// <param name="further">Settings beside the usual ones, or in their place.</param>
    public OperatorProcess Operate(params (string Name, string Value)[] further)
    {
        var settings = Settings();
        foreach (var (name, value) in own.Concat(further)) settings["Federation:" + name] = value;
        var program = OperatorProcess.Start(settings);
        programs.Add(program);
        return program;
    }

    /// <summary>A second installation with the same key, as it is in another cluster with a namespace of the same name: its Lease is another one, and Prometheus has both.</summary>
    public OperatorProcess OperateElsewhere() => Operate(("Namespace", "elsewhere"), ("Listen", $"http://127.0.0.1:{ports[3]}"), ("OwnPort", "0"), ("Tls:Certificate", ""), ("Tls:Key", ""), ("Webhook:Enabled", "false"), ("Evidence:Folder", ""), Kubelets);

    /// <summary>Asks for a quote as who would pay; null while nobody answers.</summary>
    public async Task<QuoteAnswer?> QuoteAsync()
    {
        try
        {
            var request = await Market.RequestAsync();
            return await new GatewayClient(gateway).QuoteAsync(request, await Market.Orders.SignAskAsync(request, default), default);
        }
        catch (GatewayException)
        {
            return null;
        }
    }

    /// <summary>The administrator looks whether the webhook takes a change of the Datacenter, a large one.</summary>
    public async Task TryDatacenterAsync()
    {
        try
        {
            await admin.Resource(Datacenters).PatchAsync("alpha", null, V1Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["notes"] = new string('n', 16 << 10) } } }), new WriteOptions { DryRun = true });
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or TimeoutException)
        {
            // What the webhook cannot answer in time may be refused.
        }
    }

    /// <summary>The volume of evidence is away: where it was mounted something stands that takes nothing.</summary>
    public void TakeEvidence()
    {
        Directory.Move(EvidenceFolder, EvidenceFolder + ".away");
        File.WriteAllText(EvidenceFolder, "");
    }

    /// <summary>It is mounted again, with what was on it.</summary>
    public void GiveEvidence()
    {
        File.Delete(EvidenceFolder);
        Directory.Move(EvidenceFolder + ".away", EvidenceFolder);
    }

    /// <summary>The gateway has another certificate: in its files, and in the Secret of which these are the mount.</summary>
    public async Task CertifyAsync(double endsIn = 90)
    {
        Pair.Write(endsIn).Dispose();
        await Kubectl.RunAsync(server, "delete", "secret", "gateway-tls", "-n", Space, "--ignore-not-found");
        await Kubectl.RunAsync(server, "create", "secret", "tls", "gateway-tls", "-n", Space, $"--cert={Pair.Certificate}", $"--key={Pair.Key}");
    }

    /// <summary>The administrator writes the settings file anew.</summary>
    public void Set(string settings)
    {
        File.WriteAllText(SettingsFile + ".next", settings);
        File.Move(SettingsFile + ".next", SettingsFile, overwrite: true);
    }

    /// <summary>The operator's key has so much.</summary>
    public Task SetBalanceAsync(System.Numerics.BigInteger wei) => Market.Anvil.AskAsync("anvil_setBalance", Key.ToString(), Hex.Quantity(wei));

    /// <summary>The last blocks are replaced by others without a transaction, if enough of the operator's are in them.</summary>
    /// <param name="transactions">Of the operator's, so many at least. Those of the newest block it may not have seen there yet.</param>
    public Task ReorgAsync(uint blocks, ulong transactions) => AloneAsync(async () =>
    {
        var head = await Market.Anvil.Client.GetBlockNumberAsync();
        var (before, after) = (await NonceAsync(BlockParameter.AtNumber(head - blocks)), await NonceAsync(BlockParameter.AtNumber(head - 1)));
        if (after - before < transactions) return false;
        await Market.Anvil.AskAsync("anvil_reorg", blocks, Array.Empty<object>());
        // What the node took back into its pool would be in the next block, and nothing would have been taken away.
        await Market.Anvil.AskAsync("anvil_dropAllTransactions");
        return true;
    });

    /// <summary>Another program sends with the operator's key what pays a quarter more than this one and has its number, and is mined in its place.</summary>
    public Task OutbidAsync(Bytes32 transaction) => AloneAsync(async () =>
    {
        // What waits behind another's number is not the next one's: the block would have the rival of none.
        if (await Market.Anvil.Client.GetTransactionByHashAsync(transaction) is not { BlockNumber: null } sent || sent.Nonce != await NonceAsync(BlockParameter.Latest)) return false;
        var rival = new Eip1559Transaction
        {
            ChainId = Market.ChainId, Nonce = sent.Nonce, Gas = 21_000, To = Key,
            MaxFeePerGas = (sent.MaxFeePerGas!.Value * 5 / 4) + 1, MaxPriorityFeePerGas = (sent.MaxPriorityFeePerGas!.Value * 5 / 4) + 1,
        };
        await Market.Anvil.Client.SendRawTransactionAsync(await Market.Operator.Signer.SignTransactionAsync(rival));
        await Market.Anvil.MineAsync();
        return isAhead = true;
    });

    /// <summary>The node's next block is made at once, with what it took. Whether a transaction is late is the story's matter, not the machine's.</summary>
    public Task IncludeAsync(Bytes32 transaction) => AloneAsync(async () =>
    {
        if (!IsMining) return false;
        await Market.Anvil.MineAsync();
        return isAhead = true;
    });

    private Task<ulong> NonceAsync(BlockParameter at) => Market.Anvil.Client.GetTransactionCountAsync(Key, at);

    private async Task OpenAsync()
    {
        (server, Market) = (await ApiServer.StartAsync(), await Market.OpenAsync());
        admin = server.Client();
        Played = await PlayedTargets.StartAsync();
        Prometheus = await LivePrometheus.StartAsync(ShortenedRules.File(await ShortenedRules.RenderAsync()), Jobs());
        (Node, Played.Store, Webhook) = (await FaultyNode.StartAsync(Market.Anvil.Url), Prometheus.Url, new SlowLink(ports[2]));
        Node.Took = IncludeAsync;
        gateway = Pair.Client();
        gateway.BaseAddress = new Uri($"https://localhost:{ports[0]}");
        await OneNode.AddAsync(admin, gpus: Gpus);
        Directory.CreateDirectory(EvidenceFolder);
        var program = Operate(AnyJob);
        var matched = new List<MatchedLease>();
        for (var i = 0; i < Leases; i++) matched.Add(await Market.MatchAsync());
        await Market.Anvil.AskAsync("evm_setAutomine", false);
        mining = MineAsync();
        await program.SaysAsync("Leading, term", default, 240);
        await ApplyAsync(Datacenter());
        Played.Uids = await PlayedPods.StartAsync(admin, [.. matched.Select(m => m.Id)]);
        foreach (var one in matched)
            await Eventually.TrueAsync(async () => (await Market.Tenant.ReadLeaseAsync(one.Id, one.Terms, default)).State == LeaseState.Active, 240, "the leases are active");
    }

    private async Task ApplyAsync(string manifest)
    {
        var path = Path.Combine(folder.FullName, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(path, manifest);
        // The operator installs the definitions once it leads.
        await Eventually.TrueAsync(async () => await admin.Resource(ResourceKinds.CustomResourceDefinition).GetAsync($"{Datacenters.Plural}.{Datacenters.Group}") is not null, 240, "there is a definition of Datacenters");
        await Kubectl.RunAsync(server, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
        // The webhook may be late while it has just started, and asks to try again.
        await Eventually.TrueAsync(async () => !(await Kubectl.TryAsync(server, "apply", "--validate=false", "-f", path)).Contains("ServiceUnavailable", StringComparison.Ordinal), 240, "the Datacenter is taken");
        await Kubectl.RunAsync(server, "get", "-f", path);
    }

    private async Task MineAsync()
    {
        using var timer = new PeriodicTimer(BlockTime);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
                if (IsMining) await TryMineAsync();
        }
        catch (OperationCanceledException)
        {
            // The story is over.
        }
    }

    private async Task TryMineAsync()
    {
        try
        {
            await AloneAsync(async () =>
            {
                var ahead = DateTimeOffset.FromUnixTimeSeconds((long)(await Market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp) - TimeProvider.System.GetUtcNow();
                // Every second one is left out meanwhile, and the one whose place another took that was made out of turn.
                skips = isAhead || (!skips && ahead > MostAhead);
                isAhead = false;
                if (!skips) await Market.Anvil.MineAsync();
                return true;
            });
        }
        catch (RpcTransportException)
        {
            // A busy machine: the next second has its block.
        }
    }

    // What takes several calls is not mixed with blocks in between.
    private async Task<T> AloneAsync<T>(Func<Task<T>> work)
    {
        await chain.WaitAsync(stop.Token);
        try
        {
            return await work();
        }
        finally
        {
            chain.Release();
        }
    }
}
