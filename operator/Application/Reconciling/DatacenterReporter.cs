using Federation.Application.Holding;
using Federation.Application.Isolating;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Usage;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Reconciling;

/// <summary>Keeps the Datacenter's status true: what the operator knows of the chain, and whether it can work.</summary>
/// <param name="endpointFault">Why tenants cannot reach this operator at the endpoint that the Datacenter names; null when nothing speaks against it.</param>
/// <param name="sender">Null where nothing is sent.</param>
/// <param name="metrics">What the status counts is shown there as well.</param>
/// <param name="isScraped">Whether anybody reads the operator's metrics; null from it: that cannot be told yet.</param>
public sealed class DatacenterReporter(
    IDatacenterStore datacenters,
    IRegistryReader registry,
    CapacityReader capacities,
    IHoldStore holds,
    ILeaseStore leases,
    OperatorHealth health,
    NetworkWatch network,
    EarningsReader earnings,
    TimeProvider clock,
    ILogger<DatacenterReporter> log,
    Func<Uri, string?>? endpointFault = null,
    ISenderAccount? sender = null,
    DatacenterMetrics? metrics = null,
    Func<bool?>? isScraped = null)
{
    private const string Valid = "Valid";

    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        try
        {
            await Periodic.RunAsync(interval, clock, PassAsync, error => log.LogWarning("The Datacenter's status could not be written: {Error}", error.Message), cancellation);
        }
        finally
        {
            metrics?.Clear();
        }
    }

    /// <summary>Holds that have ended go, then the status is written; each only when there is something to write.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        if (sender is not null) health.SenderSeen(await sender.ReadAsync(cancellation));
        // Asked of the cluster: what a leader before this one wrote last, nobody here remembers.
        var (view, unreadable) = await ReadCapacityAsync(cancellation);
        // A quote in between has dropped them with its own write; if not, the next pass does.
        if (view is { HasEnded: true }) await holds.TryWriteAsync(view.Stored, view.Kept, cancellation);
        // Whatever becomes of the status: what is counted is no less true without it.
        metrics?.Seen(await leases.ListAsync(cancellation), view is { Book.IsStorageRead: true } ? view.Book.Classes() : null);
        if (await ReadAsync(cancellation) is not { } datacenter) return;
        // Drawn before the object was read, it tells of no storage that there is.
        if (view is { Book.IsStorageRead: false }) view = null;
        var report = Report(datacenter, unreadable, await ReadRegistryAsync(datacenter.Spec, cancellation), await ReadEarningsAsync(datacenter, cancellation));
        LeaseCondition?[] further = [Routed(datacenter, view), Stored(datacenter, view), Found(datacenter, view), Served(datacenter.Spec), OutageRules.Judge(await leases.ListAsync(cancellation), isKnown: health.Head is not null), Kept(), Metered(datacenter), Scraped(datacenter)];
        await datacenters.WriteStatusAsync(datacenter, report with { Capacity = view?.Book.Classes(), Conditions = [.. report.Conditions, .. further.OfType<LeaseCondition>()] }, cancellation);
    }

    // What nobody but a person can mend is said; the rest of the status stays true meanwhile.
    private async Task<(CapacityView? View, ClusterException? Unreadable)> ReadCapacityAsync(CancellationToken cancellation)
    {
        try
        {
            return (await capacities.ReadAsync(fresh: true, cancellation), null);
        }
        catch (ClusterException error) when (!error.IsTransient)
        {
            return (null, error);
        }
    }

    private async Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            return await datacenters.ReadAsync(cancellation);
        }
        catch (ClusterException error) when (error.Reason == IDatacenterStore.Invalid)
        {
            const string GoesOn = "Leases that run go on by what it last said; no new ones are taken.";
            LeaseCondition[] conditions = [new(Valid, ConditionStatus.False, error.Reason, error.Message), new("Ready", ConditionStatus.False, error.Reason, $"{GoesOn} See {Valid}.")];
            await datacenters.WriteInvalidAsync(conditions, cancellation);
            return null;
        }
    }

    // Null: unknown now. What cannot be read is said once, by the chain's own condition.
    private async Task<RegistryStanding?> ReadRegistryAsync(DatacenterSpec spec, CancellationToken cancellation)
    {
        if (health.ChainError is not null) return null;
        try
        {
            return await registry.ReadAsync(spec, cancellation);
        }
        catch (LedgerException error)
        {
            log.LogWarning("The registry cannot be read: {Error}", error.Message);
            return null;
        }
    }

    // What cannot be read now is said as it was.
    private async Task<Earnings> ReadEarningsAsync(DatacenterRecord datacenter, CancellationToken cancellation)
    {
        var before = datacenter.Report?.Earnings ?? Earnings.None;
        // Before a picture of this term the matches, which tell the tokens, may not have been read.
        if (health.ChainError is not null || health.Seen is not { Picture.Head: var head }) return before;
        try
        {
            return await earnings.ReadAsync(datacenter, head, cancellation);
        }
        catch (LedgerException error)
        {
            log.LogWarning("What was earned cannot be read: {Error}", error.Message);
            return before;
        }
    }

    private DatacenterReport Report(DatacenterRecord datacenter, ClusterException? unreadable, RegistryStanding? standing, Earnings earned)
    {
        var spec = datacenter.Spec;
        var registered = standing is null
            ? new LeaseCondition("Registered", ConditionStatus.Unknown, "ChainUnavailable", "The registry cannot be read now.")
            : RegistrationRules.Check(spec, standing);
        var enforced = NetworkPolicyRules.Standing(datacenter.NetworkPolicy, network.Found);
        var confined = RuntimeRules.Judge(datacenter.RuntimeProblems);
        var head = health.Head;
        var lag = head is null ? 0 : Math.Max(0, clock.GetUtcNow().ToUnixTimeSeconds() - head.ConfirmedTime);
        LeaseCondition[] conditions =
        [
            new(Valid, ConditionStatus.True, Valid, "The spec is understood."),
            health.ChainError is { } error
                ? new LeaseCondition("ChainReachable", ConditionStatus.False, "ChainUnavailable", error)
                : new LeaseCondition("ChainReachable", ConditionStatus.True, "Reading", "The chain is read at the configured depth."),
            Clock(head),
            registered,
            .. RegistryRules.Compare(spec, standing, head?.ConfirmedTime ?? 0),
            enforced,
            .. health.Sender is { } sending ? SenderRules.Conditions(sending) : [],
            .. confined is null ? Array.Empty<LeaseCondition>() : [confined],
            unreadable is null ? Ready(datacenter, registered, enforced) : new LeaseCondition("Ready", ConditionStatus.False, unreadable.Reason, $"Leases that run go on; no new ones are taken. {unreadable.Message}"),
        ];
        return new DatacenterReport(conditions, head?.Latest ?? 0, head?.Finalized ?? 0, lag, health.Leases, earned) { Registration = standing };
    }

    private LeaseCondition Clock(LedgerHead? head)
    {
        if (head is null) return new LeaseCondition("ClockAgrees", ConditionStatus.Unknown, "ChainUnavailable", "The chain's time is not known.");
        return health.ClockProblem is { } wrong
            ? new LeaseCondition("ClockAgrees", ConditionStatus.False, QuoteReasons.ClockDiffers, wrong)
            : new LeaseCondition("ClockAgrees", ConditionStatus.True, "Agreeing", "This machine's clock and the chain's agree.");
    }

    private static string ConditionOf(string reason) => reason switch
    {
        QuoteReasons.SignerUnavailable => SenderRules.SignerReady,
        QuoteReasons.WalletEmpty => SenderRules.WalletFunded,
        QuoteReasons.JournalUnreadable => SenderRules.JournalReadable,
        QuoteReasons.MetersUnavailable => MeterWatch.Type,
        _ => "ClockAgrees",
    };

    private LeaseCondition? Served(DatacenterSpec spec)
    {
        if (endpointFault is null) return null;
        return endpointFault(new Uri(spec.Endpoint)) is { } fault
            ? new LeaseCondition("EndpointServed", ConditionStatus.False, "TlsDiffers", fault)
            : new LeaseCondition("EndpointServed", ConditionStatus.True, "Serving", "The gateway speaks what spec.endpoint says.");
    }

    private LeaseCondition Kept() => (health.KeepsEvidence, health.EvidenceProblem) switch
    {
        (false, _) => new LeaseCondition(EvidenceRules.Type, ConditionStatus.Unknown, "NotConfigured", "Receipts name roots of evidence that is not kept: in a dispute there is nothing to show. Set Federation:Evidence:Folder to a volume."),
        (true, { } problem) => new LeaseCondition(EvidenceRules.Type, ConditionStatus.False, EvidenceRules.Unkept, $"{problem} No new leases are taken until then; those that run go on."),
        _ => new LeaseCondition(EvidenceRules.Type, ConditionStatus.True, "Keeping", "What was measured is kept until it can no more be disputed."),
    };

    // None where no hostnames are routed; what was said stands while nothing is known.
    private static LeaseCondition? Routed(DatacenterRecord datacenter, CapacityView? view)
    {
        if (datacenter.Spec.Ingress is null) return null;
        if (view?.Ingress is not { } offer) return datacenter.Report?.Conditions.FirstOrDefault(c => c.Type == "HostnamesRouted");
        return offer.Problem is { } problem
            ? new LeaseCondition("HostnamesRouted", ConditionStatus.False, "GatewayApiMissing", problem)
            : new LeaseCondition("HostnamesRouted", ConditionStatus.True, "Routing", "Hostnames of leases are routed as spec.ingress says.");
    }

    // What was said stands while nobody has looked.
    private LeaseCondition? Metered(DatacenterRecord datacenter) =>
        health.Meters is { } standing ? MeterWatch.Judge(standing) : datacenter.Report?.Conditions.FirstOrDefault(c => c.Type == MeterWatch.Type);

    // What was said stands while a process that has just begun cannot tell.
    private LeaseCondition? Scraped(DatacenterRecord datacenter)
    {
        if (isScraped is null) return null;
        return isScraped() is { } known ? ScrapeRules.Judge(known) : datacenter.Report?.Conditions.FirstOrDefault(c => c.Type == ScrapeRules.Type);
    }

    // What was said stands while nothing is known.
    private static LeaseCondition? Stored(DatacenterRecord datacenter, CapacityView? view) =>
        view?.Book.Classes().FirstOrDefault(c => c.Class == ClassCapacity.Storage) is { } storage
            ? StorageRules.Judge(datacenter.Spec.StorageMiB, storage, datacenter.RetainingClass)
            : datacenter.Report?.Conditions.FirstOrDefault(c => c.Type == StorageRules.Type);

    // What was said stands while nothing is known.
    private static LeaseCondition? Found(DatacenterRecord datacenter, CapacityView? view) => view is null
        ? datacenter.Report?.Conditions.FirstOrDefault(c => c.Type == GpuRules.Type)
        : GpuRules.Judge(datacenter.Spec.Prices.Gpu.Keys, view.Book.Classes());

    private LeaseCondition Ready(DatacenterRecord datacenter, LeaseCondition registered, LeaseCondition enforced)
    {
        var spec = datacenter.Spec;
        if (health.ChainError is { } cause)
            return new LeaseCondition("Ready", ConditionStatus.False, "ChainUnavailable", $"Workloads go on; nothing is opened or ended. {cause}");
        if (RegistrationRules.StopsWork(registered)) return registered with { Type = "Ready" };
        return spec.Intake switch
        {
            Intake.Paused => new LeaseCondition("Ready", ConditionStatus.True, "Paused", "Leases are reconciled; no new ones are taken until spec.intake is Open."),
            Intake.Draining => new LeaseCondition("Ready", ConditionStatus.True, "Draining", "No new leases are taken; those that run have notice and are served through it."),
            _ when health.Refusal is { } why =>
                new LeaseCondition("Ready", ConditionStatus.True, why.Reason, $"Leases are reconciled; no new ones are taken: see {ConditionOf(why.Reason)}."),
            _ when health.EvidenceProblem is not null =>
                new LeaseCondition("Ready", ConditionStatus.True, EvidenceRules.Unkept, $"Leases are reconciled; no new ones are taken: see {EvidenceRules.Type}."),
            _ when NetworkPolicyRules.Refuses(enforced, spec.UnenforcedNetworkPolicy) =>
                new LeaseCondition("Ready", ConditionStatus.True, QuoteReasons.NetworkNotIsolated, $"Leases are reconciled; no new ones are taken: see {enforced.Type}."),
            _ when datacenter.RuntimeProblems.GetValueOrDefault(spec.RuntimeClass) is { } problem =>
                new LeaseCondition("Ready", ConditionStatus.True, problem.Reason, $"Leases are reconciled; no new ones are taken: see {RuntimeRules.Type}."),
            _ => new LeaseCondition("Ready", ConditionStatus.True, "Serving", "Leases are reconciled."),
        };
    }
}
