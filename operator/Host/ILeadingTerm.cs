using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Application.Quoting;

namespace Federation.Host;

/// <summary>What a term of leadership offers to those who ask from outside.</summary>
internal interface ILeadingTerm
{
    IQuoter Quoter { get; }

    IAmender Amender { get; }

    IRecordDesk Records { get; }

    ISignInDesk SignIns { get; }

    IDatacenterStore Datacenters { get; }

    /// <summary>The caches show the cluster as it is.</summary>
    bool HasSynced { get; }

    /// <summary>Longest silence of any watch of the cluster.</summary>
    TimeSpan Silence { get; }
}
