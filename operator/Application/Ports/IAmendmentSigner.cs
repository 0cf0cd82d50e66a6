using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Application.Ports;

/// <summary>Signs amendments of running leases with the provider's operator key.</summary>
public interface IAmendmentSigner
{
    /// <returns>0x hex.</returns>
    Task<string> SignAsync(AmendmentTerms amendment, CancellationToken cancellation);
}

/// <summary>New terms for a running lease: what both sides sign. The old ones are settled with the usage that is named here.</summary>
/// <param name="LeaseId">32 bytes, 0x hex.</param>
/// <param name="Nonce">How many amendments by both sides the lease has had: of several that are signed, one comes true.</param>
/// <param name="Seq">Of the receipt that it is as well.</param>
/// <param name="Through">Unix seconds that usage is measured until; what is used later is priced by the new terms.</param>
/// <param name="Usage">Cumulative.</param>
/// <param name="DownSeconds">Cumulative seconds in which the workload should have been ready and was not.</param>
/// <param name="ExpiresAt">Unix seconds; no later block takes it.</param>
public sealed record AmendmentTerms(
    string LeaseId, LeaseTerms Old, LeaseTerms New, uint Nonce, uint Seq, long Through, UsageVector Usage, uint DownSeconds, long ExpiresAt);

/// <param name="Signature">Of the provider's operator key, 0x hex.</param>
public sealed record SignedAmendment(AmendmentTerms Terms, string Signature);
