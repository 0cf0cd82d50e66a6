using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Contract = Federation.Chain.Bindings;

namespace Federation.Chain.Mapping;

/// <summary>Leases, their terms and receipts between the domain and the contracts.</summary>
public static class LeaseMapping
{
    /// <exception cref="FormatException">An address or hash that is none.</exception>
    /// <exception cref="OverflowException">A negative time.</exception>
    public static Contract.Terms ToContract(this LeaseTerms value) => new()
    {
        Tenant = Address.Parse(value.Tenant),
        Provider = Address.Parse(value.Provider),
        Token = Address.Parse(value.Token),
        SpecHash = Bytes32.Parse(value.SpecHash),
        Resources = value.Resources.ToContract(),
        Prices = value.Prices.ToContract(),
        MinCharge = value.MinCharge,
        DurationSeconds = value.DurationSeconds,
        NoticeSeconds = value.NoticeSeconds,
        SubmitSeconds = value.SubmitSeconds,
        ActivateBy = checked((ulong)value.ActivateBy),
    };

    public static LeaseTerms ToDomain(this Contract.Terms value) => new(
        value.Tenant.ToString(),
        value.Provider.ToString(),
        value.Token.ToString(),
        value.SpecHash.ToString(),
        value.Resources.ToDomain(),
        value.Prices.ToDomain(),
        value.MinCharge,
        value.DurationSeconds,
        value.NoticeSeconds,
        value.SubmitSeconds,
        (long)value.ActivateBy);

    /// <summary>What the contract stores of the terms: <c>keccak256(abi.encode(terms))</c>.</summary>
    public static Bytes32 Hash(this Contract.Terms terms) => Keccak256.Hash(AbiEncoder.Encode(Contract.Terms.AbiType, terms));

    /// <param name="terms">The terms that the lease is believed to have; null when they are not known.</param>
    /// <exception cref="InvalidDataException">A state or reason that this version of the domain does not know.</exception>
    public static ChainLease ToDomain(this Contract.Lease value, LeaseTerms? terms)
    {
        var (state, reason) = ((LeaseState)value.State, (CloseReason)value.Reason);
        if (!Enum.IsDefined(state) || !Enum.IsDefined(reason))
            throw new InvalidDataException($"The contract answered with lease state {value.State}, reason {value.Reason}, which are not known here.");
        if (state == LeaseState.None) return ChainLease.Unknown;
        return new ChainLease(
            state,
            reason,
            value.Escrow,
            value.Paid,
            value.Seq,
            (long)value.ActivatedAt,
            (long)value.Through,
            (long)value.EndsAt,
            terms is null || Matches(terms, value.TermsHash));
    }

    public static Contract.UsageReceipt ToContract(this Receipt value) => new()
    {
        LeaseId = value.Id.ToContract(),
        Seq = value.Seq,
        Through = checked((ulong)value.Through),
        Usage = value.Usage.ToContract(),
        EvidenceRoot = Bytes32.Parse(value.EvidenceRoot),
        IsFinal = value.IsFinal,
    };

    public static Receipt ToDomain(this Contract.UsageReceipt value) => new(
        value.LeaseId.ToLeaseId(), value.Seq, (long)value.Through, value.Usage.ToDomain(), value.EvidenceRoot.ToString(), value.IsFinal);

    public static Bytes32 ToContract(this LeaseId id) => Bytes32.Parse(id.Hex);

    public static LeaseId ToLeaseId(this Bytes32 id) => LeaseId.Parse(id.ToString());

    /// <summary><c>keccak256(abi.encode(requestHash, fillIndex))</c>: the same after a reorg.</summary>
    public static Bytes32 LeaseIdOf(Bytes32 requestHash, uint fillIndex) =>
        Keccak256.Hash(AbiEncoder.Encode([AbiType.Parse("bytes32"), AbiType.Parse("uint32")], [requestHash, fillIndex]));

    // Terms that somebody edited by hand may not even encode: they do not match then.
    private static bool Matches(LeaseTerms terms, Bytes32 stored)
    {
        try
        {
            return terms.ToContract().Hash() == stored;
        }
        catch (Exception e) when (e is FormatException or OverflowException or AbiException)
        {
            return false;
        }
    }
}
