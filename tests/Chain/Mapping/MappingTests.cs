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
        Tenant = Address.Zero, Provider = Address.Zero, Escrow = 1, Paid = 2, TermsHash = Bytes32.Zero,
        State = state, Reason = reason, Seq = 3, ActivatedAt = 4, Through = 5, EndsAt = 6,
    };

    private static T Through<T>(T value) where T : IAbiTuple<T> =>
        T.FromAbi((object[])AbiDecoder.Decode(T.AbiType, AbiEncoder.Encode(T.AbiType, value)));

    private static void Holds<T>(Gen<T> values, Func<T, bool> property) =>
        Prop.ForAll(values.ToArbitrary(), property).QuickCheckThrowOnFailure();
}
