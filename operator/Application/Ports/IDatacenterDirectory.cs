using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Application.Ports;

/// <summary>All datacenters that there are, by the registry.</summary>
public interface IDatacenterDirectory
{
    /// <param name="token">That stake is counted in.</param>
    /// <param name="auditor">Whose word on capabilities counts; empty: the datacenters' own.</param>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<IReadOnlyList<Candidate>> ReadAsync(string token, string auditor, CancellationToken cancellation);
}

/// <summary>Where one datacenter's gateway is, by the registry.</summary>
public interface IGatewayDirectory
{
    /// <returns>As its entry says it, at most 512 characters; null where the registry has no such datacenter, or none that can be read.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<string?> EndpointOfAsync(string provider, CancellationToken cancellation);
}

/// <summary>The terms of leases, out of the chain's logs: the contract stores their hash only.</summary>
public interface ILeaseTermsReader
{
    /// <returns>The last ones that the blocks tell of; null when they tell of none.</returns>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<LeaseTerms?> ReadAsync(LeaseId lease, ulong fromBlock, ulong toBlock, CancellationToken cancellation);
}

/// <summary>The datacenters' gateways. What cannot be asked is an answer too: no method throws for a gateway's sake.</summary>
public interface IQuoteDesk
{
    /// <param name="endpoint">As the registry has it.</param>
    Task<DeskAnswer<SignedOffer>> QuoteAsync(string endpoint, PreparedOrder order, CancellationToken cancellation);

    Task<DeskAnswer<SignedAmendment>> AmendAsync(string endpoint, PreparedOrder order, CancellationToken cancellation);
}

/// <param name="Reason">CamelCase; empty when there is an answer.</param>
public sealed record DeskAnswer<T>(T? Answer, string Reason, string Message)
    where T : class;
