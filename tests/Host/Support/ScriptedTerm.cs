using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;

namespace Federation.Host.Tests.Support;

/// <summary>A term whose answers the test writes.</summary>
internal sealed class ScriptedTerm : ILeadingTerm, IQuoter, IAmender, IDatacenterStore
{
    public static QuoteResult Answer { get; } = QuoteResult.Refuse("Scripted", "From the leading term.");

    public bool HasSynced { get; set; } = true;

    public TimeSpan Silence { get; set; }

    public List<DatacenterReport> Written { get; } = [];

    public DatacenterRecord? Datacenter { get; set; }

    public IQuoter Quoter => this;

    public IAmender Amender => this;

    public IRecordDesk Records => throw new NotSupportedException();

    public ISignInDesk SignIns => throw new NotSupportedException();

    public IDatacenterStore Datacenters => this;

    public Task<QuoteResult> QuoteAsync(QuoteDemand demand, CancellationToken cancellation) => Task.FromResult(Answer);

    public Task<AmendmentResult> AmendAsync(AmendmentDemand demand, CancellationToken cancellation) => Task.FromResult(new AmendmentResult(null, Answer.Reason, Answer.Message));

    public Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation) => Task.FromResult(Datacenter);

    public Task WriteInvalidAsync(IReadOnlyList<LeaseCondition> conditions, CancellationToken cancellation) => Task.CompletedTask;

    public Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation)
    {
        Written.Add(report);
        return Task.CompletedTask;
    }
}
