using System.Numerics;
using Federation.Chain.Bindings.DisputeManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Chain.Ledger;

/// <summary>A dispute's calls, as commands of <c>cast</c>.</summary>
public static class DisputeCommands
{
    /// <summary>The tenant's, or its session key's: that is what was used. The bond is taken from the Vault's balance, or from what was approved for it.</summary>
    /// <param name="maxBond">Refused when it would be more, smallest units.</param>
    public static string Open(ContractAddresses contracts, LeaseId lease, LeaseTerms terms, UsageVector counter, uint downSeconds, BigInteger maxBond) => CastCommand.Of(contracts.Disputes, new OpenFunction
    {
        LeaseId = lease.ToContract(), Terms = terms.ToContract(), Counter = counter.ToContract(), DownSeconds = downSeconds, Evidence = default, MaxBond = maxBond, Funding = Accounts.Funding.Allowance,
    });

    /// <summary>The arbiter's: so much of the gap is the provider's, smallest units.</summary>
    public static string Rule(ContractAddresses contracts, BigInteger dispute, LeaseTerms terms, BigInteger toProvider) =>
        CastCommand.Of(contracts.Disputes, new RuleFunction { Dispute = dispute, Terms = terms.ToContract(), ToProvider = toProvider });
}
