using System.Net;
using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Chain;
using Federation.Cluster;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Probing;
using Federation.Ethereum.Signing;
using Federation.Host.Options;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Leadership;

namespace Federation.Host;

/// <summary>Waits for the chain for a while and for the cluster, takes part in the election, and leads terms until the process is stopped.</summary>
internal sealed class OperatorService(OperatorOptions options, IServiceProvider services, CurrentTerm current, ClusterAccess access, IHostApplicationLifetime lifetime, ILogger<OperatorService> log) : BackgroundService
{
    /// <summary>A leader that is killed is followed within 15 s, caches filled and chain read.</summary>
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(10);

    private const int DnsPort = 53;

    // Longer than a node that is there takes to answer. One that is not keeps nobody from what needs no chain.
    private static readonly TimeSpan ChainPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ChainlessTerm = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly TimeProvider clock = services.GetRequiredService<TimeProvider>();
    private readonly ILoggerFactory logs = services.GetRequiredService<ILoggerFactory>();

    /// <summary>0 when the process was asked to stop, 1 when it gave up.</summary>
    public int ExitCode { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            log.LogInformation("Operator key {Address}", services.GetRequiredService<ISigner>().Address);
            var chain = WaitForChainAsync(stoppingToken);
            await Task.WhenAny(chain, Task.Delay(ChainPatience, clock, stoppingToken));
            if (!chain.IsCompleted) log.LogWarning("The chain has not been read for {Seconds} s: leases that run go on by what it last said, and nothing is begun or ended", ChainPatience.TotalSeconds);
            else await chain;
            await WaitForClusterAsync(stoppingToken);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            // A wrong chain, a contract without code, a keystore that does not open: waiting mends none of them.
            log.LogCritical("The operator stops: {Error}", error.Message);
            ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private async Task WaitForChainAsync(CancellationToken cancellation)
    {
        var (ledger, nodes, since) = (services.GetRequiredService<ILeaseLedger>(), services.GetRequiredService<ILedgerNodes>(), clock.GetTimestamp());
        while (true)
        {
            try
            {
                var head = await ledger.ReadHeadAsync(cancellation);
                log.LogInformation("Chain {Chain} is at block {Block}, finalized {Finalized}.", options.Chain.ChainId, head.Latest, head.Finalized);
                current.ChainRead();
                return;
            }
            // Once it may lead it goes on whatever the node says, as one does that has read the chain before: a node may be made anew.
            catch (LedgerException error) when (nodes.TryNext(error.Message) || error.IsTransient || clock.GetElapsedTime(since) > ChainPatience)
            {
                log.LogWarning("Waiting for the chain: {Error}", error.Message);
                await Task.Delay(Retry, clock, cancellation);
            }
        }
    }

    private async Task WaitForClusterAsync(CancellationToken cancellation)
    {
        using var client = new KubernetesClient(KubernetesClientConfiguration.Load(options.Kubeconfig is { Length: > 0 } path ? path : null), time: clock);
        await new ClusterGate(client, clock, log).EnsureNamespaceAsync(options.Namespace, cancellation);
        var election = new LeaderElectionOptions
        {
            Namespace = options.Namespace, Name = "federation-operator", Identity = $"{Environment.MachineName}-{Environment.ProcessId}",
            LeaseDuration = LeaseDuration, RenewDeadline = TimeSpan.FromSeconds(7), RetryPeriod = TimeSpan.FromSeconds(1.5),
        };
        var elector = new LeaderElector(client, election, clock, logs.CreateLogger<LeaderElector>());
        await using var webhook = new WebhookService(options, services.GetRequiredService<IHasher>(), clock, logs);
        await webhook.StartAsync(client, cancellation);
        current.Stand(() => elector.Silence);
        // Whether it leads or not, and whether or not the tenants' way opens.
        var opening = access.OpenAsync(client, cancellation);
        while (true)
        {
            using var standing = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var giving = GiveWayAsync(standing);
            await elector.RunAsync(term => LeadUntilLostAsync(term, webhook, client), standing.Token);
            await giving;
            if (cancellation.IsCancellationRequested) break;
            await Task.Delay(3 * LeaseDuration, clock, cancellation);
        }

        await opening;
    }

    // Who leads and has never read the chain lets others try, who may: long enough after that what is paid for no more stands still.
    private async Task GiveWayAsync(CancellationTokenSource standing)
    {
        try
        {
            while (!current.IsChainRead)
            {
                await Task.Delay(ChainlessTerm, clock, standing.Token);
                if (current is not { IsChainRead: false, IsLeading: true }) continue;
                log.LogWarning("The chain has not been read in {Minutes} min of leading: another replica may", ChainlessTerm.TotalMinutes);
                await standing.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // It stands no more.
        }
    }

    // A lost term ends in whatever its loops were at; the process stands for the next one.
    private async Task LeadUntilLostAsync(LeadershipTerm term, WebhookService webhook, KubernetesClient client)
    {
        try
        {
            await webhook.WhileRegisteredAsync(client.WithFence(term), () => LeadAsync(term), term.LeadershipLost);
        }
        catch (Exception error) when (term.LeadershipLost.IsCancellationRequested)
        {
            log.LogInformation("Term {Epoch} is over: {Error}", term.Epoch, error.Message);
        }
    }

    private async Task LeadAsync(LeadershipTerm term)
    {
        log.LogInformation("Leading, term {Epoch}.", term.Epoch);
        var adapter = new ClusterAdapter(Cluster(term), services.GetRequiredService<IHasher>(), clock, logs);
        services.GetRequiredService<SendFence>().BeginTerm(() => term.IsLeader);
        await using var leading = new OperatorTerm(adapter, services, options);
        await adapter.StartAsync(term.LeadershipLost);
        current.Set(leading);
        try
        {
            await leading.RunAsync(term.LeadershipLost);
        }
        finally
        {
            current.Set(null);
        }
    }

    private ClusterOptions Cluster(LeadershipTerm term) => new()
    {
        Chain = new ChainIdentity(options.Chain.ChainId, services.GetRequiredService<ContractAddresses>().LeaseManager.ToString()),
        DatacenterName = options.Datacenter,
        KubeConfig = options.Kubeconfig is { Length: > 0 } path ? path : null,
        OperatorNamespace = options.Namespace,
        Network = new NetworkRules(options.DeniedCidrs, []),
        Resolvers = [.. options.Resolvers.Select(IPEndPoint.Parse).Select(r => r.Port == 0 ? new IPEndPoint(r.Address, DnsPort) : r)],
        ExportImage = options.Export.Image,
        Probe = options.Isolation.ProbeImage is { Length: > 0 } image ? new ProbeOptions(image, options.Isolation.ProbeNamespace) : null,
        InstallDefinitions = options.InstallCrds,
        Fence = term,
        Term = term.Epoch,
    };
}
