using Federation.Application.Ports;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Signing;

/// <summary>
/// Signs amendments of leases: the provider's operator key, and a tenant's that somebody else sends it for. The tenant checks
/// with <see cref="FaultOf"/> what it is about to sign or send.
/// </summary>
public sealed class AmendmentSigner(ISigner signer, LeaseDomain domain) : IAmendmentSigner
{
    /// <inheritdoc/>
    public async Task<string> SignAsync(AmendmentTerms amendment, CancellationToken cancellation) =>
        (await signer.SignTypedDataAsync(domain.Typed(amendment.ToContract()), cancellation)).ToString();

    /// <summary>
    /// Why an amendment is not what was asked for; null when it is, and signed by the operator key. The usage in it is the
    /// provider's word as in any receipt, but is paid at once: compare it with the lease's status.
    /// </summary>
    /// <param name="terms">Those that the lease has.</param>
    /// <param name="asked">What the lease was to become.</param>
    /// <param name="operatorKey">As the registry names it for the provider.</param>
    public static string? FaultOf(LeaseDomain domain, SignedAmendment amendment, LeaseId lease, LeaseTerms terms, RequestTerms asked, Address operatorKey)
    {
        var (old, next) = (amendment.Terms.Old, amendment.Terms.New);
        if (amendment.Terms.LeaseId != lease.Hex || old != terms) return $"The amendment is not for lease {lease} as it is.";
        if (next.SpecHash != asked.SpecHash || next.Resources != asked.Resources || next.DurationSeconds != asked.DurationSeconds)
            return "Spec hash, resources or term are not those that were asked for.";
        if (next.NoticeSeconds < asked.MinNoticeSeconds || next.NoticeSeconds > asked.MaxNoticeSeconds)
            return $"The notice is {next.NoticeSeconds} s, {asked.MinNoticeSeconds} to {asked.MaxNoticeSeconds} s were asked for.";
        if (!IsAtMost(next.Prices, asked.MaxPrices)) return "A price is above the maximum.";
        if (next.Parameters.Slice < old.Parameters.Slice || next.Parameters.Penalty < old.Parameters.Penalty) return "Less of the provider's stake would stand for the lease.";
        if (Fixed(next) != Fixed(old)) return "More would change than was asked for.";
        return IsSigned(domain, amendment, operatorKey) ? null : $"The amendment is not signed by {operatorKey}, the operator key of {old.Provider}.";
    }

    private static bool IsAtMost(Prices prices, Prices most) =>
        prices.Cpu <= most.Cpu && prices.Memory <= most.Memory && prices.Storage <= most.Storage
        && prices.Egress <= most.Egress && prices.GpuA <= most.GpuA && prices.GpuB <= most.GpuB;

    private static LeaseTerms Fixed(LeaseTerms terms) => terms with
    {
        SpecHash = "", Resources = Resources.None, Prices = Prices.Zero, DurationSeconds = 0, NoticeSeconds = 0, Parameters = terms.Parameters with { Slice = 0, Penalty = 0 },
    };

    private static bool IsSigned(LeaseDomain domain, SignedAmendment amendment, Address operatorKey)
    {
        try
        {
            return Recovery.IsSignedBy(domain.Typed(amendment.Terms.ToContract()).Digest(), Signature.Parse(amendment.Signature), operatorKey);
        }
        catch (Exception e) when (e is FormatException or SignatureException or OverflowException or Ethereum.Abi.AbiException)
        {
            return false;
        }
    }
}
