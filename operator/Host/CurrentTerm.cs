using Federation.Application.Amending;
using Federation.Application.Ports;
using Federation.Application.Quoting;

namespace Federation.Host;

/// <summary>The term that this process leads now, for those who ask from outside: the gateway and readiness.</summary>
internal sealed class CurrentTerm : IQuoter, IAmender, IDatacenterStore
{
    private const string NotLeading = "NotLeading";
    private const string AskAgain = "This replica does not lead now; ask again in some seconds.";

    private volatile ILeadingTerm? term;

    /// <summary>Of the term's watches; zero without a term: then there are none.</summary>
    public TimeSpan Silence => term?.Silence ?? TimeSpan.Zero;

    public bool IsReady => term is { HasSynced: true };

    public void Set(ILeadingTerm? next) => term = next;

    public Task<QuoteResult> QuoteAsync(QuoteDemand demand, CancellationToken cancellation) => term is { } leading
        ? leading.Quoter.QuoteAsync(demand, cancellation)
        : Task.FromResult(QuoteResult.Refuse(NotLeading, AskAgain));

    public Task<AmendmentResult> AmendAsync(AmendmentDemand demand, CancellationToken cancellation) => term is { } leading
        ? leading.Amender.AmendAsync(demand, cancellation)
        : Task.FromResult(new AmendmentResult(null, NotLeading, AskAgain));

    public Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation) =>
        term?.Datacenters.ReadAsync(cancellation) ?? Task.FromResult<DatacenterRecord?>(null);

    public Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation) =>
        term?.Datacenters.WriteStatusAsync(seen, report, cancellation) ?? Task.CompletedTask;
}
