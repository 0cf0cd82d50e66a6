using System.Diagnostics.Metrics;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Requesting;
using Federation.Application.Settling;
using Federation.Application.Watching;
using Federation.Chain.Sending;
using Federation.Cluster.Requests;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Leadership;

namespace Federation.Host.Tenancy;

/// <summary>Waits for chain and cluster, takes part in the election, and serves ComputeRequests while it leads: one process at a time uses the wallet.</summary>
internal sealed class TenantService(TenantOptions options, IServiceProvider services, IHostApplicationLifetime lifetime, ILogger<TenantService> log) : BackgroundService
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookBackInterval = TimeSpan.FromSeconds(10);

    private readonly TimeProvider clock = services.GetRequiredService<TimeProvider>();
    private readonly OperatorHealth health = services.GetRequiredService<OperatorHealth>();
    private readonly Meter meter = new("Federation.Host");
    private volatile bool isStanding, isLeading;
    private ulong finalized;

    /// <summary>Chain and cluster answer: it leads, or stands for the next term.</summary>
    public bool IsStanding => isStanding;

    /// <summary>0 when the process was asked to stop, 1 when it gave up.</summary>
    public int ExitCode { get; private set; }

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Of another name than a datacenter's: where both are scraped, one would hide that the other is gone.
        meter.CreateObservableGauge("federation_tenant_leading", () => isLeading ? 1 : 0, null, "1 at the tenant's operator that leads, 0 at one that stands by.");
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            log.LogInformation("Wallet {Address}", services.GetRequiredService<ITenantOrders>().Wallet);
            await WaitForChainAsync(stoppingToken);
            await StandAsync(stoppingToken);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            // A wrong chain, a contract without code, a keystore that does not open: waiting mends none of them.
            log.LogCritical("The tenant's operator stops: {Error}", error.Message);
            ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private async Task WaitForChainAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                Seen(await services.GetRequiredService<ILeaseLedger>().ReadHeadAsync(cancellation));
                return;
            }
            catch (LedgerException error) when (services.GetRequiredService<ILedgerNodes>().TryNext(error.Message) || error.IsTransient)
            {
                log.LogWarning("Waiting for the chain: {Error}", error.Message);
                await Task.Delay(Retry, clock, cancellation);
            }
        }
    }

    private async Task StandAsync(CancellationToken cancellation)
    {
        var configuration = KubernetesClientConfiguration.Load(options.Kubeconfig is { Length: > 0 } path ? path : null);
        using var client = new KubernetesClient(configuration, time: clock);
        await new ClusterGate(client, clock, log).EnsureNamespaceAsync(options.Namespace, cancellation);
        var election = new LeaderElectionOptions
        {
            Namespace = options.Namespace, Name = "federation-tenant", Identity = $"{Environment.MachineName}-{Environment.ProcessId}",
            LeaseDuration = OperatorService.LeaseDuration, RenewDeadline = TimeSpan.FromSeconds(7), RetryPeriod = TimeSpan.FromSeconds(1.5),
        };
        isStanding = true;
        var elector = new LeaderElector(client, election, clock, services.GetRequiredService<ILoggerFactory>().CreateLogger<LeaderElector>());
        await elector.RunAsync(term => LeadAsync(term, configuration), cancellation);
    }

    // A lost term ends in whatever it was at; the process stands for the next one.
    private async Task LeadAsync(LeadershipTerm term, KubernetesClientConfiguration configuration)
    {
        log.LogInformation("Serving ComputeRequests {Where}, term {Epoch}.", options.ServesAll ? "of all namespaces" : $"of namespace {options.Watch}", term.Epoch);
        services.GetRequiredService<SendFence>().BeginTerm(() => term.IsLeader);
        using var cluster = new TenantCluster(
            new TenantClusterOptions
            {
                Configuration = configuration, OperatorNamespace = options.Namespace, Watch = options.ServesAll ? null : options.Watch, InstallDefinition = options.InstallCrds,
                Term = term.Epoch, Fence = term,
            },
            clock, services.GetRequiredService<ILoggerFactory>());
        var sender = services.GetRequiredService<TransactionSender>();
        using var together = CancellationTokenSource.CreateLinkedTokenSource(term.LeadershipLost);
        sender.BeginTerm(new SendingTerm(cluster.Journal, () => Volatile.Read(ref finalized)), together.Token);
        Task[] loops = [cluster.RunAsync(services.GetRequiredService<Requester>(), together.Token), sender.RunAsync(LookBackInterval, together.Token), FollowAsync(together.Token)];
        isLeading = true;
        try
        {
            await Task.WhenAny(loops);
            await together.CancelAsync();
            await Task.WhenAll(loops);
        }
        catch (Exception error) when (term.LeadershipLost.IsCancellationRequested)
        {
            log.LogInformation("Term {Epoch} is over: {Error}", term.Epoch, error.Message);
        }
        finally
        {
            isLeading = false;
            services.GetRequiredService<RequestMetrics>().Clear();
        }
    }

    // The fence lets transactions out while the chain is read and believed.
    private void Seen(LedgerHead head)
    {
        Volatile.Write(ref finalized, head.Finalized);
        health.ChainSeen(new ChainPicture(head, new Dictionary<LeaseId, LeaseView>(), []));
    }

    // What is final leaves the journal; a node that does not answer is left for the next one.
    private async Task FollowAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                Seen(await services.GetRequiredService<ILeaseLedger>().ReadHeadAsync(cancellation));
            }
            catch (LedgerException error)
            {
                health.ChainFailed(error.Message);
                services.GetRequiredService<ILedgerNodes>().TryNext(error.Message);
            }

            try
            {
                // For their gauges: who buys by alerts has to see that the wallet's ether or tokens run out.
                await services.GetRequiredService<ISenderAccount>().ReadAsync(cancellation);
                services.GetRequiredService<RequestMetrics>().Has(await services.GetRequiredService<ITenantFunds>().ReadAsync(options.PaidWith, cancellation));
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                // No gauge ends a term.
                log.LogWarning("The wallet's ether and tokens cannot be read: {Error}", error.Message);
            }

            await Task.Delay(LookBackInterval, clock, cancellation);
        }
    }
}
