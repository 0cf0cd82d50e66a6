using System.Numerics;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.DisputeManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Accounts;

/// <summary>Disputes over what was claimed and has not matured: for a tenant, a provider or an arbiter with its own key.</summary>
public sealed class DisputeDesk(ContractWriter writer, ContractAddresses contracts)
{
    /// <summary>Says what the lease really used. The gap to what was claimed is frozen as far as it is pending.</summary>
    /// <param name="counter">Cumulative.</param>
    /// <param name="evidence">Content address; all zero: none.</param>
    /// <param name="maxBond">Refused when it would be more, smallest units.</param>
    /// <param name="funding">How the bond comes in; see <see cref="Funding"/>.</param>
    /// <returns>The dispute's number.</returns>
    /// <exception cref="ContractCallException">The contract refused; the message holds its error.</exception>
    public async Task<BigInteger> OpenAsync(
        LeaseId id, LeaseTerms terms, UsageVector counter, uint downSeconds, Bytes32 evidence, BigInteger maxBond, byte[] funding, CancellationToken cancellation)
    {
        var receipt = await writer.CallAsync(contracts.Disputes, new OpenFunction
        {
            LeaseId = id.ToContract(), Terms = terms.ToContract(), Counter = counter.ToContract(), DownSeconds = downSeconds,
            Evidence = evidence, MaxBond = maxBond, Funding = funding,
        }, cancellation);
        return receipt.Logs.Where(l => l.Address == contracts.Disputes).DecodeAllEvents<DisputeOpenedEventDTO>().Single().Event.Dispute;
    }

    /// <summary>The arbiter's word: what of the gap is the provider's, smallest units.</summary>
    public Task RuleAsync(BigInteger dispute, LeaseTerms terms, BigInteger toProvider, CancellationToken cancellation) =>
        writer.CallAsync(contracts.Disputes, new RuleFunction { Dispute = dispute, Terms = terms.ToContract(), ToProvider = toProvider }, cancellation);

    /// <summary>The provider's side: the payer is right.</summary>
    public Task ConcedeAsync(BigInteger dispute, LeaseTerms terms, CancellationToken cancellation) =>
        writer.CallAsync(contracts.Disputes, new ConcedeFunction { Dispute = dispute, Terms = terms.ToContract() }, cancellation);

    /// <summary>Ends a dispute whose arbiter stayed silent; anybody may.</summary>
    public Task DrawAsync(BigInteger dispute, LeaseTerms terms, CancellationToken cancellation) =>
        writer.CallAsync(contracts.Disputes, new DrawFunction { Dispute = dispute, Terms = terms.ToContract() }, cancellation);

    public Task<Dispute> ReadAsync(BigInteger dispute, CancellationToken cancellation) =>
        writer.ReadAsync(contracts.Disputes, new DisputeOfFunction { Dispute = dispute }, cancellation);
}
