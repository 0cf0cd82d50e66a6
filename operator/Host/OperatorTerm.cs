using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Bidding;
using Federation.Application.Handing;
using Federation.Application.Holding;
using Federation.Application.Hostnames;
using Federation.Application.Isolating;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Application.Watching;
using Federation.Chain.Sending;
using Federation.Cluster;
using Federation.Domain.Leases;
using Federation.Host.Options;
using Federation.Host.Serving;
using Federation.Metrics.Exposition;

namespace Federation.Host;

/// <summary>One term of leadership: the cluster's adapter behind the term's fence, and the loops on it.</summary>
internal sealed class OperatorTerm : ILeadingTerm, IAsyncDisposable
{
    private static readonly TimeSpan SendInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookBackInterval = TimeSpan.FromSeconds(10);
    // Windows for bids are at least a minute long.
    private static readonly TimeSpan BidInterval = TimeSpan.FromSeconds(2);
    // What is held changes with every quote: it is told at most this often, and only when it differs.
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(15);

    // Leases that are looked at at once: those that close a window meanwhile are read from the store together.
    private const int Workers = 32;

    private readonly TimeProvider clock;
    private readonly ClusterAdapter cluster;
    private readonly OperatorLoop loop;
    private readonly DatacenterReporter reporter;
    private readonly NetworkWatch network;
    private readonly MeterWatch meters;
    private readonly SpoolReporter? spools;
    private readonly OrphanSweep sweep;
    private readonly Settler settler;
    private readonly TransactionSender sender;
    private readonly OperatorHealth health;
    private readonly IntentOutbox outbox;
    private readonly HeldOffers offers;
    private readonly ImagePinner images;
    private readonly ProofSearch proofs;
    private readonly Bidder bidder;
    private readonly EvidenceKeeper evidence;
    private readonly ReceiptBook receipts;

    public OperatorTerm(ClusterAdapter cluster, IServiceProvider services, OperatorOptions options)
    {
        var logs = services.GetRequiredService<ILoggerFactory>();
        var live = services.GetRequiredService<LiveOptions>();
        clock = services.GetRequiredService<TimeProvider>();
        var hasher = services.GetRequiredService<IHasher>();
        (health, sender) = (services.GetRequiredService<OperatorHealth>(), services.GetRequiredService<TransactionSender>());
        outbox = services.GetRequiredService<IntentOutbox>();
        evidence = services.GetRequiredService<EvidenceKeeper>();
        receipts = new ReceiptBook(services.GetRequiredService<LeasePolicy>());
        Records = new RecordDesk(services.GetRequiredService<IReaderProof>(), services.GetRequiredService<IReceiptSigner>(), receipts, services.GetService<IEvidenceShelf>(), health);
        SignIns = new SignInDesk(services.GetRequiredService<ISignInWords>(), cluster.Leases, cluster.Datacenter, options.Chain.ChainId, options.Access.CredentialLife, clock);
        var calls = new WindowCalls();
        var windows = new WindowReader(services.GetRequiredService<IUsageSource>(), hasher, services.GetRequiredService<UsageMetrics>(), evidence, services.GetRequiredService<IGpuBusySource>(), calls);
        health.BeginTerm();
        outbox.BeginTerm();
        var capacities = new CapacityReader(cluster.Workloads, cluster.Leases, cluster.Holds, health, hasher, options.Quotes.Limits, clock, services.GetRequiredService<ILeaseLedger>());
        var results = new ResultReader(services.GetRequiredService<IResultLedger>(), hasher, outbox);
        images = new ImagePinner(cluster.Images, clock, logs.CreateLogger<ImagePinner>());
        proofs = new ProofSearch(cluster.NameService, clock, logs.CreateLogger<ProofSearch>());
        var exports = new ExportReader(services.GetRequiredService<IExportSigner>(), logs.CreateLogger<ExportReader>());
        var gatherer = new LeaseGatherer(cluster.Workloads, capacities, hasher, windows, results, images, new HostnameWatch(proofs, cluster.Leases, clock), exports, outbox, services.GetRequiredService<LeasePolicy>(), health,
            new MeterResumption(services.GetRequiredService<ISettlements>(), evidence, hasher));
        var reconciler = new LeaseReconciler(gatherer, cluster.Workloads, cluster.Leases, outbox, logs.CreateLogger<LeaseReconciler>(), receipts);
        var addresses = options.Chain.Addresses();
        var watching = new WatcherOptions(options.Chain.ChainId, addresses.LeaseManager.ToString(), addresses.BlockNumber) { Token = addresses.Token?.ToString() ?? "" };
        var watcher = new ChainWatcher(services.GetRequiredService<ILeaseLedger>(), services.GetRequiredService<ILeaseActivity>(), cluster.Leases, cluster.Cursor, watching, clock, logs.CreateLogger<ChainWatcher>());
        this.cluster = cluster;
        settler = services.GetRequiredService<Settler>();
        loop = new OperatorLoop(watcher, cluster.Leases, reconciler, new LeaseAgenda(clock), health, new LoopOptions(options.Times.Poll, Workers), clock, logs.CreateLogger<OperatorLoop>(), services.GetRequiredService<ILedgerNodes>(), services.GetService<IHeadHints>());
        network = new NetworkWatch(cluster.NetworkProbe, options.Isolation.ProbeInterval, clock, logs.CreateLogger<NetworkWatch>());
        meters = new MeterWatch(services.GetRequiredService<IMeterProbe>(), health, options.Prometheus.PauseAfter, options.Spool.Urls.Length > 0, clock, logs.CreateLogger<MeterWatch>());
        spools = services.GetService<ISpoolProbe>() is { } probe ? new SpoolReporter(probe, services.GetRequiredService<SpoolMetrics>(), clock, logs.CreateLogger<SpoolReporter>()) : null;
        var scrapes = services.GetRequiredService<ScrapeWatch>();
        reporter = new DatacenterReporter(
            cluster.Datacenter, services.GetRequiredService<IRegistryReader>(), capacities, cluster.Holds, cluster.Leases, health, network,
            new EarningsReader(services.GetRequiredService<IEarningsLedger>(), watching), clock, logs.CreateLogger<DatacenterReporter>(),
            endpoint => GatewayTls.FaultOf(endpoint, options, services.GetService<ServingCertificate>()), services.GetRequiredService<ISenderAccount>(), services.GetRequiredService<DatacenterMetrics>(),
            () => scrapes.IsScraped(ScrapeRules.Patience));
        sweep = new OrphanSweep(services.GetRequiredService<ILeaseLedger>(), cluster.Spaces, cluster.Workloads, health, clock, logs.CreateLogger<OrphanSweep>());
        outbox.IntentMined += loop.Wake;
        outbox.IntentRefused += loop.Wake;
        outbox.SignatureRefused += receipts.Refuse;
        receipts.Countersigned += loop.Wake;
        calls.Called += loop.Wake;
        images.Answered += loop.Wake;
        proofs.Answered += loop.Wake;
        offers = new HeldOffers(capacities, cluster.Holds, services.GetRequiredService<IOfferSigner>(), hasher, live.Holds);
        var pricer = new Pricer(capacities, services.GetRequiredService<IPriceHook>(), logs.CreateLogger<Pricer>());
        var maker = new OfferMaker(cluster.Datacenter, services.GetRequiredService<IMarketReader>(), pricer, hasher, clock);
        bidder = BidderOf(services, maker, capacities, addresses.BlockNumber, logs);
        Quoter = new Quoter(maker, services.GetRequiredService<IPayers>(), offers, clock, services.GetRequiredService<QuoteMetrics>());
        Amender = new Amender(
            maker, services.GetRequiredService<IMarketReader>(), services.GetRequiredService<IPayers>(), cluster.Leases, cluster.Workloads,
            new HeldAmendments(capacities, cluster.Holds, services.GetRequiredService<IAmendmentSigner>(), live.Holds), calls, services.GetRequiredService<LeasePolicy>(), health, hasher, clock);
    }

    public IQuoter Quoter { get; }

    public IAmender Amender { get; }

    public IRecordDesk Records { get; }

    public ISignInDesk SignIns { get; }

    public IDatacenterStore Datacenters => cluster.Datacenter;

    public bool HasSynced => cluster.HasSynced;

    public TimeSpan Silence => cluster.Silence;

    /// <summary>Runs until the term is over; the first loop that ends takes the others with it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        sender.BeginTerm(new SendingTerm(cluster.Journal, () => health.Head?.Finalized ?? 0), together.Token);
        Task[] loops =
        [
            sender.RunAsync(LookBackInterval, together.Token),
            loop.RunAsync(together.Token),
            settler.RunAsync(SendInterval, together.Token),
            reporter.RunAsync(ReportInterval, together.Token),
            network.RunAsync(together.Token),
            meters.RunAsync(together.Token),
            .. spools is null ? Array.Empty<Task>() : [spools.RunAsync(together.Token)],
            sweep.RunAsync(SweepInterval, together.Token),
            bidder.RunAsync(BidInterval, together.Token),
            evidence.RunAsync(clock, together.Token),
            WakeAsync(together.Token),
            HeapKeeper.RunAsync(clock, together.Token),
        ];
        await Task.WhenAny(loops);
        await together.CancelAsync();
        await Task.WhenAll(loops);
    }

    public async ValueTask DisposeAsync()
    {
        outbox.IntentMined -= loop.Wake;
        outbox.IntentRefused -= loop.Wake;
        outbox.SignatureRefused -= receipts.Refuse;
        images.Answered -= loop.Wake;
        images.Dispose();
        proofs.Answered -= loop.Wake;
        proofs.Dispose();
        loop.Dispose();
        bidder.Forget();
        offers.Dispose();
        await cluster.DisposeAsync();
    }

    private Bidder BidderOf(IServiceProvider services, OfferMaker maker, CapacityReader capacities, ulong startBlock, ILoggerFactory logs)
    {
        var (clock, ledger) = (services.GetRequiredService<TimeProvider>(), services.GetRequiredService<IPostLedger>());
        var book = new PostBook(ledger, startBlock, clock, logs.CreateLogger<PostBook>());
        return new Bidder(
            book, ledger, services.GetRequiredService<IBidReader>(), maker, offers, new BidHolds(capacities, cluster.Holds, ledger), outbox, cluster.Datacenter,
            services.GetRequiredService<OperatorHealth>(), services.GetRequiredService<BidMetrics>(), clock, logs.CreateLogger<Bidder>());
    }

    private async Task WakeAsync(CancellationToken cancellation)
    {
        await foreach (var id in cluster.ChangesAsync(cancellation)) loop.Wake(id);
    }
}
