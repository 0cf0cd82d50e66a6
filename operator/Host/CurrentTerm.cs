using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Host;

/// <summary>The term that this process leads now, for those who ask from outside: the gateway and readiness.</summary>
internal sealed class CurrentTerm : IQuoter, IAmender, IRecordDesk, IEvidenceDesk, ISignInDesk, IDatacenterStore
{
    private const string AskAgain = "This replica does not lead now; ask again, by a new connection.";

    private volatile ILeadingTerm? term;
    private volatile Func<TimeSpan>? election;

    public bool IsLeading => term is not null;

    /// <summary>Of the term's watches; zero without a term: then there are none.</summary>
    public TimeSpan Silence => term?.Silence ?? TimeSpan.Zero;

    /// <summary>The caches of the term show the cluster as it is.</summary>
    public bool HasSynced => term is { HasSynced: true };

    /// <summary>How long the API server has not answered this candidate; null while it does not stand for election.</summary>
    public TimeSpan? ElectionSilence => election?.Invoke();

    public void Set(ILeadingTerm? next) => term = next;

    /// <summary>This process has read the chain that it is for, once.</summary>
    public bool IsChainRead { get; private set; }

    public void Stand(Func<TimeSpan> silence) => election = silence;

    public void ChainRead() => IsChainRead = true;

    public Task<QuoteResult> QuoteAsync(QuoteDemand demand, CancellationToken cancellation) => term is { } leading
        ? leading.Quoter.QuoteAsync(demand, cancellation)
        : Task.FromResult(QuoteResult.Refuse(QuoteReasons.NotLeading, AskAgain));

    public Task<AmendmentResult> AmendAsync(AmendmentDemand demand, CancellationToken cancellation) => term is { } leading
        ? leading.Amender.AmendAsync(demand, cancellation)
        : Task.FromResult(new AmendmentResult(null, QuoteReasons.NotLeading, AskAgain));

    public Task<SignInResult<SignInTerms>> InviteAsync(CancellationToken cancellation) => term is { } leading
        ? leading.SignIns.InviteAsync(cancellation)
        : Task.FromResult(new SignInResult<SignInTerms>(null, QuoteReasons.NotLeading, AskAgain));

    public Task<SignInResult<SignedIn>> SignInAsync(SignInClaim claim, CancellationToken cancellation) => term is { } leading
        ? leading.SignIns.SignInAsync(claim, cancellation)
        : Task.FromResult(new SignInResult<SignedIn>(null, QuoteReasons.NotLeading, AskAgain));

    public IEvidenceDesk Evidence => this;

    public Task<Handed<SignedReceipt>> ReceiptAsync(LeaseId lease, ReaderClaim claim, CancellationToken cancellation) =>
        AskAsync(desk => desk.ReceiptAsync(lease, claim, cancellation));

    public Task<Handed<SignedReceipt>> CountersignAsync(LeaseId lease, string digest, string signature, CancellationToken cancellation) =>
        AskAsync(desk => desk.CountersignAsync(lease, digest, signature, cancellation));

    public Task<Handed<IReadOnlyList<KeptWindow>>> ListAsync(LeaseId lease, ReaderClaim claim, CancellationToken cancellation) =>
        AskAsync(desk => desk.Evidence.ListAsync(lease, claim, cancellation));

    public Task<Handed<Stream>> OpenAsync(LeaseId lease, string window, ReaderClaim claim, CancellationToken cancellation) =>
        AskAsync(desk => desk.Evidence.OpenAsync(lease, window, claim, cancellation));

    private Task<Handed<T>> AskAsync<T>(Func<IRecordDesk, Task<Handed<T>>> ask)
        where T : class => term is { } leading ? ask(leading.Records) : Task.FromResult(new Handed<T>(null, QuoteReasons.NotLeading, AskAgain));

    public Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation) =>
        term?.Datacenters.ReadAsync(cancellation) ?? Task.FromResult<DatacenterRecord?>(null);

    public Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation) =>
        term?.Datacenters.WriteStatusAsync(seen, report, cancellation) ?? Task.CompletedTask;

    public Task WriteInvalidAsync(IReadOnlyList<LeaseCondition> conditions, CancellationToken cancellation) =>
        term?.Datacenters.WriteInvalidAsync(conditions, cancellation) ?? Task.CompletedTask;
}
