using Federation.Application.Holding;
using Federation.Application.Hostnames;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Testing;

/// <summary>What the loops that carry leases lean on.</summary>
public sealed record OperatorPorts(
    ILeaseLedger Ledger, ILeaseActivity Activity, ISettlements Settlements, ILeaseTransactions Transactions, IResultLedger Results, ILeaseStore Leases, IWorkloadCluster Workloads,
    ILeaseSpaces? Spaces, ICursorStore Cursor, IHoldStore Holds, IUsageSource Usage, IImageRegistry Images, IHasher Hasher)
{
    /// <summary>Null where there is one node.</summary>
    public ILedgerNodes? Nodes { get; init; }

    public INameRecords Names { get; init; } = new InMemoryNames();

    /// <summary>Null where no evidence is kept.</summary>
    public IEvidenceStore? Evidence { get; init; }

    public IExportSigner Exports { get; init; } = new InMemoryExportSigner();
}

/// <summary>One life of the operator: the real loops on the given ports, moved by hand. A restart is a new one of these.</summary>
public sealed class OperatorLoops
{
    private readonly List<Func<CancellationToken, Task>> passes = [];
    private readonly LeaseAgenda agenda;

    public OperatorLoops(OperatorPorts ports, TimeProvider clock, LeasePolicy policy, WatcherOptions watching, ILoggerFactory? loggers = null)
    {
        var logs = loggers ?? NullLoggerFactory.Instance;
        var outbox = new IntentOutbox(clock);
        (agenda, Health) = (new LeaseAgenda(clock), new OperatorHealth(clock));
        var capacities = new CapacityReader(ports.Workloads, ports.Leases, ports.Holds, Health, ports.Hasher, HoldLimits.Usual, clock, ports.Ledger);
        var evidence = new EvidenceKeeper(ports.Hasher, ports.Evidence);
        var windows = new WindowReader(ports.Usage, ports.Hasher, evidence: evidence);
        var images = new ImagePinner(ports.Images, clock, logs.CreateLogger<ImagePinner>());
        var proofs = new ProofSearch(ports.Names, clock, logs.CreateLogger<ProofSearch>());
        var results = new ResultReader(ports.Results, ports.Hasher, outbox);
        var gather = new LeaseGatherer(ports.Workloads, capacities, ports.Hasher, windows, results, images, new HostnameWatch(proofs, ports.Leases, clock), new ExportReader(ports.Exports, logs.CreateLogger<ExportReader>()), outbox, policy, Health, new MeterResumption(ports.Settlements, evidence, ports.Hasher));
        var reconciler = new LeaseReconciler(gather, ports.Workloads, ports.Leases, outbox, logs.CreateLogger<LeaseReconciler>());
        var watcher = new ChainWatcher(ports.Ledger, ports.Activity, ports.Leases, ports.Cursor, watching, clock, logs.CreateLogger<ChainWatcher>());
        var options = new LoopOptions(TimeSpan.FromSeconds(2), 8);
        var loop = new OperatorLoop(watcher, ports.Leases, reconciler, agenda, Health, options, clock, logs.CreateLogger<OperatorLoop>(), ports.Nodes);
        Wake = loop.Wake;
        outbox.IntentMined += Wake;
        outbox.IntentRefused += Wake;
        images.Answered += Wake;
        proofs.Answered += Wake;
        passes.Add(loop.PassAsync);
        var fence = new SendFence(Health);
        fence.BeginTerm(() => true);
        passes.Add(new Settler(outbox, ports.Transactions, logs.CreateLogger<Settler>(), fence: fence).PassAsync);
        if (ports.Spaces is { } spaces) passes.Add(new OrphanSweep(ports.Ledger, spaces, ports.Workloads, Health, clock, logs.CreateLogger<OrphanSweep>()).PassAsync);
    }

    public OperatorHealth Health { get; }

    /// <summary>No lease is being looked at.</summary>
    public bool IsIdle => agenda.IsIdle;

    /// <summary>The cluster's informers saw something of the lease.</summary>
    public Action<LeaseId> Wake { get; }

    /// <summary>One turn of every loop; looks that wait for an answer go on beside it.</summary>
    public IEnumerable<Task> Step(CancellationToken cancellation) => passes.Select(pass => pass(cancellation));
}
