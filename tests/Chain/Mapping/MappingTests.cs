using Federation.Chain.Bindings;
using Federation.Chain.Mapping;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Chain.Tests.Mapping;

/// <summary>Domain to contract to ABI bytes and back again: nothing is lost on the way.</summary>
public class MappingTests
{
    [Fact]
    public void Terms_ThroughTheAbi_ComeBack() => Holds(Arbitrary.Terms, t => Through(t.ToContract()).ToDomain() == t);

    [Fact]
    public void Request_ThroughTheAbi_ComesBack() => Holds(Arbitrary.Request, r => Through(r.ToContract()).ToDomain() == r);

    [Fact]
    public void Offer_ThroughTheAbi_ComesBack() => Holds(Arbitrary.Offer, o =>
        Through(o.ToContract(Address.Zero, Address.Zero, Bytes32.Zero, 7)) is { Counter: 7 } back && back.ToDomain() == o);

    [Fact]
    public void Receipt_ThroughTheAbi_ComesBack() => Holds(Arbitrary.Receipt, r => Through(r.ToContract()).ToDomain() == r);

    [Fact]
    public void Lease_UnknownToTheContract_IsUnknown() => Assert.Same(ChainLease.Unknown, Stored(0, 0).ToDomain(null));

    [Fact]
    public void Lease_WithForeignTerms_DoesNotMatch() => Holds(Arbitrary.Terms, t =>
    {
        var stored = Stored(2, 0) with { TermsHash = t.ToContract().Hash() };
        var lease = stored.ToDomain(t);
        return lease is { TermsMatch: true, State: LeaseState.Active, Escrow.IsOne: true }
            && !stored.ToDomain(t with { MinCharge = t.MinCharge + 1 }).TermsMatch
            && !stored.ToDomain(t with { Tenant = "0x12" }).TermsMatch
            && !stored.ToDomain(t with { ActivateBy = -1 }).TermsMatch
            && stored.ToDomain(null).TermsMatch;
    });

    [Fact]
    public void Lease_MoneyPositions_ComeOver()
    {
        var lease = Stored(3, 1).ToDomain(null);
        Assert.Equal((new MaturityRing(7, 8, 9), 10, 11, 13, -14, 15, true), (lease.Ring, (int)lease.Frozen, (int)lease.Disallowed, (int)lease.Slashed, (int)lease.DueOffset, (int)lease.CapOffset, lease.IsSliceFreed));
        Assert.Equal(100 - 7 - 8 - 10 - 11, lease.Paid);
    }

    [Theory]
    [InlineData(5, 0)]
    [InlineData(1, 7)]
    public void Lease_OfAnUnknownStateOrReason_IsRefused(byte state, byte reason) =>
        Assert.Throws<InvalidDataException>(() => Stored(state, reason).ToDomain(null));

    [Fact]
    public void Prices_AboveTheField_AreRefusedAndNotCut()
    {
        var prices = Domain.Pricing.Prices.Zero with { Cpu = (System.Numerics.BigInteger.One << 96) };
        Assert.Throws<AbiException>(() => AbiEncoder.Encode(Bindings.Prices.AbiType, prices.ToContract()));
        Assert.Throws<AbiException>(() => AbiEncoder.Encode(Bindings.Prices.AbiType, (prices with { Cpu = -1 }).ToContract()));
    }

    private static Lease Stored(byte state, byte reason) => new()
    {
        Escrow = 1, Claimed = 100, TermsHash = Bytes32.Zero, State = state, Reason = reason, Seq = 3, ActivatedAt = 4, Through = 5, EndsAt = 6,
        PendingOld = 7, PendingNew = 8, Bucket = 9, Frozen = 10, Disallowed = 11, Amendments = 12, Slashed = 13, DueOffset = -14, CapOffset = 15,
        SliceFreed = true, Adjusted = true, SpecChangedAt = 16,
    };

    private static T Through<T>(T value) where T : IAbiTuple<T> =>
        T.FromAbi((object[])AbiDecoder.Decode(T.AbiType, AbiEncoder.Encode(T.AbiType, value)));

    private static void Holds<T>(Gen<T> values, Func<T, bool> property) =>
        Prop.ForAll(values.ToArbitrary(), property).QuickCheckThrowOnFailure();
}
