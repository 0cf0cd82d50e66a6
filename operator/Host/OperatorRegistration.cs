using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Bidding;
using Federation.Application.Handing;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Chain;
using Federation.Domain.Leases;
using Federation.Host.Options;
using Federation.Metrics.Evidence;

namespace Federation.Host;

/// <summary>Puts the rooms together: everything that lives as long as the process. What lives a term is in <see cref="OperatorTerm"/>.</summary>
internal static class OperatorRegistration
{
    public static IServiceCollection AddOperator(this IServiceCollection services, OperatorOptions options, LiveOptions live)
    {
        services.AddChainRoom(options.Chain, live.Sending).AddSingleton(live);
        services.AddSingleton(Policy(options.Times) with
        {
            ExportsVolumes = options.Export.Image.Length > 0,
            SettlePatienceMs = (long)options.Settling.PatienceFor(options.Times).TotalMilliseconds,
        });
        services.AddSingleton<OperatorHealth>();
        services.AddSingleton<SendFence>().AddSingleton<ISendFence>(s => s.GetRequiredService<SendFence>());
        if (options.Evidence.Folder.Length > 0) services.AddSingleton(new FolderEvidence(options.Evidence)).AddSingleton<IEvidenceShelf>(s => s.GetRequiredService<FolderEvidence>());
        if (options.Evidence.Reserve.Length > 0) services.AddSingleton<IEvidenceReserve>(new FolderReserve(options.Evidence.Reserve));
        services.AddSingleton(s => new EvidenceKeeper(
            s.GetRequiredService<IHasher>(), s.GetService<FolderEvidence>(), s.GetRequiredService<OperatorHealth>(),
            s.GetRequiredService<ILogger<EvidenceKeeper>>(), (long)options.Evidence.Patience.TotalMilliseconds, s.GetRequiredService<EvidenceMetrics>(), s.GetService<IEvidenceReserve>()));
        services.AddSingleton<IntentOutbox>();
        services.AddSingleton(live.Settling);
        services.AddSingleton<Settler>();
        services.AddSingleton<BidMetrics>().AddSingleton<QuoteMetrics>().AddSingleton<UsageMetrics>().AddSingleton<EvidenceMetrics>().AddSingleton<DatacenterMetrics>().AddSingleton<SpoolMetrics>();
        services.AddSingleton<CurrentTerm>().AddSingleton<ClusterAccess>().AddSingleton<ReplicaHealth>();
        services.AddSingleton<IQuoter>(s => s.GetRequiredService<CurrentTerm>());
        services.AddSingleton<IAmender>(s => s.GetRequiredService<CurrentTerm>());
        services.AddSingleton<IRecordDesk>(s => s.GetRequiredService<CurrentTerm>());
        services.AddSingleton<ISignInDesk>(s => s.GetRequiredService<CurrentTerm>()).AddSingleton(live.Access);
        services.AddSingleton<IDatacenterStore>(s => s.GetRequiredService<CurrentTerm>());
        services.AddSingleton<OperatorService>().AddHostedService<EvidenceService>();
        return services.AddHostedService(s => s.GetRequiredService<OperatorService>());
    }

    private static LeasePolicy Policy(TimesSection times) => new(
        (long)times.Epoch.TotalMilliseconds,
        (long)times.SettleEvery.TotalMilliseconds,
        (long)times.Retention.TotalMilliseconds,
        (long)times.ScrapeDelay.TotalMilliseconds,
        (long)times.MaxGap.TotalMilliseconds,
        times.Coverage)
    {
        LatenessMs = (long)times.Lateness.TotalMilliseconds,
    };
}
