using System.Runtime.CompilerServices;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Contract = Federation.Chain.Bindings;

namespace Federation.Chain.Mapping;

/// <summary>Leases, their terms and receipts between the domain and the contracts.</summary>
public static class LeaseMapping
{
    private static readonly ConditionalWeakTable<LeaseTerms, StrongBox<Bytes32?>> Hashes = [];

    /// <exception cref="FormatException">An address or hash that is none.</exception>
    /// <exception cref="OverflowException">A negative time.</exception>
    public static Contract.Terms ToContract(this LeaseTerms value) => new()
    {
        Tenant = Address.Parse(value.Tenant),
        Payer = Address.Parse(value.Payer),
        Provider = Address.Parse(value.Provider),
        Token = Address.Parse(value.Token),
        SpecHash = Bytes32.Parse(value.SpecHash),
        Resources = value.Resources.ToContract(),
        Prices = value.Prices.ToContract(),
        StartFee = value.StartFee,
        MinCharge = value.MinCharge,
        ReservationFee = value.ReservationFee,
        DurationSeconds = value.DurationSeconds,
        NoticeSeconds = value.NoticeSeconds,
        ActivateBy = checked((ulong)value.ActivateBy),
        DowntimeBps = value.DowntimeBps,
        Arbiter = Address.Parse(value.Arbiter),
        RoyaltyTo = Address.Parse(value.RoyaltyTo),
        RoyaltyBps = value.RoyaltyBps,
        Callback = value.Callback,
        SubmitSeconds = value.Parameters.SubmitSeconds,
        MaturitySeconds = value.Parameters.MaturitySeconds,
        RulingSeconds = value.Parameters.RulingSeconds,
        FeeBps = value.Parameters.FeeBps,
        Slice = value.Parameters.Slice,
        Penalty = value.Parameters.Penalty,
        DisputeBond = value.Parameters.DisputeBond,
        ArbiterFee = value.Parameters.ArbiterFee,
        Bounty = value.Parameters.Bounty,
    };

    public static LeaseTerms ToDomain(this Contract.Terms value) => new(
        value.Tenant.ToString(),
        value.Payer.ToString(),
        value.Provider.ToString(),
        value.Token.ToString(),
        value.SpecHash.ToString(),
        value.Resources.ToDomain(),
        value.Prices.ToDomain(),
        value.StartFee,
        value.MinCharge,
        value.ReservationFee,
        value.DurationSeconds,
        value.NoticeSeconds,
        (long)value.ActivateBy,
        value.DowntimeBps,
        value.Arbiter.ToString(),
        value.RoyaltyTo.ToString(),
        value.RoyaltyBps,
        value.Callback,
        new LeaseParameters(
            value.SubmitSeconds, value.MaturitySeconds, value.RulingSeconds, value.FeeBps,
            value.Slice, value.Penalty, value.DisputeBond, value.ArbiterFee, value.Bounty));

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
            value.Claimed,
            value.Seq,
            (long)value.ActivatedAt,
            (long)value.Through,
            (long)value.EndsAt,
            terms is null || Matches(terms, value.TermsHash))
        {
            Ring = new MaturityRing(value.PendingOld, value.PendingNew, value.Bucket),
            Frozen = value.Frozen,
            Disallowed = value.Disallowed,
            DueOffset = value.DueOffset,
            CapOffset = value.CapOffset,
            Amendments = value.Amendments,
            Slashed = value.Slashed,
            IsSliceFreed = value.SliceFreed,
        };
    }

    public static Contract.UsageReceipt ToContract(this Receipt value) => new()
    {
        LeaseId = value.Id.ToContract(),
        Seq = value.Seq,
        Through = checked((ulong)value.Through),
        Usage = value.Usage.ToContract(),
        DownSeconds = value.DownSeconds,
        EvidenceRoot = Bytes32.Parse(value.EvidenceRoot),
        IsFinal = value.IsFinal,
    };

    public static Receipt ToDomain(this Contract.UsageReceipt value) => new(
        value.LeaseId.ToLeaseId(), value.Seq, (long)value.Through, value.Usage.ToDomain(), value.DownSeconds, value.EvidenceRoot.ToString(), value.IsFinal);

    /// <inheritdoc cref="ToContract(LeaseTerms)"/>
    public static Contract.Amendment ToContract(this AmendmentTerms value) => new()
    {
        LeaseId = Bytes32.Parse(value.LeaseId),
        OldTerms = value.Old.ToContract().Hash(),
        NewTerms = value.New.ToContract().Hash(),
        Nonce = value.Nonce,
        Seq = value.Seq,
        Through = checked((ulong)value.Through),
        Usage = value.Usage.ToContract(),
        DownSeconds = value.DownSeconds,
        ExpiresAt = checked((ulong)value.ExpiresAt),
    };

    public static Bytes32 ToContract(this LeaseId id) => Bytes32.Parse(id.Hex);

    public static LeaseId ToLeaseId(this Bytes32 id) => LeaseId.Parse(id.ToString());

    /// <summary><c>keccak256(abi.encode(requestHash, fillIndex))</c>: the same after a reorg.</summary>
    public static Bytes32 LeaseIdOf(Bytes32 requestHash, uint fillIndex) =>
        Keccak256.Hash(AbiEncoder.Encode([AbiType.Parse("bytes32"), AbiType.Parse("uint32")], [requestHash, fillIndex]));

    // Terms do not change, and those of every lease are compared again and again: to encode and hash them costs more than to read them.
    private static bool Matches(LeaseTerms terms, Bytes32 stored) => Hashes.GetValue(terms, HashOf).Value == stored;

    // Terms that somebody edited by hand may not even encode: they match nothing then.
    private static StrongBox<Bytes32?> HashOf(LeaseTerms terms)
    {
        try
        {
            return new(terms.ToContract().Hash());
        }
        catch (Exception e) when (e is FormatException or OverflowException or AbiException)
        {
            return new();
        }
    }
}
